// Days counted from 1970-01-01 and dates of the proleptic Gregorian calendar.
#ifndef SLUICE_LIBS_DESENSITIZE_CIVIL_DATE_H_
#define SLUICE_LIBS_DESENSITIZE_CIVIL_DATE_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace sluice::desensitize {

inline constexpr int64_t kMicrosecondsPerDay = int64_t{86'400} * 1'000'000;

struct CivilDate {
  int64_t year;
  uint32_t month;  // 1 to 12
  uint32_t day;    // 1 to 31

  friend bool operator==(const CivilDate&, const CivilDate&) = default;
};

CivilDate DateOf(int64_t days);

// The year from 1 March on that a day lies in.
struct MarchYear {
  int64_t year;
  // Days since that 1 March.
  uint32_t day;
  // Whether the calendar year of that 1 March is a leap year.
  bool is_leap;
};
MarchYear MarchYearOf(int64_t days);

// Of a date that exists.
int64_t DaysOf(const CivilDate& date);

// The day a moment lies in, in UTC.
inline int64_t DayOfMicroseconds(int64_t microseconds) {
  return microseconds / kMicrosecondsPerDay -
         (microseconds % kMicrosecondsPerDay < 0 ? 1 : 0);
}

// Days of "2026-01-31"; nothing if it is no date of that form.
std::optional<int64_t> ParseDate(absl::string_view text);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_CIVIL_DATE_H_
