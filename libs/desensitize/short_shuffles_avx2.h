// Short texts of characters of three bytes each, as most names of Han
// characters are: what is left of a text is its bytes in another order and
// symbols, and its size alone says which. For kernels at CpuLevel::kAvx2.
#ifndef SLUICE_LIBS_DESENSITIZE_SHORT_SHUFFLES_AVX2_H_
#define SLUICE_LIBS_DESENSITIZE_SHORT_SHUFFLES_AVX2_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "libs/desensitize/hidden_part.h"
#include "libs/desensitize/hide_rule.h"

namespace sluice::desensitize {

class ShortShuffles {
 public:
  // A text is loaded and stored as so many bytes, and is shorter.
  static constexpr size_t kBytes = 16;
  // Rows that are looked at together.
  static constexpr uint32_t kRows = 8;

  // Of a rule that counts characters.
  template <typename Rule>
  ShortShuffles(const Rule& rule, char symbol) {
    for (size_t count = 0; count < kCounts; ++count) {
      const CharacterRun run = RunOf(rule, count);
      const bool is_refused =
          std::is_same_v<Rule, HideInside> && run.end == 0 && count > 0;
      const size_t size = count * kUnit;
      size_t written = 0;
      for (size_t i = 0; i < count; ++i) {
        const bool in_run = i >= run.begin && i < run.end;
        if (in_run == std::is_same_v<Rule, HideOutside>) {
          for (size_t byte = i * kUnit; byte < (i + 1) * kUnit; ++byte) {
            sources_[size][written++] = static_cast<uint8_t>(byte);
          }
        } else {
          symbols_[size][written] = static_cast<uint8_t>(symbol);
          sources_[size][written++] = kNone;
        }
      }
      written_[size] = is_refused ? kRefused : static_cast<uint8_t>(written);
    }
  }

  // Hides texts from row `row` on, kRows at a time, up to the first kRows that
  // are not all before row `rows`, short and treatable, or that end behind byte
  // `until`. All texts up to there are of such characters. `texts` and
  // `offsets` are the column's, `offsets_out` and `out` what it becomes; behind
  // the texts kBytes are read and written. Returns the row where it stopped.
  uint32_t Hide(const char* texts, const char* offsets, uint32_t row,
                uint32_t rows, uint32_t until, char* out,
                char* offsets_out) const;

 private:
  static constexpr size_t kUnit = 3;
  static constexpr size_t kCounts = (kBytes - 1) / kUnit + 1;
  // A source that is no byte of the text, and a size that is none.
  static constexpr uint8_t kNone = 0x80;
  static constexpr uint8_t kRefused = 0x80;

  // By a text's size: where each byte comes from, what is added, and how many
  // there are.
  using Bytes = std::array<uint8_t, kBytes>;
  alignas(kBytes) std::array<Bytes, kBytes> sources_ = {};
  alignas(kBytes) std::array<Bytes, kBytes> symbols_ = {};
  alignas(kBytes) Bytes written_ = {};
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SHORT_SHUFFLES_AVX2_H_
