#include "libs/desensitize/name_blocks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/compound_surnames.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

constexpr uint32_t kHanBytes = 3;
// Characters that are looked at together, a bit each: those of three vectors.
constexpr uint32_t kGroup = 64;
constexpr size_t kVectorBytes = 64;
constexpr size_t kGroupBytes = kGroup * kHanBytes;
// Of a block: four characters a name, on average.
constexpr uint32_t kGroupsMax = 4 * kNameBlockRows / kGroup;
constexpr uint32_t kCharactersMax = kGroupsMax * kGroup;
// Offsets of a vector.
constexpr uint32_t kOffsetLanes = kVectorBytes / sizeof(uint32_t);
static_assert(kNameBlockRows % kOffsetLanes == 0);

// Asked for while a block is looked at: what the next one reads.
constexpr size_t kOffsetBytesAhead = kNameBlockRows * sizeof(uint32_t);
constexpr size_t kTextBytesAhead = size_t{8} * kNameBlockRows;

struct alignas(kVectorBytes) ByteTable {
  std::array<uint8_t, kVectorBytes> of = {};
};

SLUICE_AVX512 inline __m512i Load(const void* bytes) {
  return _mm512_loadu_si512(bytes);
}

// Where byte `byte` of each character of a group is. Permutations of two
// vectors heed the lowest seven bits, those of one the lowest six.
constexpr ByteTable PlacesOf(uint32_t byte) {
  ByteTable table;
  for (uint32_t i = 0; i < kGroup; ++i) {
    table.of[i] = static_cast<uint8_t>(i * kHanBytes + byte);
  }
  return table;
}
template <uint32_t kByte>
constexpr ByteTable kPlacesOf = PlacesOf(kByte);

// The characters of which that byte is in the third vector.
template <uint32_t kByte>
constexpr uint64_t kInThird =
    ~uint64_t{0} << (2 * kVectorBytes - kByte + kHanBytes - 1) / kHanBytes;

constexpr ByteTable PlacesBefore() {
  ByteTable table;
  for (uint32_t i = 0; i < kGroup; ++i) {
    table.of[i] = static_cast<uint8_t>((i + kGroup - 1) % kGroup);
  }
  return table;
}
constexpr ByteTable kPlacesBefore = PlacesBefore();

// The bytes of a group.
struct Group {
  __m512i first;
  __m512i second;
  __m512i third;
};

SLUICE_AVX512 inline Group LoadGroup(const char* text) {
  return {Load(text), Load(text + kVectorBytes), Load(text + 2 * kVectorBytes)};
}

// Byte kByte of each character.
template <uint32_t kByte>
SLUICE_AVX512 inline __m512i BytesOf(const Group& group) {
  const __m512i places = Load(kPlacesOf<kByte>.of.data());
  return _mm512_mask_permutexvar_epi8(
      _mm512_permutex2var_epi8(group.first, places, group.second),
      kInThird<kByte>, places, group.third);
}

// The highest four bits of each first byte of a character that is in vector
// `vector` of a group.
constexpr ByteTable LeadsOf(uint32_t vector) {
  ByteTable table;
  for (uint32_t i = 0; i < kVectorBytes; ++i) {
    table.of[i] = (vector * kVectorBytes + i) % kHanBytes == 0 ? 0xF0 : 0;
  }
  return table;
}
template <uint32_t kVector>
constexpr ByteTable kLeadsOf = LeadsOf(kVector);

template <uint32_t kVector>
SLUICE_AVX512 inline __m512i WrongLeads(__m512i bytes) {
  constexpr int kDifferenceThere = 0x28;
  return _mm512_ternarylogic_epi32(
      bytes, _mm512_set1_epi8(static_cast<char>(0xE0)),
      Load(kLeadsOf<kVector>.of.data()), kDifferenceThere);
}

// What is not 0 at the first byte of a character that has not three bytes. All
// are where they should be if all before have three, since texts are of whole
// characters.
SLUICE_AVX512 inline Group WrongLeadsOf(const Group& group) {
  return {WrongLeads<0>(group.first), WrongLeads<1>(group.second),
          WrongLeads<2>(group.third)};
}

