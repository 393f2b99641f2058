// Short codes of a regular form, A00.0 to T99.9, that each stand for a short
// text: looked up eight rows at a time, or four.
#ifndef SLUICE_LIBS_DESENSITIZE_DENSE_CODES_H_
#define SLUICE_LIBS_DESENSITIZE_DENSE_CODES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
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
  // Rows that are looked up together.
  static constexpr uint32_t kGroups = 16;
  static constexpr uint32_t kRows = kGroups * 8;
  // Bytes that may be written from where a text begins on.
  static constexpr size_t kBytesWritten = kRows * kBytesMax + 64;

  // Of codes and the text of each, no code twice and none empty; nothing if one
  // is too long, or the table would be too large.
  static std::optional<DenseCodes> Of(
      const std::vector<std::pair<std::string, std::string>>& texts_of_codes);

  // Translates texts of a column from `from` on to `out`, eight rows at a time,
  // and sets in `out_offsets` where each row ends. An empty text stays one.
  // What is no code becomes one, and `unknown` is called with its row. Stops
  // where fewer than eight rows are left before `last`, or eight have more than
  // 64 bytes together or fewer behind where they begin; returns where. At
  // CpuLevel::kAvx2 four rows at a time, and stops where fewer are left, or one
  // has fewer than eight bytes behind where it begins. Not at kPortable.
  CodePlace Translate(const char* offsets, absl::string_view texts,
                      CodePlace from, uint32_t last, char* out,
                      char* out_offsets,
                      absl::FunctionRef<void(uint32_t row)> unknown) const;

 private:
  // Of each byte of a code.
  using Bytes = std::array<uint8_t, kBytesMax + 1>;

  // What digits are multiplied with, for sixteen bytes of a vector: they become
  // numbers of two digits, these numbers of four, and these a place.
  struct Weights {
    std::array<int8_t, 2 * (kBytesMax + 1)> of_digits = {};
    std::array<int16_t, kBytesMax + 1> of_pairs = {};
    int64_t of_high_half = 0;
  };

  // Of kRows rows, before the first text is written: a look-up waits for all
  // places before it that are written to, and the next text's is not known
  // until the sizes of those before it are.
  struct alignas(64) Found {
    std::array<uint64_t, kRows> lanes;
    bool any_unknown;
    // All texts have text_size_; of fours alone.
    bool are_equal;
  };

  DenseCodes() = default;

  static Weights WeightsOf(const Bytes& counts);
  size_t PlaceOf(absl::string_view code) const;
#if defined(__x86_64__)
  class Places;
  class Fours;

  template <typename Texts, typename Ends>
  bool TranslateToEqual(Texts texts, uint32_t count, Ends ends,
                        char* out) const;
  bool TranslateToEqual(const char* offsets, const char* texts, char* out,
                        size_t* end, char* out_ends) const;
  template <typename Texts>
  uint32_t LookUp(Texts* texts, uint32_t groups, Found* found) const;
  static void EmptyUnknown(uint32_t first_row, uint32_t groups, Found* found,
                           absl::FunctionRef<void(uint32_t row)> unknown);
  CodePlace TranslateEights(
      const char* offsets, absl::string_view texts, CodePlace from,
      uint32_t last, char* out, char* out_offsets,
      absl::FunctionRef<void(uint32_t row)> unknown) const;

  // In dense_codes_avx2.cc.
  template <typename Texts>
  void LookUpFours(const Texts& texts, uint32_t rows, Found* found) const;
  void LookUpFours(const char* offsets, absl::string_view texts, uint32_t rows,
                   Found* found) const;
  CodePlace TranslateFours(const char* offsets, absl::string_view texts,
                           CodePlace from, uint32_t last, char* out,
                           char* out_offsets,
                           absl::FunctionRef<void(uint32_t row)> unknown) const;
#endif

  // The lowest byte that a code has there, and how many from it on it may have.
  Bytes lowest_ = {};
  Bytes counts_ = {};
  Weights weights_;
  // Lanes of lane_texts.h. In those of no code the highest bit is set.
  std::vector<uint64_t> lanes_;
  // Of each text, if they have the same; else 0.
  size_t text_size_ = 0;
  std::array<uint8_t, 64> order_of_equal_ = {};
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_DENSE_CODES_H_
