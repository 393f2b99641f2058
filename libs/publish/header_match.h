// Which field each column of a file is, by the names in its header.
#ifndef SLUICE_LIBS_PUBLISH_HEADER_MATCH_H_
#define SLUICE_LIBS_PUBLISH_HEADER_MATCH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::publish {

// For each column the index of its name in `fields`. Every field must have its
// column and every column its field, once. MALFORMED listing all that is wrong;
// names fields, and columns by their number alone.
absl::StatusOr<std::vector<size_t>> MatchHeader(
    const std::vector<std::string>& columns,
    const std::vector<std::string>& fields);

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_HEADER_MATCH_H_
