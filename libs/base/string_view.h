// Debian's Abseil has a string_view of its own that converts to nothing else.
// This header is the one place where views change their type.
#ifndef SLUICE_LIBS_BASE_STRING_VIEW_H_
#define SLUICE_LIBS_BASE_STRING_VIEW_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace sluice {

// From std::string_view, rocksdb::Slice, or anything with data() and size().
template <typename View>
absl::string_view AsView(const View& view) {
  return absl::string_view(reinterpret_cast<const char*>(view.data()),
                           view.size());
}

inline std::string_view AsStdView(absl::string_view view) {
  return std::string_view(view.data(), view.size());
}

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_STRING_VIEW_H_
