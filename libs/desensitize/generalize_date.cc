#include <cstdint>
#include <limits>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/date_floor.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/near_dates.h"
#include "libs/desensitize/times_by_day.h"
#include "libs/desensitize/treat_every_number.h"
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

#if defined(__x86_64__)
template <typename DateFloor>
SLUICE_AVX2 bool FloorTimes(const char* in, uint32_t rows, char* out,
                            const NearSpan& span, const DateFloor& floor) {
  return TimesByDay<DateFloor>(span, floor).Floor(in, rows, out);
}
#endif

class DateGeneralization : public Operator {
 public:
  explicit DateGeneralization(DatePart::Unit unit) : unit_(unit) {}

  Treated Apply(const records::Column& column) const override {
    // The day of a DATE is refused where treatments are resolved.
    if (unit_ == DatePart::DAY) return ApplyTo<int64_t>(column, NearMidnight{});
    switch (unit_) {
      case DatePart::YEAR:
        return ApplyTo(column, NearYearFloor<int32_t>::kSpan,
                       NearYearFloor<int32_t>{}, NearYearFloor<int64_t>{});
      case DatePart::QUARTER:
        return ApplyTo(column, kNearQuarterSpan, kNearQuarters<int32_t>,
                       kNearQuarters<int64_t>);
      default:
        return ApplyTo(column, kNearMonthSpan, kNearMonths<int32_t>,
                       kNearMonths<int64_t>);
    }
  }

 private:
  template <typename Value>
  auto Exact() const {
    return [unit = unit_](Value value, Value* out) {
      return Floor(value, unit, out);
    };
  }

  template <typename NearDate, typename NearTime>
  Treated ApplyTo(const records::Column& column, const NearSpan& span,
                  NearDate near_date, NearTime near_time) const {
    if (column.type == records::v1::DATA_TYPE_DATE) {
      return ApplyTo<int32_t>(column, near_date);
    }
#if defined(__x86_64__)
    if (UsedCpuLevel() == CpuLevel::kAvx2) {
      records::AlignedBuffer data(column.row_count * sizeof(int64_t));
      const bool all = FloorTimes(column.data.data(), column.row_count,
                                  data.data(), span, near_date);
      return TreatLeftNumbers<int64_t, int64_t>(column, column.type, all,
                                                near_time, Exact<int64_t>(),
                                                std::move(data));
    }
#else
    (void)span;
#endif
    return ApplyTo<int64_t>(column, near_time);
  }

  template <typename Value, typename Near>
  Treated ApplyTo(const records::Column& column, Near near) const {
    return TreatEveryNumber<Value, Value>(column, column.type, near,
                                          Exact<Value>());
  }

  const DatePart::Unit unit_;
};

// Numbers that follow from a day: `number_of(day, &out)`, quickly for most
// values by Near.
template <typename NumberOf, template <typename> class Near>
class DayNumber : public Operator {
 public:
  DayNumber(NumberOf number_of, Near<int32_t> near_dates,
            Near<int64_t> near_times)
      : number_of_(number_of),
        near_dates_(near_dates),
        near_times_(near_times) {}

  Treated Apply(const records::Column& column) const override {
    return column.type == records::v1::DATA_TYPE_DATE
               ? ApplyTo<int32_t>(column, near_dates_)
               : ApplyTo<int64_t>(column, near_times_);
  }

 private:
  template <typename Value>
  Treated ApplyTo(const records::Column& column, Near<Value> near) const {
    return TreatEveryNumber<Value, int64_t>(
        column, records::v1::DATA_TYPE_INT64, near,
        [this](Value value, int64_t* out) {
          return number_of_(DayOf(value), out);
        });
  }

  const NumberOf number_of_;
  const Near<int32_t> near_dates_;
  const Near<int64_t> near_times_;
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
  return std::make_unique<DayNumber<WeekdayOf, NearWeekday>>(
      WeekdayOf{}, NearWeekday<int32_t>{}, NearWeekday<int64_t>{});
}

std::unique_ptr<const Operator> NewAgeGeneralization(int64_t as_of_day,
                                                     uint32_t band_years) {
  const uint32_t band = band_years == 0 ? 1 : band_years;
  return std::make_unique<DayNumber<AgeOn, NearAge>>(
      AgeOn{as_of_day, DateOf(as_of_day), band},
      NearAge<int32_t>(as_of_day, band), NearAge<int64_t>(as_of_day, band));
}

}  // namespace sluice::desensitize
