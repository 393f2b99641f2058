// Whether a value is what its field's semantic type says.
#ifndef SLUICE_LIBS_PUBLISH_MISFIT_H_
#define SLUICE_LIBS_PUBLISH_MISFIT_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "libs/records/text_value.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::publish {

// Why a value is not. In this order the first that holds is told.
enum class Misfit : uint8_t {
  // A value in characters of full width (１３８...).
  kFullWidth,
  // A value with spaces around it.
  kSpaces,
  // A value in lower case (the x of a resident id).
  kLowerCase,
  // A resident id of 15 digits, which nobody gives out since 1999.
  kOldForm,
  // Of the right form, but for the check character.
  kCheckCharacter,
  // No day that exists, or before 1850, or in the future.
  kDate,
  // No place on the earth, more than any amount.
  kRange,
  // Anything else.
  kForm,
};
inline constexpr int kMisfitCount = 8;

// "check_character", as in metrics and logs.
absl::string_view MisfitName(Misfit misfit);

// Whether values of such a field are looked at: it has a semantic type, and a
// type of column in which that can be told.
bool IsChecked(const catalog::v1::Field& field);

// Of a value, neither null nor empty, of a field that IsChecked. `today` in
// UTC. Thread-safe; allocates nothing.
std::optional<Misfit> FindMisfit(const catalog::v1::Field& field,
                                 const records::Value& value,
                                 absl::CivilDay today);

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_MISFIT_H_
