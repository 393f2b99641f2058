#include "libs/desensitize/slot_texts.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kLaneBytes = 8;
// Slots of a lane each that two vectors hold, and with them all that is looked
// up.
constexpr size_t kLaneSlots = 16;

size_t LongestOf(const std::vector<std::string>& texts) {
  size_t longest = 0;
  for (const std::string& text : texts) {
    longest = std::max(longest, text.size());
  }
  return longest;
}

}  // namespace

bool SlotTexts::CanHold(const std::vector<std::string>& texts) {
  return LongestOf(texts) <= kTextBytesMax;
}

SlotTexts::SlotTexts(const std::vector<std::string>& texts)
    : slot_bytes_(std::max(kLaneBytes, std::bit_ceil(LongestOf(texts)))),
      texts_(std::max(kLaneSlots, texts.size() + 1) * slot_bytes_),
      sizes_(std::max(kLaneSlots, texts.size() + 1)) {
  assert(CanHold(texts));
  for (size_t i = 0; i < texts.size(); ++i) {
    texts[i].copy(&texts_[(i + 1) * slot_bytes_], slot_bytes_);
    sizes_[i + 1] = static_cast<uint8_t>(texts[i].size());
  }
}

template <size_t kSlotBytes>
size_t SlotTexts::WriteCopies(const uint64_t* slots, uint32_t rows, char* data,
                              size_t begin, char* ends) const {
  return RunAtUsedCpuLevel(
      [=, texts = texts_.data(), sizes = sizes_.data()]() SLUICE_ANY_LEVEL {
        size_t end = begin;
        for (uint32_t row = 0; row < rows; ++row) {
          const uint64_t slot = slots[row];
          std::memcpy(data + end, texts + slot * kSlotBytes, kSlotBytes);
          end += sizes[slot];
          StoreLittle(static_cast<int32_t>(end), ends + row * sizeof(int32_t));
        }
        return end;
      });
}

#if defined(__x86_64__)

namespace {

// In each of eight numbers the sum of all up to it.
SLUICE_AVX512 inline __m256i SumsOf(__m256i numbers) {
  const __m256i pairs =
      _mm256_add_epi32(numbers, _mm256_slli_si256(numbers, 4));
  const __m256i halves = _mm256_add_epi32(pairs, _mm256_slli_si256(pairs, 8));
  constexpr __mmask8 kHighHalf = 0xF0;
  return _mm256_mask_add_epi32(
      halves, kHighHalf, halves,
      _mm256_permutevar8x32_epi32(halves, _mm256_set1_epi32(3)));
}

}  // namespace

// Eight rows at a time: each lane gets the text of its slot and in every byte
// its size, then the gaps between the texts are closed.
SLUICE_AVX512 size_t SlotTexts::WriteLanes(const uint64_t* slots, uint32_t rows,
                                           char* data, size_t begin,
                                           char* ends) const {
  constexpr uint32_t kRows = sizeof(__m512i) / kLaneBytes;
  static_assert(kLaneSlots == 2 * kRows);
  const __m512i in_each_byte = _mm512_set_epi64(
      0x3838'3838'3838'3838, 0x3030'3030'3030'3030, 0x2828'2828'2828'2828,
      0x2020'2020'2020'2020, 0x1818'1818'1818'1818, 0x1010'1010'1010'1010,
      0x0808'0808'0808'0808, 0x0000'0000'0000'0000);
  const auto sizes_from = [&](size_t slot) SLUICE_AVX512 {
    return _mm512_permutexvar_epi8(
        in_each_byte, _mm512_cvtepu8_epi64(_mm_loadu_si64(&sizes_[slot])));
  };
  const __m512i low_texts = _mm512_loadu_si512(texts_.data());
  const __m512i high_texts = _mm512_loadu_si512(&texts_[sizeof(__m512i)]);
  const __m512i low_sizes = sizes_from(0);
  const __m512i high_sizes = sizes_from(kRows);
  const __m512i places = _mm512_set1_epi64(0x0706'0504'0302'0100);
  size_t end = begin;
  for (uint32_t row = 0; row < rows; row += kRows) {
    const auto used =
        static_cast<__mmask8>(_bzhi_u32(0xFF, std::min(rows - row, kRows)));
    const __m512i slot = _mm512_maskz_loadu_epi64(used, slots + row);
    const __m512i texts =
        _mm512_permutex2var_epi64(low_texts, slot, high_texts);
    const __m512i sizes =
        _mm512_permutex2var_epi64(low_sizes, slot, high_sizes);
    const uint64_t kept = _mm512_cmplt_epu8_mask(places, sizes);
    _mm512_storeu_si512(data + end, _mm512_maskz_compress_epi8(kept, texts));
    const __m256i ends_here =
        SumsOf(_mm512_cvtepi64_epi32(_mm512_srli_epi64(sizes, 56)));
    _mm256_mask_storeu_epi32(
        ends + row * sizeof(int32_t), used,
        _mm256_add_epi32(ends_here, _mm256_set1_epi32(static_cast<int>(end))));
    end += static_cast<size_t>(std::popcount(kept));
  }
  return end;
}

#endif

size_t SlotTexts::Write(const uint64_t* slots, uint32_t rows, char* data,
                        size_t begin, char* ends) const {
  switch (slot_bytes_) {
    case kLaneBytes:
#if defined(__x86_64__)
      if (sizes_.size() == kLaneSlots && UsedCpuLevel() == CpuLevel::kAvx512) {
        return WriteLanes(slots, rows, data, begin, ends);
      }
#endif
      return WriteCopies<kLaneBytes>(slots, rows, data, begin, ends);
    case 2 * kLaneBytes:
      return WriteCopies<2 * kLaneBytes>(slots, rows, data, begin, ends);
    default:
      return WriteCopies<4 * kLaneBytes>(slots, rows, data, begin, ends);
  }
}

}  // namespace sluice::desensitize
