// Names that a person may have meant.
#ifndef SLUICE_LIBS_CONFIG_SPELLING_H_
#define SLUICE_LIBS_CONFIG_SPELLING_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::config {

// The one of `names` that is fewest changes of a character away from `written`,
// case aside; empty if none is near. Of equally near ones the first.
std::string NearestName(absl::string_view written,
                        const std::vector<std::string>& names);

}  // namespace sluice::config

#endif  // SLUICE_LIBS_CONFIG_SPELLING_H_
