// The start of the year, quarter, month or day that a date lies in, in the
// proleptic Gregorian calendar.
#ifndef SLUICE_LIBS_DESENSITIZE_DATE_FLOOR_H_
#define SLUICE_LIBS_DESENSITIZE_DATE_FLOOR_H_

#include <cstdint>

#include "sluice/agreement/v1/treatment.pb.h"

namespace sluice::desensitize {

// Days since 1970-01-01 of the first day of the `unit` that `days` lies in.
// `days` is a DATE, or the day of a TIMESTAMP; the result may be below what a
// DATE holds.
int64_t FloorDays(int64_t days, agreement::v1::DatePart::Unit unit);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_DATE_FLOOR_H_
