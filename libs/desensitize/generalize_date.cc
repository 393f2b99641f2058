#include <cstdint>
#include <limits>
#include <utility>

#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/date_floor.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/near_dates.h"
#include "libs/desensitize/treat_every_number.h"
#include "libs/desensitize/treat_fixed.h"
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

class DateGeneralization : public Operator {
 public:
  explicit DateGeneralization(DatePart::Unit unit) : unit_(unit) {}

  Treated Apply(const records::Column& column) const override {
    if (unit_ == DatePart::YEAR && column.type == records::v1::DATA_TYPE_DATE) {
      auto near = TreatEveryNumber<int32_t, int32_t>(column, column.type,
                                                     NearYearFloor{});
      if (near) return *std::move(near);
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

// Numbers that follow from a day: `number_of(day, &out)`. The quick way of
// TreatEveryNumber for most DATEs is `near`.
template <typename NumberOf, typename Near>
class DayNumber : public Operator {
 public:
  DayNumber(NumberOf number_of, Near near)
      : number_of_(number_of), near_(near) {}

  Treated Apply(const records::Column& column) const override {
    if (column.type == records::v1::DATA_TYPE_DATE) {
      auto near = TreatEveryNumber<int32_t, int64_t>(
          column, records::v1::DATA_TYPE_INT64, near_);
      if (near) return *std::move(near);
    }
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
  const Near near_;
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
  return std::make_unique<DayNumber<WeekdayOf, NearWeekday>>(WeekdayOf{},
                                                             NearWeekday{});
}

std::unique_ptr<const Operator> NewAgeGeneralization(int64_t as_of_day,
                                                     uint32_t band_years) {
  const uint32_t band = band_years == 0 ? 1 : band_years;
  return std::make_unique<DayNumber<AgeOn, NearAge>>(
      AgeOn{as_of_day, DateOf(as_of_day), band}, NearAge(as_of_day, band));
}

}  // namespace sluice::desensitize
