// Two numbers as one text, "[1000,2000)" or "119.12,29.93", for many rows at
// once.
#ifndef SLUICE_LIBS_DESENSITIZE_NUMBER_PAIRS_H_
#define SLUICE_LIBS_DESENSITIZE_NUMBER_PAIRS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice::desensitize {

// Numbers of up to eight digits and a sign, in units of their last decimal.
inline constexpr int64_t kPairNumberMax = 99'999'999;
struct NumberPair {
  int32_t first = 0;
  int32_t second = 0;
};

struct PairForm {
  // Each number has as many, and a digit before them at least.
  uint32_t decimals = 0;
  // Between '[' and ')'.
  bool is_range = false;
};
inline constexpr uint32_t kPairDecimalsMax = 7;

// The longest text: two numbers with sign and point, and all that is around.
inline constexpr size_t kPairTextBytesMax = 23;

// Immutable and thread-safe.
class PairWriter {
 public:
  // Rows that are written at once.
  static constexpr uint32_t kRowsMax = 64;
  // More is read and written than what is asked for: pairs and ends of this
  // many rows behind the last, and bytes behind the last text.
  static constexpr uint32_t kRowsBehind = 4;
  static constexpr size_t kBytesBehind = 64;

  // `form` has at most kPairDecimalsMax decimals.
  explicit PairWriter(PairForm form);

  // Whether this CPU can; the others have no quick way for pairs.
  static bool CanWrite();

  // Writes the texts of those of `rows` pairs, kRowsMax at most, whose
  // bit in `with_text` is set, to `data` from `begin` on, and to `ends` where
  // in `data` each row ends, an int32. Returns where the last one does. Only if
  // CanWrite().
  size_t Write(const NumberPair* pairs, uint32_t rows, uint64_t with_text,
               char* data, size_t begin, char* ends) const;

 private:
  static constexpr size_t kVectorBytes = 64;

  // Two rows of 32 bytes: all that may be in their texts, of which a text has a
  // part. Digits come from the numbers...
  std::array<char, kVectorBytes> layout_ = {};
  // ...from this one of 32, eight of each number.
  std::array<uint8_t, kVectorBytes> digit_of_ = {};
  // What is what, a bit a byte.
  uint64_t always_ = 0;
  uint64_t signs_ = 0;
  uint64_t digits_ = 0;
  // Of each of eight numbers eight bits: digits that it has even if they are
  // leading zeros.
  uint64_t digits_always_ = 0;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NUMBER_PAIRS_H_
