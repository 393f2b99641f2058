#include "libs/config/spelling.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"

namespace sluice::config {
namespace {

// Longer names are not looked at: no field has one, and the work is quadratic.
constexpr size_t kNameBytesMax = 64;

// Levenshtein's distance.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string NearestName(absl::string_view written,
                        const std::vector<std::string>& names) {
  if (written.size() > kNameBytesMax) return "";
  const std::string lower = absl::AsciiStrToLower(written);
  std::string nearest;
  // A third of the characters may be wrong, and two in a short name.
  size_t least = std::max<size_t>(2, written.size() / 3) + 1;
  for (const std::string& name : names) {
    const size_t distance = EditDistance(lower, absl::AsciiStrToLower(name));
    if (distance < least && distance < name.size()) {
      least = distance;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace sluice::config
