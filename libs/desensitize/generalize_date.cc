#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "libs/base/endian.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/date_floor.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/treat_fixed.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::DatePart;

// Each writes the start of the unit to `out`; false if the type cannot hold it.
bool Floor(int32_t days, DatePart::Unit unit, int32_t* out) {
  const int64_t first = FloorDays(days, unit);
  *out = static_cast<int32_t>(first);
  return first >= std::numeric_limits<int32_t>::min();
}

bool Floor(int64_t microseconds, DatePart::Unit unit, int64_t* out) {
  return !__builtin_mul_overflow(
      FloorDays(DayOfMicroseconds(microseconds), unit), kMicrosecondsPerDay,
      out);
}

int64_t DayOf(int32_t days) { return days; }
int64_t DayOf(int64_t microseconds) { return DayOfMicroseconds(microseconds); }

// The years of most dates: 1 March 1900 to 28 February 2100, of which every
// fourth but the first begins behind a 29 February.
constexpr int32_t kNearFirst = -25'508;
constexpr uint32_t kNearDays = 73'048;
constexpr uint32_t kDaysOfFourYears = 1'461;

// The first day of the year of each of `rows` days, where all of them are near;
// false where one is not. Without branches, so that several are worked out at
// once.
bool FloorToNearYears(const char* days, uint32_t rows, char* out) {
  uint32_t far = 0;
  for (uint32_t row = 0; row < rows; ++row) {
    const auto day = LoadLittle<int32_t>(days + row * sizeof(int32_t));
    const uint32_t since =
        static_cast<uint32_t>(day) - static_cast<uint32_t>(kNearFirst);
    far |= since >= kNearDays ? 1u : 0u;
    // Years that begin on 1 March.
    const uint32_t year = (4 * since + 3) / kDaysOfFourYears;
    const uint32_t day_of_year = since - kDaysOfFourYears * year / 4;
    const uint32_t leap = year % 4 == 0 && year != 0 ? 1 : 0;
    // From 1 January, 306 days behind 1 March or 59 or 60 before it.
    const uint32_t day_from_january =
        day_of_year >= 306 ? day_of_year - 306 : day_of_year + 59 + leap;
    StoreLittle(static_cast<uint32_t>(day) - day_from_january,
                out + row * sizeof(int32_t));
  }
  return far == 0;
}

// A column of dates, or nothing where one of them is too far.
std::optional<Treated> FloorColumnToNearYears(const records::Column& column) {
  records::AlignedBuffer data(column.row_count * sizeof(int32_t));
  char* const out = data.data();
  // A null is the day 0, which is near.
  if (!FloorToNearYears(column.data.data(), column.row_count, out)) {
    return std::nullopt;
  }
  for (uint32_t row = 0; row < column.row_count && column.null_count > 0;
       ++row) {
    if (column.IsNull(row))
      StoreLittle<int32_t>(0, out + row * sizeof(int32_t));
  }
  Treated treated{column, 0};
  treated.column.data = std::move(data).Share();
  return treated;
}

class DateGeneralization : public Operator {
 public:
  explicit DateGeneralization(DatePart::Unit unit) : unit_(unit) {}

  Treated Apply(const records::Column& column) const override {
    if (unit_ == DatePart::YEAR && column.type == records::v1::DATA_TYPE_DATE) {
      if (auto near = FloorColumnToNearYears(column)) return *std::move(near);
    }
    return column.type == records::v1::DATA_TYPE_DATE
               ? ApplyTo<int32_t>(column)
               : ApplyTo<int64_t>(column);
  }

 private:
  template <typename Value>
  Treated ApplyTo(const records::Column& column) const {
    const DatePart::Unit unit = unit_;
    return TreatFixed<Value, Value>(
        column, column.type,
        [unit](Value value, Value* out) { return Floor(value, unit, out); });
  }

  const DatePart::Unit unit_;
};

// Numbers that follow from a day: `number_of(day, &out)`.
template <typename NumberOf>
class DayNumber : public Operator {
 public:
  explicit DayNumber(NumberOf number_of) : number_of_(number_of) {}

  Treated Apply(const records::Column& column) const override {
    return column.type == records::v1::DATA_TYPE_DATE
               ? ApplyTo<int32_t>(column)
               : ApplyTo<int64_t>(column);
  }

 private:
  template <typename Value>
  Treated ApplyTo(const records::Column& column) const {
    return TreatFixed<Value, int64_t>(column, records::v1::DATA_TYPE_INT64,
                                      [this](Value value, int64_t* out) {
                                        return number_of_(DayOf(value), out);
                                      });
  }

  const NumberOf number_of_;
};

// 1970-01-01 was a Thursday.
struct WeekdayOf {
  bool operator()(int64_t day, int64_t* out) const {
    *out = ((day + 3) % 7 + 7) % 7 + 1;
    return true;
  }
};

struct AgeOn {
  int64_t as_of_day;
  CivilDate as_of;
  int64_t band_years;

  bool operator()(int64_t day, int64_t* out) const {
    if (day > as_of_day) return false;
    const CivilDate born = DateOf(day);
    const bool had_birthday =
        born.month < as_of.month ||
        (born.month == as_of.month && born.day <= as_of.day);
    const int64_t years = as_of.year - born.year - (had_birthday ? 0 : 1);
    *out = years / band_years * band_years;
    return true;
  }
};

}  // namespace

std::unique_ptr<const Operator> NewDateGeneralization(DatePart::Unit unit) {
  return std::make_unique<DateGeneralization>(unit);
}

std::unique_ptr<const Operator> NewWeekdayGeneralization() {
  return std::make_unique<DayNumber<WeekdayOf>>(WeekdayOf{});
}

std::unique_ptr<const Operator> NewAgeGeneralization(int64_t as_of_day,
                                                     uint32_t band_years) {
  return std::make_unique<DayNumber<AgeOn>>(
      AgeOn{as_of_day, DateOf(as_of_day), band_years == 0 ? 1 : band_years});
}

}  // namespace sluice::desensitize
