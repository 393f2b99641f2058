// Numbers and times are generalized several at a time, in ways that depend on
// the CPU: whole columns, with something far away now and then, must come out
// at each level as a slow way of the test's own makes them.
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/date_floor.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::DatePart;
using agreement::v1::Generalize;
using Random = std::mt19937_64;

__extension__ using Int128 = __int128;

constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
constexpr int64_t kHigh = std::numeric_limits<int64_t>::max();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::unique_ptr<const Operator> Compile(
    records::DataType type, const std::function<void(Generalize*)>& set) {
  Treatment treatment;
  set(treatment.mutable_generalize());
  Field field;
  field.set_id(1);
  field.set_name("value");
  field.set_type(type);
  const auto resolved = ResolveTreatment(treatment, field, "treatment");
  REQUIRE(resolved.ok());
  auto compiled = CompileOperator(*resolved, field, {});
  REQUIRE(compiled.ok());
  return *std::move(compiled);
}

template <typename T>
using Values = std::vector<std::optional<T>>;

records::Column ColumnOf(records::DataType type,
                         const Values<int64_t>& values) {
  records::ColumnBuilder builder(1, type);
  for (const auto& value : values) {
    if (!value) {
      builder.AppendNull();
    } else if (type == records::v1::DATA_TYPE_TIMESTAMP) {
      builder.AppendTimestamp(*value);
    } else if (type == records::v1::DATA_TYPE_DECIMAL128) {
      builder.AppendDecimal(*value);
    } else {
      builder.AppendInt64(*value);
    }
  }
  return builder.Finish();
}

records::Column ColumnOf(records::DataType type, const Values<double>& values) {
  records::ColumnBuilder builder(1, type);
  for (const auto& value : values) {
    value ? builder.AppendDouble(*value) : builder.AppendNull();
  }
  return builder.Finish();
}

std::string TextAt(const records::Column& column, uint32_t row) {
  if (column.IsNull(row)) return "null";
  if (column.type == records::v1::DATA_TYPE_STRING) {
    return std::string(column.Text(row));
  }
  const size_t bytes = column.data.size() / column.row_count;
  return std::string(column.data.data() + row * bytes, bytes);
}

// What an 8-byte number looks like in a column, or a DECIMAL128 of 64 bits.
std::string BytesOf(uint64_t bits, size_t bytes) {
  std::string text(bytes, static_cast<int64_t>(bits) < 0 ? '\xFF' : '\0');
  StoreLittle(bits, text.data());
  return text;
}

// `expected(value)` is what stands in a row, or "null".
template <typename T, typename Expected>
void CheckAtEachLevel(const Operator& op, records::DataType type,
                      const Values<T>& values, const Expected& expected) {
  const records::Column column = ColumnOf(type, values);
  std::vector<std::string> texts;
  uint64_t untreatable = 0;
  for (const auto& value : values) {
    texts.push_back(value ? expected(*value) : "null");
    untreatable += value && texts.back() == "null" ? 1 : 0;
  }
  for (const CpuLevel level :
       {CpuLevel::kPortable, CpuLevel::kAvx2, CpuLevel::kAvx512}) {
    const CpuLevelCap cap(level);
    const Treated treated = op.Apply(column);
    CAPTURE(level);
    REQUIRE(treated.untreatable == untreatable);
    REQUIRE(treated.column.row_count == values.size());
    for (uint32_t row = 0; row < values.size(); ++row) {
      if (TextAt(treated.column, row) != texts[row]) {
        CAPTURE(row, values.size(), values[row].value_or(0));
        FAIL("not as it should be");
      }
    }
  }
}

// Columns of `next()`, with nulls in some: of each length up to two vectors and
// a few, and of lengths around the blocks that are treated together.
template <typename T, typename Next, typename Check>
void ForColumns(Random* random, const Next& next, const Check& check) {
  std::vector<size_t> lengths = {255, 256, 257, 511, 512, 513, 600};
  for (size_t length = 0; length <= 19; ++length) lengths.push_back(length);
  for (const size_t length : lengths) {
    for (const bool has_nulls : {false, true}) {
      Values<T> values(length);
      for (auto& value : values) {
        if (!has_nulls || (*random)() % 8 != 0) value = next();
      }
      check(values);
    }
  }
}

