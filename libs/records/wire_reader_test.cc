#include "libs/records/wire_reader.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/string_view.h"

namespace sluice::records {
namespace {

// Whether `bytes` are one field and nothing else.
bool IsOneField(const std::string& bytes, WireField* field) {
  WireReader reader(AsView(bytes));
  return reader.Next(field) && reader.AtEnd();
}

TEST_CASE("Fields of every wire type are found where they stand") {
  const std::string message =
      std::string("\x08\x96\x01", 3) +            // 1: varint
      std::string("\x11\1\2\3\4\5\6\7\x08", 9) +  // 2: fixed64
      std::string(
          "\x1A\x03"
          "abc",
          5) +                         // 3: bytes
      std::string("\x25\1\2\3\4", 5);  // 4: fixed32
  WireReader reader(AsView(message));
  const struct {
    uint32_t number;
    size_t begin;
    size_t end;
    bool has_bytes;
  } expected[] = {{1, 0, 3, false},
                  {2, 3, 12, false},
                  {3, 12, 17, true},
                  {4, 17, 22, false}};
  for (const auto& want : expected) {
    REQUIRE_FALSE(reader.AtEnd());
    WireField field;
    REQUIRE(reader.Next(&field));
    CHECK(field.number == want.number);
    CHECK(field.begin == want.begin);
    CHECK(field.end == want.end);
    CHECK(field.has_bytes == want.has_bytes);
    if (field.has_bytes) CHECK(field.bytes == "abc");
  }
  CHECK(reader.AtEnd());
}

TEST_CASE("An empty message has no field") { CHECK(WireReader("").AtEnd()); }

TEST_CASE("A field cut anywhere is refused") {
  const std::string fields[] = {
      std::string("\x08\x96\x01", 3), std::string("\x11\1\2\3\4\5\6\7\x08", 9),
      std::string("\x1A\x03"
                  "abc",
                  5),
      std::string("\x25\1\2\3\4", 5),
      std::string("\xFA\x01\x80\x01", 4) + std::string(128, 'x')};
  for (const std::string& whole : fields) {
    WireField field;
    REQUIRE(IsOneField(whole, &field));
    for (size_t length = 0; length < whole.size(); ++length) {
      CAPTURE(whole.size(), length);
      CHECK_FALSE(IsOneField(whole.substr(0, length), &field));
    }
  }
}

TEST_CASE("A length that would wrap around is refused") {
  WireField field;
  CHECK_FALSE(IsOneField(
      std::string("\x1A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11), &field));
  CHECK_FALSE(
      IsOneField(std::string("\x1A\xFF\xFF\xFF\xFF\x0F", 6) + "abc", &field));
}

TEST_CASE("Tags and varints that protobuf does not know are refused") {
  WireField field;
  CHECK_FALSE(IsOneField(std::string("\x00\x01", 2), &field));  // number 0
  CHECK_FALSE(IsOneField("\x0B\x0C", &field));                  // group
  CHECK_FALSE(IsOneField("\x0C", &field));                      // end of group
  CHECK_FALSE(IsOneField("\x0E\x01", &field));                  // wire type 6
  CHECK_FALSE(IsOneField("\x0F\x01", &field));                  // wire type 7
  // Eleven bytes, and a tenth byte with more than one bit.
  CHECK_FALSE(
      IsOneField("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x81\x01", &field));
  CHECK_FALSE(
      IsOneField("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", &field));
  // The largest there is.
  CHECK(IsOneField("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", &field));
  // A tag above 32 bits.
  CHECK_FALSE(IsOneField(std::string("\x88\x80\x80\x80\x10\x01", 6), &field));
}

}  // namespace
}  // namespace sluice::records
