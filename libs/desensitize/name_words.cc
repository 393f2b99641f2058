#include "libs/desensitize/name_words.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/compound_surnames.h"

namespace sluice::desensitize {

#if defined(__x86_64__)

namespace {

// Bytes of each character.
constexpr uint32_t kHanBytes = 3;

constexpr uint32_t kBytesMin = 2 * kHanBytes;
// One character remains, and the symbols behind it are a word.
constexpr uint32_t kBytesMax = 9 * kHanBytes;

constexpr size_t kVectorBytes = 32;
constexpr uint32_t kLanes = kVectorBytes / sizeof(uint32_t);
static_assert(kLanes == kNameWordRows);

// Names of a block. Where not all can be hidden here, a part of them can.
constexpr uint32_t kBlockRows = 64;

SLUICE_AVX2 inline __m256i Load(const void* bytes) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(bytes));
}

SLUICE_AVX2 inline __m256i InAll(uint32_t number) {
  return _mm256_set1_epi32(static_cast<int>(number));
}

struct alignas(kVectorBytes) ByteTable {
  std::array<uint8_t, kVectorBytes> of = {};
};

// Of a vector that begins `at` bytes behind the first of a character.
constexpr ByteTable LeadsOf(uint32_t at) {
  ByteTable table;
  for (uint32_t i = 0; i < kVectorBytes; ++i) {
    table.of[i] = (at + i) % kHanBytes == 0 ? 0xF0 : 0;
  }
  return table;
}
constexpr ByteTable kLeads = LeadsOf(0);
// Of the last vector of whole characters.
constexpr ByteTable kLastLeads = LeadsOf(kHanBytes - kVectorBytes % kHanBytes);

// From a vector to the next one, which begins with a character too.
constexpr ptrdiff_t kStep = kVectorBytes / kHanBytes * kHanBytes;

// A bit for each lane.
constexpr uint32_t kAllFilled = (1u << kLanes) - 1;

// By the names of kLanes that are not empty, a bit each: how many bytes more
// than characters remain of the names up to each.
struct BytesMore {
  std::array<std::array<uint8_t, kLanes>, 1 << kLanes> of = {};

  constexpr BytesMore() {
    for (uint32_t filled = 0; filled < of.size(); ++filled) {
      uint8_t more = 0;
      for (uint32_t i = 0; i < kLanes; ++i) {
        if ((filled >> i & 1) != 0) more += kHanBytes - 1;
        of[filled][i] = more;
      }
    }
  }
};
constexpr BytesMore kBytesMore;

// A bit for each size that a name which is not empty may have.
constexpr uint32_t FindSizes() {
  uint32_t sizes = 0;
  for (uint32_t size = kBytesMin; size <= kBytesMax; size += kHanBytes) {
    sizes |= 1u << size;
  }
  return sizes;
}
constexpr uint32_t kSizes = FindSizes();

// Whether some of the names may be empty.
enum class Filled { kAll, kSome };

// kRows names from one on.
template <uint32_t kRows>
class NameWords {
  static_assert(kRows % kLanes == 0);

 public:
  // Offsets of the output from that of the first name on, which is there.
  NameWords(const records::Column& column, uint32_t row, char* offsets_out)
      : offsets_(column.offsets.data() + row * sizeof(uint32_t)),
        texts_(column.data.data()),
        begin_(LoadLittle<uint32_t>(offsets_)),
        bytes_(LoadLittle<uint32_t>(offsets_ + kRows * sizeof(uint32_t)) -
               begin_),
        offsets_out_(offsets_out) {}

  // HideNamesAsWords of all of them; false, and nothing is done, if they are
  // not such names.
  SLUICE_AVX2 bool Hide(char symbol, char* out_begin, char** out) {
    if (!FindEnds<Filled::kAll>() && !FindEnds<Filled::kSome>()) return false;
    if (!LookAtLeads()) return false;
    WriteTexts(symbol, out_begin);
    *out = out_begin +
           LoadLittle<uint32_t>(offsets_out_ + kRows * sizeof(uint32_t));
    return true;
  }