std::string FlooredTime(int64_t time, DatePart::Unit unit) {
  int64_t floored = 0;
  const bool overflows = __builtin_mul_overflow(
      FloorDays(DayOfMicroseconds(time), unit), kMicrosecondsPerDay, &floored);
  return overflows ? "null"
                   : BytesOf(static_cast<uint64_t>(floored), sizeof(int64_t));
}

TEST_CASE("the first and last moment of each day near today is floored") {
  constexpr auto kType = records::v1::DATA_TYPE_TIMESTAMP;
  // From 1899 to 2101, and those from 1901 to 2099 alone, which each unit has a
  // quick way for.
  for (const auto& [first, last] :
       {std::pair{-25'933, 48'213}, {-25'202, 47'481}}) {
    Values<int64_t> times;
    for (int64_t day = first; day <= last; ++day) {
      times.emplace_back(day * kMicrosecondsPerDay);
      times.emplace_back((day + 1) * kMicrosecondsPerDay - 1);
    }
    for (const auto unit :
         {DatePart::YEAR, DatePart::QUARTER, DatePart::MONTH}) {
      const auto op = Compile(
          kType, [&](Generalize* g) { g->mutable_date()->set_unit(unit); });
      CheckAtEachLevel(*op, kType, times,
                       [&](int64_t time) { return FlooredTime(time, unit); });
    }
  }
}

