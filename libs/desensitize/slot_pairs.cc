#include "libs/desensitize/slot_pairs.h"

#include <cassert>
#include <cstring>

#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/prefix_sums_avx2.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kPairBytes = 2 * kPairedTextBytesMax;

}  // namespace

std::vector<char> SlotPairsOf(const std::vector<std::string>& texts) {
  assert(texts.size() < kPairedSlots);
  std::vector<std::string> slots = {""};
  slots.insert(slots.end(), texts.begin(), texts.end());
  std::vector<char> pairs(kPairedSlots * kPairedSlots * kPairBytes);
  for (size_t i = 0; i < slots.size(); ++i) {
    for (size_t j = 0; j < slots.size(); ++j) {
      const std::string both = slots[i] + slots[j];
      assert(both.size() <= kPairBytes);
      both.copy(&pairs[(i + j * kPairedSlots) * kPairBytes], kPairBytes);
    }
  }
  return pairs;
}

#if defined(__x86_64__)

template <size_t kSlotBytes>
SLUICE_AVX2 size_t WriteSlotsByTwo(const SlotTable& all, const SlotRows& of) {
  const auto [texts, sizes] = all;
  const auto [slots, rows, data, begin, ends] = of;
  size_t end = begin;
  const size_t paired = rows / 2 * size_t{2};
  for (size_t row = 0; row < paired; row += 2) {
    const uint64_t first = slots[row];
    const uint64_t second = slots[row + 1];
    std::memcpy(data + end, texts + first * kSlotBytes, kSlotBytes);
    const size_t between = end + sizes[first];
    std::memcpy(data + between, texts + second * kSlotBytes, kSlotBytes);
    end = between + sizes[second];
    StoreLittle(uint64_t{end} << 32 | between, ends + row * sizeof(int32_t));
  }
  if (paired < rows) {
    const uint64_t last = slots[paired];
    std::memcpy(data + end, texts + last * kSlotBytes, kSlotBytes);
    end += sizes[last];
    StoreLittle(static_cast<int32_t>(end), ends + paired * sizeof(int32_t));
  }
  return end;
}

template size_t WriteSlotsByTwo<8>(const SlotTable&, const SlotRows&);
template size_t WriteSlotsByTwo<16>(const SlotTable&, const SlotRows&);
template size_t WriteSlotsByTwo<32>(const SlotTable&, const SlotRows&);

namespace {

SLUICE_AVX2 inline void WritePair(const char* pairs, uint64_t at, char* out) {
  _mm_storeu_si128(
      reinterpret_cast<__m128i*>(out),
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(pairs + at)));
}

}  // namespace

// Eight rows at a time.
SLUICE_AVX2 size_t WriteSlotPairs(const SlotTable& all, const char* pairs,
                                  const SlotRows& of) {
  constexpr uint32_t kRows = 8;
  static_assert(kPairBytes == 16 && kPairedSlots == 16);
  const auto [slots, rows, data, begin, ends] = of;
  const __m256i sizes = _mm256_broadcastsi128_si256(
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(all.sizes)));
  // Slots stand in 32 bits as 0, 4, 1, 5, 2, 6, 3 and 7.
  const __m256i order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
  const __m256i last = _mm256_set1_epi32(kRows - 1);
  size_t end = begin;
  __m256i end_before = _mm256_set1_epi32(static_cast<int>(begin));
  uint32_t row = 0;
  for (; row + kRows <= rows; row += kRows) {
    const auto* const from = reinterpret_cast<const __m256i*>(slots + row);
    const __m256i both =
        _mm256_or_si256(_mm256_loadu_si256(from),
                        _mm256_slli_epi64(_mm256_loadu_si256(from + 1), 32));
    const __m256i sums = PrefixSums(
        _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(sizes, both), order));
    const __m256i ends_here = _mm256_add_epi32(end_before, sums);
    end_before = _mm256_permutevar8x32_epi32(ends_here, last);
    char* const ends_to = ends + row * sizeof(int32_t);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(ends_to), ends_here);
    // Where the pairs of rows 0 and 1, 4 and 5, 2 and 3, 6 and 7 are.
    const __m256i pair = _mm256_slli_epi32(
        _mm256_or_si256(both,
                        _mm256_slli_epi32(_mm256_bsrli_epi128(both, 8), 4)),
        4);
    const auto even =
        static_cast<uint64_t>(_mm_cvtsi128_si64(_mm256_castsi256_si128(pair)));
    const auto odd = static_cast<uint64_t>(
        _mm_cvtsi128_si64(_mm256_extracti128_si256(pair, 1)));
    const auto end_of = [ends_to](size_t i) {
      return LoadLittle<uint32_t>(ends_to + i * sizeof(int32_t));
    };
    WritePair(pairs, even & 0xFFFF'FFFF, data + end);
    WritePair(pairs, odd & 0xFFFF'FFFF, data + end_of(1));
    WritePair(pairs, even >> 32, data + end_of(3));
    WritePair(pairs, odd >> 32, data + end_of(5));
    end = end_of(7);
  }
  return WriteSlotsByTwo<kPairedTextBytesMax>(
      all, {slots + row, rows - row, data, end, ends + row * sizeof(int32_t)});
}

#endif  // defined(__x86_64__)

}  // namespace sluice::desensitize
