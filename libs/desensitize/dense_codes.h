// Short codes of a regular form, A00.0 to T99.9, that each stand for a short
// text: looked up eight rows at a time.
#ifndef SLUICE_LIBS_DESENSITIZE_DENSE_CODES_H_
#define SLUICE_LIBS_DESENSITIZE_DENSE_CODES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/desensitize/code_place.h"

namespace sluice::desensitize {

// A table with a place for each code that could be made of the characters that
// codes have at their first byte, second byte and so on, each taken for a range
// of bytes. A code is a number in a mixed radix, and the number its place.
// Immutable and thread-safe.
class DenseCodes {
 public:
  // Codes and texts have at most as many bytes.
  static constexpr size_t kBytesMax = 7;
  // Places of eight bytes that the table may have: in all, and for each code.
  static constexpr size_t kPlacesMax = size_t{1} << 17;
  static constexpr size_t kPlacesOfCodeMax = 16;
  // Bytes that are written from where a text begins on.
  static constexpr size_t kBytesWritten = 64;

  // Of codes and the text of each, no code twice and none empty; nothing if one
  // is too long, or the table would be too large.
  static std::optional<DenseCodes> Of(
      const std::vector<std::pair<std::string, std::string>>& texts_of_codes);

  // As CodeIndex::Translate, but row by row only as far as eight rows together
  // are codes and 64 bytes can be read. Only at CpuLevel::kAvx512.
  CodePlace Translate(const char* offsets, absl::string_view texts,
                      CodePlace from, uint32_t last, char* out,
                      char* out_offsets) const;

 private:
  // Of each byte of a code.
  using Bytes = std::array<uint8_t, kBytesMax + 1>;

  // Of the rows that are looked up before the first text is written.
  static constexpr uint32_t kGroups = 16;
  struct alignas(64) Lanes {
    std::array<uint64_t, size_t{kGroups} * 8> of;
  };

  DenseCodes() = default;

  size_t PlaceOf(absl::string_view code) const;
#if defined(__x86_64__)
  uint32_t LookUp(const char* offsets, absl::string_view texts, uint32_t groups,
                  Lanes* lanes) const;
#endif

  // The lowest byte that a code has there, and how many from it on it may have.
  Bytes lowest_ = {};
  Bytes counts_ = {};
  // Lanes of lane_texts.h. In those of no code the highest bit is set.
  std::vector<uint64_t> lanes_;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_DENSE_CODES_H_
