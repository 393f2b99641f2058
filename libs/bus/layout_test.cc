#include "libs/bus/layout.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/base/status.h"

namespace sluice::bus::layout {
namespace {

TEST_CASE("keys sort by topic, partition and offset") {
  std::vector<std::string> keys;
  for (const uint32_t topic : {1U, 2U, 256U, 0x10000U}) {
    for (const uint32_t partition : {0U, 1U, 255U, 256U}) {
      for (const int64_t offset : {0L, 1L, 255L, 256L, 1L << 40}) {
        keys.push_back(OffsetKey({topic, partition}, offset));
        const auto decoded = OffsetOf(keys.back());
        REQUIRE(decoded.ok());
        CHECK(*decoded == offset);
      }
    }
  }
  CHECK(std::is_sorted(keys.begin(), keys.end()));
}

TEST_CASE("topics come back as they were stored") {
  TopicRow row;
  row.id = 77;
  row.spec = {"records.people", 12, Cleanup::kDelete, absl::Hours(36), 1 << 20};
  const auto kept = DecodeTopic("records.people", Encode(row));
  REQUIRE(kept.ok());
  CHECK(kept->id == 77);
  CHECK(kept->spec == row.spec);
  row.spec = {"registry", 1, Cleanup::kCompact, absl::InfiniteDuration(), 0};
  const auto compacted = DecodeTopic("registry", Encode(row));
  REQUIRE(compacted.ok());
  CHECK(compacted->spec == row.spec);
}

TEST_CASE("the bytes are those of docs/formats/embedded-bus.md") {
  CHECK(OffsetKey({1, 2}, 0x0304) ==
        std::string("\0\0\0\1\0\0\0\2\0\0\0\0\0\0\3\4", 16));
  CHECK(Encode(MessageHeader{0x0102, 3}) ==
        std::string("\2\1\0\0\0\0\0\0\3\0\0\0", 12));
  CHECK(Encode(KeyRow{5, true}) == std::string("\5\0\0\0\0\0\0\0t", 9));
  CHECK(BeginKey({1, 2}) == std::string("\0\0\0\1\0\0\0\2b", 9));
  CHECK(EndKey({1, 2}) == std::string("\0\0\0\1\0\0\0\2e", 9));
}

TEST_CASE("rows of the wrong size are CORRUPT") {
  const std::string odd = "12345";
  CHECK(ReasonOf(DecodeNumber(odd).status()) ==
        status::v1::REASON_CODE_CORRUPT);
  CHECK(ReasonOf(DecodeTopic("t", odd).status()) ==
        status::v1::REASON_CODE_CORRUPT);
  CHECK(ReasonOf(DecodeEnd(odd).status()) == status::v1::REASON_CODE_CORRUPT);
  CHECK(ReasonOf(DecodeIndex(odd).status()) == status::v1::REASON_CODE_CORRUPT);
  CHECK(ReasonOf(DecodeKey(odd).status()) == status::v1::REASON_CODE_CORRUPT);
  CHECK(ReasonOf(OffsetOf(odd).status()) == status::v1::REASON_CODE_CORRUPT);
  CHECK(ReasonOf(DecodeMessageHeader(odd).status()) ==
        status::v1::REASON_CODE_CORRUPT);
  // A key that would reach past the end of the message.
  CHECK(ReasonOf(DecodeMessageHeader(Encode(MessageHeader{1, 1})).status()) ==
        status::v1::REASON_CODE_CORRUPT);
}

}  // namespace
}  // namespace sluice::bus::layout