// Which of CompoundSurnameSieve's groups each of `bytes` may be in.
template <size_t kAt>
SLUICE_AVX512 inline __m512i Sieved(__m512i bytes) {
  return _mm512_permutexvar_epi8(
      bytes, Load(kCompoundSurnameSieve.groups[kAt].data()));
}

class NameBlock {
 public:
  NameBlock(const records::Column& column, uint32_t row)
      : offsets_(column.offsets.data() + row * sizeof(uint32_t)),
        begin_(LoadLittle<uint32_t>(offsets_)),
        bytes_(
            LoadLittle<uint32_t>(offsets_ + kNameBlockRows * sizeof(uint32_t)) -
            begin_),
        text_(column.data.data() + begin_),
        characters_(bytes_ / kHanBytes),
        groups_((characters_ + kGroup - 1) / kGroup),
        is_last_(begin_ + groups_ * kGroupBytes > column.data.size()) {}

  // Whether the names are such as are treated here.
  SLUICE_AVX512 bool Look() {
    if (characters_ > kCharactersMax || !CountCharacters()) return false;
    if (is_last_) {
      const size_t at = (groups_ - 1) * kGroupBytes;
      std::memcpy(last_.data(), text_ + at, bytes_ - at);
    }
    FindFirsts();
    return LookAtGroups();
  }

  // Writes them where `size` bytes are written already; returns the end.
  SLUICE_AVX512 char* Write(char symbol, char* out, uint32_t size,
                            char* ends_out) const {
    WriteOffsets(size, ends_out);
    return WriteTexts(symbol, out);
  }

 private:
  const char* TextOf(uint32_t group) const {
    return is_last_ && group + 1 == groups_ ? last_.data()
                                            : text_ + group * kGroupBytes;
  }

  // False if a name is not of two characters or more, as far as its size says.
  SLUICE_APART SLUICE_AVX512 bool CountCharacters() {
    // Times this is a third of what is a multiple of three, and a large number
    // of all else.
    const __m512i third = _mm512_set1_epi32(static_cast<int>(0xAAAAAAABu));
    const __m512i begin = _mm512_set1_epi32(static_cast<int>(begin_));
    const __m512i most = _mm512_set1_epi32(kCharactersMax);
    const __m512i least = _mm512_set1_epi32(2 * kHanBytes);
    places_[0] = 0;
    for (uint32_t i = 0; i < kNameBlockRows; i += kOffsetLanes) {
      _mm_prefetch(offsets_ + i * sizeof(uint32_t) + kOffsetBytesAhead,
                   _MM_HINT_T0);
      const __m512i begins = Load(offsets_ + i * sizeof(uint32_t));
      const __m512i ends = Load(offsets_ + (i + size_t{1}) * sizeof(uint32_t));
      const __m512i places =
          _mm512_mullo_epi32(third, _mm512_sub_epi32(ends, begin));
      _mm512_storeu_si512(&places_[i + 1], places);
      const uint32_t wrong =
          _mm512_cmpgt_epu32_mask(places, most) |
          _mm512_cmplt_epu32_mask(_mm512_sub_epi32(ends, begins), least);
      if (wrong != 0) return false;
    }
    return true;
  }

  // Marks the first character of each name, and what is behind the last.
  SLUICE_APART SLUICE_AVX512 void FindFirsts() {
    for (uint32_t i = 0; i < groups_; ++i) {
      _mm512_storeu_si512(&firsts_[i * kGroup], _mm512_setzero_si512());
    }
#pragma GCC unroll 8
    for (uint32_t i = 0; i <= kNameBlockRows; ++i) firsts_[places_[i]] = 0xFF;
  }

