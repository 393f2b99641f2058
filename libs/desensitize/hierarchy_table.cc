#include "libs/desensitize/hierarchy_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/base/encoding.h"
#include "libs/base/string_view.h"

namespace sluice::desensitize {
namespace {

constexpr uint32_t kLevelMax = 16;
constexpr size_t kCsvBytesMax = 65'536;
// Of what a value becomes, as of a label.
constexpr size_t kAboveBytesMax = 256;

}  // namespace

absl::StatusOr<HierarchyTable> HierarchyTable::Parse(
    const agreement::v1::Hierarchy& hierarchy) {
  const uint32_t level = hierarchy.level();
  if (level < 1 || level > kLevelMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("has a level that is not 1 to ", kLevelMax));
  }
  if (hierarchy.csv().size() > kCsvBytesMax ||
      !IsValidUtf8(AsView(hierarchy.csv()))) {
    return absl::InvalidArgumentError(
        absl::StrCat("has a csv that is not valid UTF-8 of at most ",
                     kCsvBytesMax, " bytes"));
  }
  HierarchyTable table;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(AsView(hierarchy.csv()), '\n')) {
    ++number;
    absl::ConsumeSuffix(&line, "\r");
    if (line.empty()) continue;
    const std::vector<absl::string_view> columns = absl::StrSplit(line, ',');
    if (columns.size() <= level || columns[0].empty() ||
        columns[level].empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("has no value, or nothing at level ", level,
                       ", in line ", number, " of its csv"));
    }
    if (columns[level].size() > kAboveBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("has more than ", kAboveBytesMax, " bytes at level ",
                       level, ", in line ", number, " of its csv"));
    }
    table.bytes_max_ = std::max(table.bytes_max_, columns[level].size());
    if (!table.above_
             .emplace(std::string(columns[0]), std::string(columns[level]))
             .second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "names a value for the second time in line ", number, " of its csv"));
    }
  }
  if (table.above_.empty()) {
    return absl::InvalidArgumentError("has an empty csv");
  }
  return table;
}

const std::string* HierarchyTable::Find(absl::string_view value) const {
  const auto found = above_.find(value);
  return found == above_.end() ? nullptr : &found->second;
}

}  // namespace sluice::desensitize
