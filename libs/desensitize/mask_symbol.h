// What stands for a hidden character.
#ifndef SLUICE_LIBS_DESENSITIZE_MASK_SYMBOL_H_
#define SLUICE_LIBS_DESENSITIZE_MASK_SYMBOL_H_

#include <cassert>
#include <cstddef>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::desensitize {

// Whether `text` is one visible character: valid UTF-8, one code point, neither
// a control nor an invisible format character.
bool IsMaskSymbol(absl::string_view text);

class MaskSymbol {
 public:
  explicit MaskSymbol(absl::string_view text) : size_(text.size()) {
    assert(IsMaskSymbol(text));
    std::memcpy(bytes_, text.data(), size_);
  }

  size_t size() const { return size_; }
  // Of one byte.
  char byte() const {
    assert(size_ == 1);
    return bytes_[0];
  }

  // Writes it once; returns the end.
  char* WriteOne(char* out) const {
    if (size_ == 1) {
      *out = bytes_[0];
      return out + 1;
    }
    std::memcpy(out, bytes_, size_);
    return out + size_;
  }

  // Writes it `count` times; returns the end of what was written.
  char* Write(char* out, size_t count) const {
    if (size_ == 1) {
      std::memset(out, bytes_[0], count);
      return out + count;
    }
    for (; count > 0; --count, out += size_) std::memcpy(out, bytes_, size_);
    return out;
  }

 private:
  char bytes_[4] = {};
  size_t size_;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_MASK_SYMBOL_H_