  // Says what stays. False if a character has not three bytes.
  SLUICE_APART SLUICE_AVX512 bool LookAtGroups() {
    const uint32_t whole = characters_ / kGroup;
    Carry carry = {_mm512_setzero_si512(), 0};
    for (uint32_t i = 0; i < whole; ++i) {
      const char* const text = TextOf(i);
      const Group group = LoadGroup(text);
      for (size_t j = 0; j < kGroupBytes; j += kVectorBytes) {
        _mm_prefetch(text + j + kTextBytesAhead, _MM_HINT_T0);
      }
      const Group leads = WrongLeadsOf(group);
      const __m512i wrong = _mm512_or_si512(
          leads.first, _mm512_or_si512(leads.second, leads.third));
      if (_mm512_test_epi8_mask(wrong, wrong) != 0) return false;
      LookAtGroup(group, i, ~uint64_t{0}, &carry);
    }
    if (whole < groups_) {
      const Group group = LoadGroup(TextOf(whole));
      const uint64_t inside = _bzhi_u64(~uint64_t{0}, characters_ % kGroup);
      const __m512i wrong = BytesOf<0>(WrongLeadsOf(group));
      if (_mm512_mask_test_epi8_mask(inside, wrong, wrong) != 0) return false;
      LookAtGroup(group, whole, inside, &carry);
    }
    return true;
  }

  // What of the groups before a group matters to it.
  struct Carry {
    // What the character before each says of a compound surname; that before
    // the first is of interest.
    __m512i predecessors;
    uint64_t firsts;
  };

  // Of `group`, the i-th, the characters at the bits of `inside`.
  SLUICE_AVX512 void LookAtGroup(const Group& group, uint32_t i,
                                 uint64_t inside, Carry* carry) {
    static_assert(CompoundSurnameSieve::kAt ==
                  std::array<size_t, 4>{1, 2, 4, 5});
    const __m512i seconds = BytesOf<1>(group);
    const __m512i thirds = BytesOf<2>(group);
    const uint64_t firsts =
        _mm512_movepi8_mask(Load(&firsts_[i * kGroup])) & inside;
    kept_[i] = firsts;
    const __m512i predecessors = _mm512_permutexvar_epi8(
        Load(kPlacesBefore.of.data()),
        _mm512_and_si512(Sieved<0>(seconds), Sieved<1>(thirds)));
    const uint64_t maybe = _mm512_test_epi8_mask(
        _mm512_mask_mov_epi8(predecessors, 1, carry->predecessors),
        _mm512_and_si512(Sieved<2>(seconds), Sieved<3>(thirds)));
    const uint64_t compounds =
        maybe & (firsts << 1 | carry->firsts >> 63) & inside;
    *carry = {predecessors, firsts};
    if (compounds != 0) KeepCompounds(i * kGroup, compounds);
  }

  // Of names whose second characters are at the bits of `maybe`, from character
  // `at` on.
  SLUICE_APART void KeepCompounds(uint32_t at, uint64_t maybe) {
    for (; maybe != 0; maybe &= maybe - 1) {
      const uint32_t place =
          at + static_cast<uint32_t>(std::countr_zero(maybe));
      // The name ends with it.
      if (firsts_[place + size_t{1}] != 0) continue;
      if (!IsCompoundSurname(text_ + (place - size_t{1}) * kHanBytes)) continue;
      kept_[place / kGroup] |= uint64_t{1} << place % kGroup;
      compounds_[compound_count_++] = place;
    }
  }

