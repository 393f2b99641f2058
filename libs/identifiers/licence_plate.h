// Licence plates of motor vehicles (GA 36): a province in one Han character, an
// authority's letter, and five characters, six of a new-energy vehicle.
#ifndef SLUICE_LIBS_IDENTIFIERS_LICENCE_PLATE_H_
#define SLUICE_LIBS_IDENTIFIERS_LICENCE_PLATE_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

// Bytes of province and authority.
inline constexpr size_t kPlateHeadBytes = 4;

// 京A12345, 沪AD12345, 粤B1234学. The letters I and O are not used behind the
// authority, so that no digit can be taken for them. Separators (京A·12345) are
// refused.
bool IsLicencePlate(absl::string_view text);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_LICENCE_PLATE_H_
