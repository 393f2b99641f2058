// The characters that format-preserving encryption works over.
#ifndef SLUICE_LIBS_DESENSITIZE_FPE_ALPHABET_H_
#define SLUICE_LIBS_DESENSITIZE_FPE_ALPHABET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "sluice/agreement/v1/treatment.pb.h"

namespace sluice::desensitize {

// Characters and the numerals they stand for, in the order given. Immutable and
// thread-safe.
class FpeAlphabet {
 public:
  // Of the treatment's `alphabet` or `characters`; nothing if these are
  // unknown, fewer than two, more than 65,536, not valid UTF-8 or not all
  // different.
  static std::optional<FpeAlphabet> Of(const agreement::v1::Fpe& fpe);
  static std::optional<FpeAlphabet> OfCharacters(absl::string_view characters);

  uint32_t radix() const { return static_cast<uint32_t>(texts_.size()); }

  // Bytes of its shortest and longest character.
  size_t bytes_min() const { return bytes_min_; }
  size_t bytes_max() const { return bytes_max_; }

  // The numeral of a character, valid UTF-8 of `size` bytes; -1 if it is not in
  // the alphabet.
  int32_t NumeralOf(const char* character, size_t size) const {
    if (size == 1) return ascii_[static_cast<uint8_t>(*character)];
    return NumeralOfLong(character, size);
  }

  // Writes the character of a numeral below the radix; returns the end.
  char* Write(uint32_t numeral, char* out) const;

 private:
  // A character's bytes, the first the lowest.
  static uint32_t KeyOf(const char* character, size_t size);
  int32_t NumeralOfLong(const char* character, size_t size) const;

  struct Text {
    std::array<char, 4> bytes;
    uint8_t size;
  };
  std::vector<Text> texts_;
  std::array<int32_t, 256> ascii_;
  absl::flat_hash_map<uint32_t, int32_t> longer_;
  size_t bytes_min_ = 4;
  size_t bytes_max_ = 1;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_FPE_ALPHABET_H_