 private:
  // Where they end if there is no compound surname: a byte for each character
  // and two more for each name. False if a name has another size.
  template <Filled kFilled>
  SLUICE_AVX2 bool FindEnds() {
    // Times this is a third of what is a multiple of three.
    constexpr uint32_t kThird = 0xAAAAAAABu;
    const char* const offsets = offsets_;
    char* const ends_out = offsets_out_ + sizeof(uint32_t);
    const __m256i sizes_allowed =
        InAll(kFilled == Filled::kAll ? kSizes : kSizes | 1);
    __m256i behind =
        InAll(LoadLittle<uint32_t>(offsets_out_) - begin_ * kThird);
    __m256i right = InAll(1);
#pragma GCC unroll 2
    for (uint32_t i = 0; i < kRows; i += kLanes) {
      const char* const at = offsets + i * sizeof(uint32_t);
      const __m256i ends = Load(at + sizeof(uint32_t));
      const __m256i sizes = _mm256_sub_epi32(ends, Load(at));
      // There are no bits from 32 on.
      right = _mm256_and_si256(right, _mm256_srlv_epi32(sizes_allowed, sizes));
      uint32_t filled = kAllFilled;
      if constexpr (kFilled == Filled::kSome) {
        const __m256i empty = _mm256_cmpeq_epi32(sizes, _mm256_setzero_si256());
        filled ^= static_cast<uint32_t>(
            _mm256_movemask_ps(_mm256_castsi256_ps(empty)));
      }
      const auto& more = kBytesMore.of[filled];
      const __m256i thirds = _mm256_mullo_epi32(ends, InAll(kThird));
      const __m256i ramp = _mm256_cvtepu8_epi32(
          _mm_loadl_epi64(reinterpret_cast<const __m128i*>(more.data())));
      _mm256_storeu_si256(
          reinterpret_cast<__m256i*>(ends_out + i * sizeof(uint32_t)),
          _mm256_add_epi32(_mm256_add_epi32(thirds, ramp), behind));
      behind = _mm256_add_epi32(behind, InAll(more.back()));
    }
    const __m256i lowest = _mm256_slli_epi32(right, 31);
    return static_cast<uint32_t>(
               _mm256_movemask_ps(_mm256_castsi256_ps(lowest))) == kAllFilled;
  }

  // Whether all characters have three bytes. All are where they should be if
  // those before them have, since texts are of whole characters.
  SLUICE_AVX2 bool LookAtLeads() const {
    if (bytes_ < kVectorBytes) return false;
    const char* text = texts_ + begin_;
    const char* const last = text + bytes_ - kVectorBytes;
    const __m256i lead = _mm256_set1_epi8(static_cast<char>(0xE0));
    const __m256i wrong_at_last = _mm256_and_si256(
        _mm256_xor_si256(Load(last), lead), Load(kLastLeads.of.data()));
    __m256i differ = _mm256_setzero_si256();
    for (; last - text >= 3 * kStep; text += 4 * kStep) {
#pragma GCC unroll 4
      for (ptrdiff_t i = 0; i < 4; ++i) {
        differ = _mm256_or_si256(
            differ, _mm256_xor_si256(Load(text + i * kStep), lead));
      }
    }
    for (; text <= last; text += kStep) {
      differ = _mm256_or_si256(differ, _mm256_xor_si256(Load(text), lead));
    }
    const __m256i wrong = _mm256_or_si256(
        wrong_at_last, _mm256_and_si256(differ, Load(kLeads.of.data())));
    return _mm256_testz_si256(wrong, wrong) != 0;
  }

