#include "libs/records/record_key.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <random>

#include "libs/base/encoding.h"
#include "libs/records/batch_oracle.h"

namespace sluice::records {
namespace {

std::string KeyOf(DataType type, const PlainCell& cell) {
  const Column column = BuildColumn({1, type, {cell}});
  return RecordKey({&column}, 0);
}

std::string HexKeyOf(DataType type, const PlainValue& value) {
  return HexEncode(AsView(KeyOf(type, value)));
}

TEST_CASE("Keys have the bytes that docs/formats/records.md gives") {
  CHECK(HexKeyOf(v1::DATA_TYPE_BOOL, false) == "0100");
  CHECK(HexKeyOf(v1::DATA_TYPE_BOOL, true) == "0101");
  CHECK(HexKeyOf(v1::DATA_TYPE_INT64, int64_t{0}) == "018000000000000000");
  CHECK(HexKeyOf(v1::DATA_TYPE_INT64, int64_t{1}) == "018000000000000001");
  CHECK(HexKeyOf(v1::DATA_TYPE_INT64, int64_t{-1}) == "017fffffffffffffff");
  CHECK(HexKeyOf(v1::DATA_TYPE_TIMESTAMP, int64_t{1'700'000'000'000'000}) ==
        "0180060a24181e4000");
  CHECK(HexKeyOf(v1::DATA_TYPE_DATE, int32_t{-1}) == "017fffffff");
  CHECK(HexKeyOf(v1::DATA_TYPE_DATE, int32_t{19'723}) == "0180004d0b");
  CHECK(HexKeyOf(v1::DATA_TYPE_DOUBLE, 1.0) == "01bff0000000000000");
  CHECK(HexKeyOf(v1::DATA_TYPE_DOUBLE, -1.0) == "01400fffffffffffff");
  CHECK(HexKeyOf(v1::DATA_TYPE_DECIMAL128, absl::int128(258)) ==
        "0180000000000000000000000000000102");
  CHECK(HexKeyOf(v1::DATA_TYPE_DECIMAL128, absl::int128(-1)) ==
        "017fffffffffffffffffffffffffffffff");
  CHECK(HexKeyOf(v1::DATA_TYPE_STRING, std::string()) == "010000");
  CHECK(HexKeyOf(v1::DATA_TYPE_STRING, std::string("ab")) == "0161620000");
  CHECK(HexKeyOf(v1::DATA_TYPE_STRING, std::string("\xE5\xBC\xA0")) ==
        "01e5bca00000");
  CHECK(HexKeyOf(v1::DATA_TYPE_BYTES, std::string("a\0\0b", 4)) ==
        "016100ff00ff620000");
}

TEST_CASE("A null is one zero byte") {
  CHECK(KeyOf(v1::DATA_TYPE_STRING, {}) == std::string(1, '\0'));
  CHECK(KeyOf(v1::DATA_TYPE_INT64, {}) == std::string(1, '\0'));
}

TEST_CASE("Keys are appended behind what is there, a missing column as null") {
  const Column name = BuildColumn(
      {1, v1::DATA_TYPE_STRING, {PlainValue(std::string("x")), {}}});
  std::string bytes = "before";
  AppendRecordKey({&name, nullptr}, 0, &bytes);
  AppendRecordKey({&name, nullptr}, 1, &bytes);
  CHECK(bytes == "before" + RecordKey({&name}, 0) + std::string(3, '\0'));
}

TEST_CASE("A key of several columns joins them in the order given") {
  const Column name = BuildColumn(
      {1, v1::DATA_TYPE_STRING, {PlainValue(std::string("x")), {}}});
  const Column born =
      BuildColumn({2,
                   v1::DATA_TYPE_DATE,
                   {PlainValue(int32_t{1}), PlainValue(int32_t{2})}});
  CHECK(HexEncode(AsView(RecordKey({&name, &born}, 0))) ==
        "01780000"
        "0180000001");
  CHECK(HexEncode(AsView(RecordKey({&born, &name}, 0))) ==
        "0180000001"
        "01780000");
  CHECK(HexEncode(AsView(RecordKey({&name, &born}, 1))) ==
        "00"
        "0180000002");
}

TEST_CASE("Zeros of either sign are one key, and so are all NaN") {
  CHECK(KeyOf(v1::DATA_TYPE_DOUBLE, PlainValue(-0.0)) ==
        KeyOf(v1::DATA_TYPE_DOUBLE, PlainValue(0.0)));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(HexKeyOf(v1::DATA_TYPE_DOUBLE, nan) == "01fff8000000000000");
  CHECK(HexKeyOf(v1::DATA_TYPE_DOUBLE, -nan) == "01fff8000000000000");
}

TEST_CASE("Keys sort as values do, nulls first, and no two values share one") {
  std::mt19937_64 random(20260109);
  for (const DataType type :
       {v1::DATA_TYPE_BOOL, v1::DATA_TYPE_INT64, v1::DATA_TYPE_DOUBLE,
        v1::DATA_TYPE_DECIMAL128, v1::DATA_TYPE_STRING, v1::DATA_TYPE_BYTES,
        v1::DATA_TYPE_DATE, v1::DATA_TYPE_TIMESTAMP}) {
    std::vector<PlainCell> cells = {PlainCell()};
    for (int i = 0; i < 80; ++i) {
      cells.emplace_back(RandomPlainValue(type, &random));
    }
    for (const PlainCell& a : cells) {
      for (const PlainCell& b : cells) {
        const std::string key_a = KeyOf(type, a);
        const std::string key_b = KeyOf(type, b);
        // std::optional and std::string order as keys must.
        if ((a < b) != (key_a < key_b) || (a == b) != (key_a == key_b)) {
          CAPTURE(type, HexEncode(AsView(key_a)), HexEncode(AsView(key_b)));
          FAIL("keys do not sort as values");
        }
      }
    }
  }
}

TEST_CASE("Texts joined in two ways are two keys") {
  const auto key = [](const std::string& a, const std::string& b) {
    const Column first = BuildColumn({1, v1::DATA_TYPE_BYTES, {PlainValue(a)}});
    const Column second =
        BuildColumn({2, v1::DATA_TYPE_BYTES, {PlainValue(b)}});
    return RecordKey({&first, &second}, 0);
  };
  CHECK(key("ab", "c") != key("a", "bc"));
  CHECK(key(std::string("a\0\0\1", 4), "") != key("a", std::string("\1", 1)));
  CHECK(key("a", "") < key("a", "a"));
  CHECK(key("a", "z") < key(std::string("a\0", 2), "a"));
}

TEST_CASE("The partition is XXH64 of the key modulo their number") {
  // Published values of XXH64 with seed 0.
  const struct {
    const char* key;
    uint64_t hash;
  } vectors[] = {
      {"", 0xEF46DB3751D8E999ull},
      {"a", 0xD24EC4F1A98C6E5Bull},
      {"abc", 0x44BC2CF5AD770999ull},
  };
  for (const auto& vector : vectors) {
    for (const uint32_t partitions : {1u, 2u, 7u, 64u, 256u, 4294967295u}) {
      CHECK(PartitionOf(vector.key, partitions) == vector.hash % partitions);
    }
  }
  // The example of docs/formats/records.md.
  const std::string key = KeyOf(v1::DATA_TYPE_STRING,
                                PlainValue(std::string("11010519491231002X")));
  CHECK(HexEncode(AsView(key)) ==
        "0131313031303531393439313233313030325"
        "80000");
  CHECK(PartitionOf(AsView(key), 4294967295u) ==
        0x5A27BDAD94B317B9ull % 4294967295u);
  CHECK(PartitionOf(AsView(key), 8) == 1);
}

TEST_CASE("Keys spread over all partitions") {
  std::vector<int> counts(16);
  for (int64_t i = 0; i < 16'000; ++i) {
    ++counts[PartitionOf(AsView(KeyOf(v1::DATA_TYPE_INT64, PlainValue(i))),
                         16)];
  }
  CHECK(*std::min_element(counts.begin(), counts.end()) > 800);
  CHECK(*std::max_element(counts.begin(), counts.end()) < 1200);
}

}  // namespace
}  // namespace sluice::records
