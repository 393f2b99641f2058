#include "libs/records/resource_id.h"

#include "absl/strings/ascii.h"

namespace sluice::records {
namespace {

bool IsSlug(absl::string_view text) {
  if (text.empty() || !absl::ascii_islower(text.front())) return false;
  for (const char c : text) {
    if (!absl::ascii_islower(c) && !absl::ascii_isdigit(c) && c != '-') {
      return false;
    }
  }
  return true;
}

}  // namespace

bool IsResourceId(absl::string_view id) {
  if (id.size() > kResourceIdBytesMax) return false;
  const size_t dot = id.find('.');
  return dot != absl::string_view::npos && IsSlug(id.substr(0, dot)) &&
         IsSlug(id.substr(dot + 1));
}

}  // namespace sluice::records