  SLUICE_AVX2 void WriteTexts(char symbol, char* out) {
    constexpr uint64_t kEach = 0x0101010101010101;
    const uint64_t symbols = kEach * static_cast<uint8_t>(symbol);
    // What is written might be these members, for all that is known of it.
    const char* offsets = offsets_;
    char* offsets_out = offsets_out_;
    const char* const texts = texts_;
    for (uint32_t left = kRows; left > 0; left -= kLanes) {
      bool may_be_compound = false;
#pragma GCC unroll 8
      for (uint32_t i = 0; i < kLanes; ++i) {
        const size_t at = i * sizeof(uint32_t);
        const size_t begin = LoadLittle<uint32_t>(offsets + at);
        const size_t place = LoadLittle<uint32_t>(offsets_out + at);
        std::memcpy(out + place, texts + begin, sizeof(uint32_t));
        StoreLittle(symbols, out + place + kHanBytes);
        may_be_compound |= kCompoundSurnameFilter.Passes(
            LoadLittle<uint32_t>(texts + begin + CompoundSurnameFilter::kAt));
      }
      if (may_be_compound) [[unlikely]] {
        KeepCompounds(left, symbols, offsets, texts, offsets_out, out);
      }
      offsets += kVectorBytes;
      offsets_out += kVectorBytes;
    }
  }

  // Writes the first kLanes of the `left` names at `offsets` again, where some
  // may keep a compound surname, and moves the ends of those behind.
  SLUICE_APART SLUICE_AVX2 static void KeepCompounds(
      uint32_t left, uint64_t symbols, const char* offsets, const char* texts,
      char* offsets_out, char* out) {
    uint32_t more = 0;
    for (uint32_t i = 0; i < kLanes; ++i) {
      const size_t at = i * sizeof(uint32_t);
      const auto begin = LoadLittle<uint32_t>(offsets + at);
      const auto end = LoadLittle<uint32_t>(offsets + at + sizeof(uint32_t));
      char* const place = out + LoadLittle<uint32_t>(offsets_out + at);
      // A surname alone is not one, nor is it an empty name's if another name
      // follows.
      const bool is_compound = end - begin > kCompoundSurnameBytes &&
                               IsCompoundSurname(texts + begin);
      const uint32_t kept = is_compound ? kCompoundSurnameBytes : kHanBytes;
      std::memcpy(place, texts + begin, sizeof(uint64_t));
      StoreLittle(symbols, place + kept);
      more += kept - kHanBytes == 0 ? 0 : kHanBytes - 1;
      char* const end_out = offsets_out + at + sizeof(uint32_t);
      StoreLittle(LoadLittle<uint32_t>(end_out) + more, end_out);
    }
    if (more == 0) return;
    for (uint32_t i = kLanes; i < left; i += kLanes) {
      char* const at = offsets_out + (i + size_t{1}) * sizeof(uint32_t);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(at),
                          _mm256_add_epi32(Load(at), InAll(more)));
    }
  }

  const char* const offsets_;
  const char* const texts_;
  const uint32_t begin_;
  const uint32_t bytes_;
  char* const offsets_out_;
};

}  // namespace

uint32_t HideNamesAsWords(const records::Column& column, uint32_t row,
                          uint32_t until, char symbol, char* out_begin,
                          char** out, char* offsets_out) {
  assert(UsedCpuLevel() != CpuLevel::kPortable);
  while (row < until && until - row >= kNameWordRows) {
    char* const offsets = offsets_out + row * sizeof(uint32_t);
    if (until - row >= kBlockRows && NameWords<kBlockRows>(column, row, offsets)
                                         .Hide(symbol, out_begin, out)) {
      row += kBlockRows;
      continue;
    }
    for (const uint32_t behind = std::min(until, row + kBlockRows);
         behind - row >= kNameWordRows; row += kNameWordRows) {
      if (!NameWords<kNameWordRows>(column, row,
                                    offsets_out + row * sizeof(uint32_t))
               .Hide(symbol, out_begin, out)) {
        return row;
      }
    }
  }
  return row;
}

#else

uint32_t HideNamesAsWords(const records::Column&, uint32_t row, uint32_t, char,
                          char*, char**, char*) {
  return row;
}

#endif

}  // namespace sluice::desensitize