TEST_CASE("times far away are floored among those near today") {
  constexpr auto kType = records::v1::DATA_TYPE_TIMESTAMP;
  Random random(1);
  // Days that are as many as the span's, but for what is lost above.
  constexpr int64_t kWrapped = int64_t{1} << 53;
  for (const auto unit : {DatePart::YEAR, DatePart::QUARTER, DatePart::MONTH}) {
    const auto op = Compile(
        kType, [&](Generalize* g) { g->mutable_date()->set_unit(unit); });
    for (const uint64_t one_far_in : {1'000'000, 100, 3}) {
      const auto next = [&]() -> int64_t {
        const int64_t near = static_cast<int64_t>(random() >> 1) %
                             (40'000 * kMicrosecondsPerDay);
        if (random() % one_far_in != 0) return near;
        switch (random() % 6) {
          case 0:
            return kLow;
          case 1:
            return kHigh;
          case 2:
            return near + kWrapped;
          case 3:
            return near - kWrapped;
          case 4:
            return -near;
          default:
            return static_cast<int64_t>(random());
        }
      };
      ForColumns<int64_t>(&random, next, [&](const Values<int64_t>& times) {
        CheckAtEachLevel(*op, kType, times,
                         [&](int64_t time) { return FlooredTime(time, unit); });
      });
    }
  }
}

TEST_CASE("one moment beside what has a quick way is floored among others") {
  constexpr auto kType = records::v1::DATA_TYPE_TIMESTAMP;
  // Of years, quarters and months: from 1900-01-01, 1900-04-01 and 1900-03-01
  // to 2100-12-31 and 2100-02-28.
  const std::vector<std::pair<DatePart::Unit, std::pair<int64_t, int64_t>>>
      spans = {{DatePart::YEAR, {-25'567, 47'847}},
               {DatePart::QUARTER, {-25'477, 47'541}},
               {DatePart::MONTH, {-25'508, 47'541}}};
  for (const auto& [unit, span] : spans) {
    const auto op = Compile(kType, [&, unit = unit](auto* g) {
      g->mutable_date()->set_unit(unit);
    });
    const int64_t begin = span.first * kMicrosecondsPerDay;
    const int64_t end = span.second * kMicrosecondsPerDay;
    for (const int64_t time : {begin - 1, begin - kMicrosecondsPerDay, begin,
                               end - 1, end, end + kMicrosecondsPerDay}) {
      for (const size_t row : {0, 7, 8, 11, 19}) {
        Values<int64_t> times(20, int64_t{20'000} * kMicrosecondsPerDay + 5);
        times[row] = time;
        CheckAtEachLevel(*op, kType, times, [unit = unit](int64_t any) {
          return FlooredTime(any, unit);
        });
      }
    }
  }
}

// The multiple of `width` at or below `value`.
Int128 FloorOf(Int128 value, Int128 width) {
  const Int128 rest = value % width;
  return value - (rest < 0 ? rest + width : rest);
}

std::string IntegerOf(Int128 number, size_t bytes) {
  const auto narrow = static_cast<int64_t>(number);
  if (narrow != number) {
    if (bytes == sizeof(narrow)) return "null";
    std::string text(sizeof(number), '\0');
    StoreLittle(number, text.data());
    return text;
  }
  return BytesOf(static_cast<uint64_t>(narrow), bytes);
}

// Small and large ones equally often, most of them up to 2^50.
int64_t AnyInteger(Random* random) {
  const auto shift = (*random)() % 50 + 14 - ((*random)() % 64 == 0 ? 13 : 0);
  return static_cast<int64_t>((*random)()) >> shift;
}

TEST_CASE("integers and decimals come to the multiples beside them") {
  Random random(2);
  for (int round = 0; round < 60; ++round) {
    const int64_t drawn = AnyInteger(&random);
    const int64_t width = (drawn < 0 ? -(drawn + 1) : drawn) + 2;
    const bool is_decimal = round % 2 == 0;
    const auto type = is_decimal ? records::v1::DATA_TYPE_DECIMAL128
                                 : records::v1::DATA_TYPE_INT64;
    const size_t bytes = is_decimal ? 16 : 8;
    const auto floor = Compile(type, [&](Generalize* g) {
      g->mutable_bucket()->set_width(absl::StrCat(width));
    });
    const auto nearest = Compile(type, [&](Generalize* g) {
      g->mutable_round()->set_step(absl::StrCat(width));
    });
    const auto next = [&] {
      int64_t value = AnyInteger(&random);
      if (random() % 8 == 0) value = value < 0 ? -(int64_t{1} << 50) : kHigh;
      if (random() % 2 == 0) value = value / width * width;
      Int128 beside = value;
      if (random() % 2 == 0) beside += width / 2;
      beside += static_cast<int64_t>(random() % 3) - 1;
      return static_cast<int64_t>(beside) == beside
                 ? static_cast<int64_t>(beside)
                 : value;
    };
    CAPTURE(width);
    ForColumns<int64_t>(&random, next, [&](const Values<int64_t>& values) {
      CheckAtEachLevel(*floor, type, values, [&](int64_t value) {
        return IntegerOf(FloorOf(value, width), bytes);
      });
      CheckAtEachLevel(*nearest, type, values, [&](int64_t value) {
        const Int128 below = FloorOf(value, width);
        const bool is_up = 2 * (value - below) >= width;
        return IntegerOf(is_up ? below + width : below, bytes);
      });
    });
  }
}

std::string DoubleOf(double number) {
  return std::isfinite(number)
             ? BytesOf(std::bit_cast<uint64_t>(number), sizeof(number))
             : "null";
}

double RestOf(double value, double width) {
  const double rest = std::fmod(value, width);
  return rest < 0 ? rest + width : rest;
}

TEST_CASE("doubles come to the multiples beside them, to the last bit") {
  constexpr auto kType = records::v1::DATA_TYPE_DOUBLE;
  Random random(3);
  for (const std::string text : {"0.1", "0.01", "1", "3", "1000", "0.3", "12.5",
                                 "0.000001", "123456789.5"}) {
    const double width = std::stod(text);
    const auto floor = Compile(
        kType, [&](Generalize* g) { g->mutable_bucket()->set_width(text); });
    const auto nearest = Compile(
        kType, [&](Generalize* g) { g->mutable_round()->set_step(text); });
    const auto next = [&] {
      const double units = std::ldexp(static_cast<double>(random() >> 11),
                                      -static_cast<int>(random() % 60));
      double value = units * (random() % 2 == 0 ? width : -width);
      if (random() % 3 == 0) value = std::nearbyint(units) * width;
      if (random() % 4 == 0) value += width / 2;
      if (random() % 4 == 0) value = std::nextafter(value, kInfinity);
      if (random() % 4 == 0) value = std::nextafter(value, -kInfinity);
      switch (random() % 200) {
        case 0:
          return kInfinity;
        case 1:
          return kNan;
        case 2:
          return -0.0;
        case 3:
          return std::numeric_limits<double>::denorm_min();
        case 4:
          return -std::numeric_limits<double>::denorm_min();
        case 5:
          return std::numeric_limits<double>::max();
        default:
          return value;
      }
    };
    CAPTURE(text);
    for (int round = 0; round < 4; ++round) {
      ForColumns<double>(&random, next, [&](const Values<double>& values) {
        CheckAtEachLevel(*floor, kType, values, [&](double value) {
          return DoubleOf(value - RestOf(value, width));
        });
        CheckAtEachLevel(*nearest, kType, values, [&](double value) {
          const double rest = RestOf(value, width);
          const double missing = width - rest;
          return DoubleOf(missing > rest ? value - rest : value + missing);
        });
      });
    }
  }
}

template <typename T>
void CheckLabels(records::DataType type, const std::vector<T>& bounds,
                 const std::vector<std::string>& texts, Random* random) {
  std::vector<std::string> labels;
  const auto op = Compile(type, [&](Generalize* g) {
    for (size_t i = 0; i < bounds.size(); ++i) {
      // Of 0 to 32 bytes, or 0 to 7 if there are few.
      labels.emplace_back(i % (bounds.size() % 2 == 0 ? 8 : 33) + 1,
                          static_cast<char>('a' + i));
      g->mutable_bucket()->add_bounds(texts[i]);
      g->mutable_bucket()->add_labels(labels.back());
    }
  });
  const auto next = [&]() -> T {
    const T bound = bounds[(*random)() % bounds.size()];
    switch ((*random)() % 20) {
      case 0:
        return std::numeric_limits<T>::max();
      case 1:
        return std::numeric_limits<T>::lowest();
      case 2:
        if constexpr (std::is_same_v<T, double>) return kNan;
        return bound;
      case 3:
        if constexpr (std::is_same_v<T, double>) return kInfinity;
        return bound;
      case 4:
        return bound;
      default:
        return bound / 2 + static_cast<T>((*random)() % 1000);
    }
  };
  CAPTURE(bounds.size());
  ForColumns<T>(random, next, [&](const Values<T>& values) {
    CheckAtEachLevel(*op, type, values, [&](T value) -> std::string {
      size_t reached = 0;
      for (const T bound : bounds) reached += value >= bound ? 1 : 0;
      return reached == 0 ? "null" : labels[reached - 1];
    });
  });
}

TEST_CASE("numbers get the labels of the bounds that they reach") {
  Random random(4);
  for (size_t count = 1; count <= 18; ++count) {
    std::vector<int64_t> integers;
    std::vector<double> doubles;
    std::vector<std::string> integer_texts;
    std::vector<std::string> double_texts;
    for (size_t i = 0; i < count; ++i) {
      const int64_t bound = static_cast<int64_t>(i * i * 1000) - 700;
      integers.push_back(i == 0 && count % 3 == 0           ? kLow
                         : i + 1 == count && count % 4 == 0 ? kHigh
                                                            : bound);
      integer_texts.push_back(absl::StrCat(integers.back()));
      doubles.push_back(static_cast<double>(bound) + 0.5);
      double_texts.push_back(absl::StrCat(doubles.back()));
    }
    CheckLabels(records::v1::DATA_TYPE_INT64, integers, integer_texts, &random);
    CheckLabels(records::v1::DATA_TYPE_DECIMAL128, integers, integer_texts,
                &random);
    CheckLabels(records::v1::DATA_TYPE_DOUBLE, doubles, double_texts, &random);
  }
}

TEST_CASE("integers get the ranges that they are in") {
  constexpr auto kType = records::v1::DATA_TYPE_INT64;
  Random random(5);
  for (const int64_t width : {2, 10, 1000, 123'457, 1'000'000'000}) {
    const auto op = Compile(kType, [&](Generalize* g) {
      g->mutable_bucket()->set_width(absl::StrCat(width));
      g->mutable_bucket()->set_form(agreement::v1::NumberBucket::RANGE);
    });
    const auto next = [&] {
      // A few are farther than the texts that are written beforehand.
      const auto bucket = static_cast<int64_t>(random() % 1'010);
      const auto rest = static_cast<int64_t>(random() % 3) - 1;
      return random() % 50 == 0 ? AnyInteger(&random)
                                : (bucket - 10) * width + rest;
    };
    CAPTURE(width);
    ForColumns<int64_t>(&random, next, [&](const Values<int64_t>& values) {
      CheckAtEachLevel(*op, kType, values, [&](int64_t value) {
        const auto lower = static_cast<int64_t>(FloorOf(value, width));
        return absl::StrCat("[", lower, ",", lower + width, ")");
      });
    });
  }
}

}  // namespace
}  // namespace sluice::desensitize