  // Each name ends behind a byte for each character, and two more for each that
  // stays.
  SLUICE_APART SLUICE_AVX512 void WriteOffsets(uint32_t size,
                                               char* ends_out) const {
    const __m512i step = _mm512_set1_epi32(2 * kOffsetLanes);
    __m512i more =
        _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(size)),
                         _mm512_set_epi32(32, 30, 28, 26, 24, 22, 20, 18, 16,
                                          14, 12, 10, 8, 6, 4, 2));
    const __m512i two = _mm512_set1_epi32(2);
    uint32_t behind = 0;
    for (uint32_t i = 0; i < kNameBlockRows; i += kOffsetLanes) {
      const __m512i places = Load(&places_[i + 1]);
      __m512i ends = _mm512_add_epi32(places, more);
      for (; behind < compound_count_ &&
             compounds_[behind] < places_[i + kOffsetLanes];
           ++behind) {
        const __mmask16 later = _mm512_cmpgt_epu32_mask(
            places, _mm512_set1_epi32(static_cast<int>(compounds_[behind])));
        ends = _mm512_mask_add_epi32(ends, later, ends, two);
        more = _mm512_add_epi32(more, two);
      }
      _mm512_storeu_si512(ends_out + i * sizeof(uint32_t), ends);
      more = _mm512_add_epi32(more, step);
    }
  }

  // Writes those bytes of a vector that stay, and a symbol for each other
  // character that begins at `leads`.
  SLUICE_AVX512 static char* WriteVector(__m512i bytes, uint64_t kept,
                                         uint64_t leads, __m512i symbols,
                                         char* out) {
    const uint64_t written = kept | leads;
    _mm512_storeu_si512(
        out, _mm512_maskz_compress_epi8(
                 written, _mm512_mask_blend_epi8(kept, symbols, bytes)));
    return out + std::popcount(written);
  }

  SLUICE_APART SLUICE_AVX512 char* WriteTexts(char symbol, char* out) const {
    // Where characters begin in each vector: 22, 21 and 21 of them.
    constexpr uint64_t kFirst = 0x9249'2492'4924'9249;
    constexpr uint64_t kSecond = 0x4924'9249'2492'4924;
    constexpr uint64_t kThird = 0x2492'4924'9249'2492;
    // Times this a bit is three, of a whole character.
    constexpr uint64_t kWhole = 0b111;
    const __m512i symbols = _mm512_set1_epi8(symbol);
    char* const begin = out;
    uint32_t kept_count = 0;
    for (uint32_t i = 0; i < groups_; ++i) {
      const Group group = LoadGroup(TextOf(i));
      const uint64_t kept = kept_[i];
      kept_count += static_cast<uint32_t>(std::popcount(kept));
      const uint64_t first = _pdep_u64(kept, kFirst);
      const uint64_t second = _pdep_u64(kept >> 22, kSecond);
      const uint64_t third = _pdep_u64(kept >> 43, kThird);
      // Two characters are in two vectors each.
      out = WriteVector(group.first, first * kWhole, kFirst, symbols, out);
      out = WriteVector(group.second, second * kWhole | (first >> 63) * 0b11,
                        kSecond, symbols, out);
      out = WriteVector(group.third, third * kWhole | second >> 62, kThird,
                        symbols, out);
    }
    // Behind the last character there are symbols up to the group's end.
    return begin + characters_ + 2 * size_t{kept_count};
  }

  const char* const offsets_;
  const uint32_t begin_;
  const uint32_t bytes_;
  const char* const text_;
  const uint32_t characters_;
  const uint32_t groups_;
  // The last group ends behind the column.
  const bool is_last_;
  uint32_t compound_count_ = 0;
  // The character where each name begins, and behind the last.
  std::array<uint32_t, kNameBlockRows + 1> places_;
  // For each character and the one behind the last whether it is such.
  alignas(kVectorBytes) std::array<uint8_t, kCharactersMax + kGroup> firsts_;
  // Of each group the characters that stay.
  std::array<uint64_t, kGroupsMax> kept_;
  // The second characters of compound surnames.
  std::array<uint32_t, kNameBlockRows> compounds_;
  // The column's last bytes.
  std::array<char, kGroupBytes> last_;
};

}  // namespace

bool HideNameBlock(const records::Column& column, uint32_t row, char symbol,
                   char* out_begin, char** out, char* offsets_out) {
  assert(UsedCpuLevel() == CpuLevel::kAvx512);
  assert(column.row_count - row >= kNameBlockRows);
  NameBlock block(column, row);
  if (!block.Look()) return false;
  *out = block.Write(symbol, *out, static_cast<uint32_t>(*out - out_begin),
                     offsets_out + (row + size_t{1}) * sizeof(uint32_t));
  return true;
}

}  // namespace sluice::desensitize

#else

namespace sluice::desensitize {

bool HideNameBlock(const records::Column&, uint32_t, char, char*, char**,
                   char*) {
  return false;
}

}  // namespace sluice::desensitize

#endif
