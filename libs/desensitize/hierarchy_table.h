// A table of codes and what stands above each.
#ifndef SLUICE_LIBS_DESENSITIZE_HIERARCHY_TABLE_H_
#define SLUICE_LIBS_DESENSITIZE_HIERARCHY_TABLE_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sluice/agreement/v1/treatment.pb.h"

namespace sluice::desensitize {

// One level of a table. Immutable and thread-safe.
class HierarchyTable {
 public:
  // INVALID_ARGUMENT, with the number of the line, unless every line has a
  // value of its own and a text of valid UTF-8 at the level asked for.
  static absl::StatusOr<HierarchyTable> Parse(
      const agreement::v1::Hierarchy& hierarchy);

  // What stands for `value`; null if the table does not hold it.
  const std::string* Find(absl::string_view value) const;

  // All values, and what stands for each.
  const absl::flat_hash_map<std::string, std::string>& above() const {
    return above_;
  }

  // The longest text that Find gives.
  size_t bytes_max() const { return bytes_max_; }

 private:
  HierarchyTable() = default;

  absl::flat_hash_map<std::string, std::string> above_;
  size_t bytes_max_ = 0;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_HIERARCHY_TABLE_H_
