// Birth dates of persons: a day that exists, not before 1850 (no one who stands
// in a register is older) and not in the future.
//
// All functions are pure and thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_BIRTH_DATE_H_
#define SLUICE_LIBS_IDENTIFIERS_BIRTH_DATE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace sluice::identifiers {

inline constexpr int kBirthYearMin = 1850;

// Of 1987-08-23 or 19870823; nothing if that is no day that exists.
std::optional<absl::CivilDay> ParseDay(absl::string_view text);

// `today` is the day in UTC; one more is allowed, which has begun further east.
bool IsBirthDate(absl::CivilDay day, absl::CivilDay today);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_BIRTH_DATE_H_
