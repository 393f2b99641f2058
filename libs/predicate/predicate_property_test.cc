// Random predicates on random records against predicate_oracle.h.
#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/predicate/predicate.h"
#include "libs/predicate/predicate_oracle.h"

namespace sluice::predicate {
namespace {

using agreement::v1::Compare;
using records::PlainBatch;
using records::PlainCell;
using records::PlainValue;
using Proto = agreement::v1::Predicate;
using Random = std::mt19937_64;
namespace types = records::v1;

constexpr uint32_t kScale = 2;
constexpr int kTypes = 8;

size_t Below(Random* random, size_t bound) { return (*random)() % bound; }

// A value and how it is written; some are written in several ways, and some
// cannot be written at all, which is then empty.
struct Written {
  PlainValue value;
  std::string text;
};

std::vector<Written> Texts() {
  std::vector<Written> values;
  // U+FFFD sorts before the planes behind it, and in UTF-16 does not.
  for (const char* text :
       {"", "a", "ab", "b", "杭州", "杭州市", "杭", "\xEF\xBF\xBD",
        "\xF0\xA0\x80\x80", "\xF0\xA0\x80\x80\xF0\xAF\xA0\x80", "é"}) {
    values.push_back({std::string(text), text});
  }
  return values;
}

std::vector<Written> ValuesOf(types::DataType type) {
  switch (type) {
    case types::DATA_TYPE_BOOL:
      return {{true, "true"}, {false, "false"}, {true, "1"}, {false, "0"}};
    case types::DATA_TYPE_INT64:
      return {{int64_t{0}, "0"},
              {int64_t{-1}, "-1"},
              {int64_t{7}, "007"},
              {std::numeric_limits<int64_t>::min(), "-9223372036854775808"},
              {std::numeric_limits<int64_t>::max(), "9223372036854775807"}};
    case types::DATA_TYPE_DOUBLE:
      return {{0.0, "0"},
              {-0.0, "-0"},
              {1.5, "1.5"},
              {1.5, "15e-1"},
              {-1e300, "-1e300"},
              {5e-324, "5e-324"},
              {std::numeric_limits<double>::max(), "1.7976931348623157e308"},
              {std::numeric_limits<double>::infinity(), ""},
              {-std::numeric_limits<double>::infinity(), ""},
              {std::numeric_limits<double>::quiet_NaN(), ""}};
    case types::DATA_TYPE_DECIMAL128: {
      absl::int128 most = 1;
      for (int i = 0; i < 38; ++i) most *= 10;
      return {
          {absl::int128(0), "0"},
          {absl::int128(1250), "12.5"},
          {absl::int128(1250), "12.50"},
          {absl::int128(-1), "-0.01"},
          {absl::int128(most - 1), absl::StrCat(std::string(36, '9'), ".99")},
          {absl::int128(1 - most),
           absl::StrCat("-", std::string(36, '9'), ".99")},
          {absl::int128(-most), ""}};
    }
    case types::DATA_TYPE_DATE:
      return {{int32_t{0}, "1970-01-01"},
              {int32_t{-1}, "1969-12-31"},
              {int32_t{20'544}, "2026-04-01"},
              {int32_t{-719'162}, "0001-01-01"},
              {int32_t{2'932'896}, "9999-12-31"},
              {std::numeric_limits<int32_t>::max(), ""}};
    case types::DATA_TYPE_TIMESTAMP:
      return {{int64_t{0}, "1970-01-01T00:00:00Z"},
              {int64_t{0}, "1970-01-01T08:00:00+08:00"},
              {int64_t{-1}, "1969-12-31T23:59:59.999999Z"},
              {int64_t{1'500'000}, "1970-01-01T00:00:01.5Z"},
              {std::numeric_limits<int64_t>::min(), ""},
              {std::numeric_limits<int64_t>::max(), ""}};
    default:
      return Texts();
  }
}

PlainValue RandomValue(types::DataType type, Random* random) {
  const std::vector<Written> values = ValuesOf(type);
  return values[Below(random, values.size())].value;
}

std::string RandomText(types::DataType type, Random* random) {
  const std::vector<Written> values = ValuesOf(type);
  while (true) {
    const Written& written = values[Below(random, values.size())];
    if (type == types::DATA_TYPE_STRING || !written.text.empty()) {
      return written.text;
    }
  }
}

// A field of every type; ids are the types' numbers.
catalog::v1::Resource EveryType() {
  catalog::v1::Resource resource;
  resource.set_id("civil-affairs.types");
  resource.set_schema_version(1);
  for (int type = 1; type <= kTypes; ++type) {
    catalog::v1::Field* field = resource.add_fields();
    field->set_id(type);
    field->set_name(absl::StrCat("f", type));
    field->set_type(static_cast<types::DataType>(type));
    if (type == types::DATA_TYPE_DECIMAL128) field->set_scale(kScale);
  }
  return resource;
}

PlainBatch RandomBatch(Random* random) {
  PlainBatch batch;
  batch.row_count = static_cast<uint32_t>(1 + Below(random, 70));
  for (int type = 1; type <= kTypes; ++type) {
    if (Below(random, 8) == 0) continue;  // absent
    records::PlainColumn column;
    column.field_id = type;
    column.type = static_cast<types::DataType>(type);
    const size_t nulls_in = Below(random, 3) == 0 ? 0 : 1 + Below(random, 5);
    for (uint32_t row = 0; row < batch.row_count; ++row) {
      const bool is_null = nulls_in != 0 && Below(random, nulls_in) == 0;
      column.cells.push_back(
          is_null ? PlainCell() : PlainCell(RandomValue(column.type, random)));
    }
    batch.columns.push_back(std::move(column));
  }
  return batch;
}

class PredicateMaker {
 public:
  explicit PredicateMaker(Random* random) : random_(random) {}

  Proto Make(int depth) {
    Proto proto;
    if (depth > 1 && Below(random_, 2) == 0) {
      MakeComposite(depth, &proto);
    } else {
      MakeLeaf(&proto);
    }
    return proto;
  }

 private:
  void MakeComposite(int depth, Proto* proto) {
    const size_t kind = Below(random_, 3);
    if (kind == 0) {
      *proto->mutable_not_() = Make(depth - 1);
      return;
    }
    auto* of = kind == 1 ? proto->mutable_all() : proto->mutable_any();
    for (size_t n = 1 + Below(random_, 3); n > 0; --n) {
      *of->add_of() = Make(depth - 1);
    }
  }

  void MakeLeaf(Proto* proto) {
    const auto type =
        static_cast<types::DataType>(1 + Below(random_, size_t{kTypes}));
    const size_t kind = Below(random_, 5);
    if (kind == 0 || type == types::DATA_TYPE_BYTES) {
      SetField(type, proto->mutable_is_null()->mutable_field());
    } else if (kind == 1) {
      SetField(type, proto->mutable_in()->mutable_field());
      // Both sides of where a hash takes over.
      for (size_t n = 1 + Below(random_, 12); n > 0; --n) {
        proto->mutable_in()->add_values(RandomText(type, random_));
      }
    } else if (kind == 2 && type == types::DATA_TYPE_STRING) {
      SetField(type, proto->mutable_prefix()->mutable_field());
      std::string prefix;
      while (prefix.empty()) prefix = RandomText(type, random_);
      proto->mutable_prefix()->set_prefix(prefix);
    } else if (kind == 3 && type != types::DATA_TYPE_BOOL) {
      MakeRange(type, proto->mutable_range());
    } else {
      MakeCompare(type, proto->mutable_compare());
    }
  }

  void MakeCompare(types::DataType type, Compare* compare) {
    SetField(type, compare->mutable_field());
    const size_t operators = type == types::DATA_TYPE_BOOL ? 3 : 7;
    compare->set_is(static_cast<Compare::Operator>(Below(random_, operators)));
    compare->set_value(RandomText(type, random_));
  }

  void MakeRange(types::DataType type, agreement::v1::Range* range) {
    SetField(type, range->mutable_field());
    const size_t ends = Below(random_, 3);
    if (ends != 1) range->set_from(RandomText(type, random_));
    if (ends != 0) range->set_below(RandomText(type, random_));
  }

  void SetField(types::DataType type, agreement::v1::FieldRef* ref) {
    ref->set_id(type);
    ref->set_name(absl::StrCat("f", static_cast<int>(type)));
  }

  Random* const random_;
};

TEST_CASE("Predicates say of every row what three-valued logic says") {
  Random random(20261122);
  const catalog::v1::Resource resource = EveryType();
  PredicateMaker maker(&random);
  std::vector<Truth> truths;
  int compiled = 0;
  int seen[3] = {0, 0, 0};
  for (int round = 0; round < 4'000; ++round) {
    const Proto proto = maker.Make(4);
    CAPTURE(proto.ShortDebugString());
    const auto predicate = Compile(proto, resource, "row");
    if (!predicate.ok()) {
      // Ranges are made at random, so that some are empty.
      REQUIRE(std::string(predicate.status().message()).find("is empty") !=
              std::string::npos);
      continue;
    }
    ++compiled;
    const PlainBatch plain = RandomBatch(&random);
    (*predicate)->Evaluate(records::BuildBatch(plain), &truths);
    REQUIRE(truths.size() == plain.row_count);
    for (uint32_t row = 0; row < plain.row_count; ++row) {
      CAPTURE(row);
      const Truth expected = TruthSlowly(proto, resource, plain, row);
      ++seen[static_cast<int>(expected)];
      REQUIRE(static_cast<int>(truths[row]) == static_cast<int>(expected));
    }
  }
  CHECK(compiled > 2'000);
  CHECK(*std::min_element(seen, seen + 3) > 10'000);
}

}  // namespace
}  // namespace sluice::predicate
