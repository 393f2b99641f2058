#include <cstdint>

#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/near_month_days.h"
#include "libs/desensitize/treat_every_number.h"
#include "libs/desensitize/treat_fixed.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::TimePart;

constexpr int64_t kMicrosecondsPerHour = kMicrosecondsPerDay / 24;

class HourOfDay : public Operator {
 public:
  Treated Apply(const records::Column& column) const override {
    return TreatFixed<int64_t, int64_t>(
        column, records::v1::DATA_TYPE_INT64, [](int64_t time, int64_t* out) {
          const int64_t rest = time % kMicrosecondsPerDay;
          *out = (rest < 0 ? rest + kMicrosecondsPerDay : rest) /
                 kMicrosecondsPerHour;
          return true;
        });
  }
};

template <bool kIsMonth>
class DatePartNumber : public Operator {
 public:
  Treated Apply(const records::Column& column) const override {
    if (column.type == records::v1::DATA_TYPE_TIMESTAMP) {
      return TreatFixed<int64_t, int64_t>(
          column, records::v1::DATA_TYPE_INT64, [](int64_t time, int64_t* out) {
            return PartOf(DayOfMicroseconds(time), out);
          });
    }
    return TreatEveryNumber<int32_t, int64_t>(
        column, records::v1::DATA_TYPE_INT64, NearMonthDay<kIsMonth>{},
        [](int32_t day, int64_t* out) { return PartOf(day, out); });
  }

 private:
  static bool PartOf(int64_t day, int64_t* out) {
    const CivilDate date = DateOf(day);
    *out = kIsMonth ? date.month : date.day;
    return true;
  }
};

}  // namespace

std::unique_ptr<const Operator> NewTimePartGeneralization(TimePart::Part part) {
  switch (part) {
    case TimePart::MONTH_OF_YEAR:
      return std::make_unique<DatePartNumber<true>>();
    case TimePart::DAY_OF_MONTH:
      return std::make_unique<DatePartNumber<false>>();
    default:
      return std::make_unique<HourOfDay>();
  }
}

}  // namespace sluice::desensitize
