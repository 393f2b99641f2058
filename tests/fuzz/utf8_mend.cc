#include "tests/fuzz/utf8_mend.h"

#include "absl/strings/string_view.h"
#include "libs/base/encoding.h"

namespace sluice::fuzz {

std::string MendUtf8(const std::string& bytes, size_t bytes_max) {
  std::string text;
  const absl::string_view all = bytes;
  size_t at = 0;
  while (at < all.size()) {
    const size_t length = Utf8CharacterLength(all.substr(at));
    const size_t taken = length == 0 ? 1 : length;
    if (text.size() + taken > bytes_max) break;
    if (length == 0) {
      text.push_back('?');
    } else {
      text.append(bytes, at, length);
    }
    at += taken;
  }
  return text;
}

}  // namespace sluice::fuzz
