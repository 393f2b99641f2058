#include <cstdint>
#include <limits>
#include <utility>

#include "libs/base/endian.h"
#include "libs/desensitize/date_floor.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/output_validity.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::DatePart;

constexpr int64_t kMicrosecondsPerDay = int64_t{86'400} * 1'000'000;

// Each writes the start of the unit to `out`; false if the type cannot hold it.
bool Floor(int32_t days, DatePart::Unit unit, int32_t* out) {
  const int64_t first = FloorDays(days, unit);
  *out = static_cast<int32_t>(first);
  return first >= std::numeric_limits<int32_t>::min();
}

bool Floor(int64_t microseconds, DatePart::Unit unit, int64_t* out) {
  int64_t days = microseconds / kMicrosecondsPerDay;
  if (microseconds % kMicrosecondsPerDay < 0) --days;
  return !__builtin_mul_overflow(FloorDays(days, unit), kMicrosecondsPerDay,
                                 out);
}

class DateGeneralization : public Operator {
 public:
  explicit DateGeneralization(DatePart::Unit unit) : unit_(unit) {}

  Treated Apply(const records::Column& column) const override {
    return column.type == records::v1::DATA_TYPE_DATE
               ? ApplyTo<int32_t>(column)
               : ApplyTo<int64_t>(column);
  }

 private:
  template <typename Value>
  Treated ApplyTo(const records::Column& column) const {
    const uint32_t rows = column.row_count;
    records::AlignedBuffer data(rows * sizeof(Value));
    OutputValidity validity(column);
    char* out = data.data();
    for (uint32_t row = 0; row < rows; ++row, out += sizeof(Value)) {
      Value first = 0;
      if (!column.IsNull(row) &&
          !Floor(column.Value<Value>(row), unit_, &first)) {
        validity.ClearRow(row);
        first = 0;
      }
      StoreLittle(first, out);
    }
    Treated treated{column, validity.cleared()};
    treated.column.data = std::move(data).Share();
    std::move(validity).MoveTo(&treated.column);
    return treated;
  }

  const DatePart::Unit unit_;
};

}  // namespace

std::unique_ptr<const Operator> NewDateGeneralization(DatePart::Unit unit) {
  return std::make_unique<DateGeneralization>(unit);
}

}  // namespace sluice::desensitize
