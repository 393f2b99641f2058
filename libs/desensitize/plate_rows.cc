#include "libs/desensitize/plate_rows.h"

#include <array>
#include <bit>
#include <cstdint>

#include "libs/base/cpu_level.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/form_windows.h"
#include "libs/desensitize/plate_blocks.h"
#include "libs/desensitize/utf8.h"
#include "libs/identifiers/licence_plate.h"

namespace sluice::desensitize {

std::optional<KeptEnds> KeptOfPlate(absl::string_view text) {
  if (!identifiers::IsLicencePlate(text)) return std::nullopt;
  const char* const end = text.data() + text.size();
  const char* const tail = SkipCharactersBack(text.data(), end, 2);
  return KeptEnds{identifiers::kPlateHeadBytes,
                  static_cast<size_t>(end - tail)};
}

}  // namespace sluice::desensitize

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

constexpr size_t kHanBytes = 3;

// Where a byte is looked up by its lower six bits, in one instruction for all
// of a vector.
struct alignas(kFormVectorBytes) ByteTable {
  std::array<uint8_t, kFormVectorBytes> of = {};
};

constexpr uint8_t ByteAt(absl::string_view text, size_t at) {
  return static_cast<uint8_t>(text[at]);
}

// The Han characters of plates. Each has a place of its own: the lower six bits
// of the sum of its first byte, its last, and a shift that hangs on the one
// between. A character is one of them if its first two bytes are those of its
// place: then its last can be no other, in valid UTF-8. The highest bit of the
// sum says whether it may end a plate; else it is a province.
class HanPlaces {
 public:
  constexpr HanPlaces() {
    lead.of.fill(kNowhere);
    middle.of.fill(kNowhere);
    // In this order all find a place.
    for (uint8_t byte = 0xBF; byte >= 0x80; --byte) {
      uint8_t& by = shift.of[byte % kFormVectorBytes];
      while (by < 0xFF && !FindPlaces(byte)) ++by;
    }
    Fill(kProvinces);
    Fill(kLasts);
  }

  // Whether each has found one.
  constexpr bool AreAll() const {
    return static_cast<size_t>(std::popcount(taken_)) * kHanBytes ==
           kProvinces.size() + kLasts.size();
  }

  ByteTable shift;
  ByteTable lead;
  ByteTable middle;

 private:
  static constexpr absl::string_view kProvinces =
      identifiers::kPlateProvinceCharacters;
  static constexpr absl::string_view kLasts = identifiers::kPlateLastCharacters;
  // In no UTF-8.
  static constexpr uint8_t kNowhere = 0xFF;

  // Whether there is room for all that have `middle_byte`, which then is
  // theirs.
  constexpr bool FindPlaces(uint8_t middle_byte) {
    uint64_t taken = taken_;
    if (!Take(kProvinces, false, middle_byte, &taken) ||
        !Take(kLasts, true, middle_byte, &taken)) {
      return false;
    }
    taken_ = taken;
    return true;
  }
  constexpr bool Take(absl::string_view characters, bool are_lasts,
                      uint8_t middle_byte, uint64_t* taken) const {
    for (size_t i = 0; i < characters.size(); i += kHanBytes) {
      if (ByteAt(characters, i + 1) != middle_byte) continue;
      const uint8_t sum = SumOf(characters, i);
      const uint64_t place = uint64_t{1} << sum % kFormVectorBytes;
      if ((*taken & place) != 0 || (sum >= 0x80) != are_lasts) return false;
      *taken |= place;
    }
    return true;
  }

  constexpr uint8_t SumOf(absl::string_view characters, size_t at) const {
    const uint8_t by = shift.of[ByteAt(characters, at + 1) % kFormVectorBytes];
    return static_cast<uint8_t>(ByteAt(characters, at) +
                                ByteAt(characters, at + 2) + by);
  }

  constexpr void Fill(absl::string_view characters) {
    for (size_t i = 0; i < characters.size(); i += kHanBytes) {
      const size_t place = SumOf(characters, i) % kFormVectorBytes;
      lead.of[place] = ByteAt(characters, i);
      middle.of[place] = ByteAt(characters, i + 1);
    }
  }

  // A bit for each place.
  uint64_t taken_ = 0;
};
constexpr HanPlaces kHanPlaces;
static_assert(kHanPlaces.AreAll());

// Digits and letters but I and O, each in its place.
constexpr ByteTable PlainCharacters() {
  ByteTable table;
  // What is in no place is not what would be looked up there.
  table.of.fill(0xFF);
  for (const char c : absl::string_view("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")) {
    const auto byte = static_cast<uint8_t>(c);
    table.of[byte % kFormVectorBytes] = byte;
  }
  return table;
}
constexpr ByteTable kPlainCharacters = PlainCharacters();

// Where in a vector the byte `distance` behind each is.
constexpr ByteTable PlacesBehind(size_t distance) {
  ByteTable table;
  for (size_t i = 0; i < kFormVectorBytes; ++i) {
    table.of[i] = static_cast<uint8_t>((i + distance) % kFormVectorBytes);
  }
  return table;
}
template <size_t kDistance>
constexpr ByteTable kPlacesBehind = PlacesBehind(kDistance);

SLUICE_AVX512 inline __m512i Table(const ByteTable& table) {
  return _mm512_load_si512(table.of.data());
}

struct PlateForm {
  static constexpr uint32_t kWindowRowsMax = 6;

  struct Signs {
    // First bytes of what may begin a plate, or be the last of one.
    BatchBits han;
    // Some bytes, the first ones of what may be the last of one among them.
    BatchBits last;
    BatchBits letters;
    BatchBits plain;
  };

  SLUICE_AVX512 static inline void Look(const char* text, uint32_t i,
                                        Signs* signs) {
    const __m512i first = _mm512_loadu_si512(text);
    // Not loaded from where they are: each load would touch two cache lines.
    // The last ones are not those that follow, but no character of a window
    // begins there.
    const __m512i second =
        _mm512_permutexvar_epi8(Table(kPlacesBehind<1>), first);
    const __m512i third =
        _mm512_permutexvar_epi8(Table(kPlacesBehind<2>), first);
    const __m512i place = _mm512_add_epi8(
        _mm512_add_epi8(first, third),
        _mm512_permutexvar_epi8(second, Table(kHanPlaces.shift)));
    const __m512i lead = _mm512_permutexvar_epi8(place, Table(kHanPlaces.lead));
    const __m512i middle =
        _mm512_permutexvar_epi8(place, Table(kHanPlaces.middle));
    const __m512i difference = _mm512_or_si512(
        _mm512_xor_si512(first, lead), _mm512_xor_si512(second, middle));
    signs->han.of[i] = _mm512_testn_epi8_mask(difference, difference);
    signs->last.of[i] = _mm512_movepi8_mask(place);
    signs->letters.of[i] = _mm512_cmplt_epu8_mask(
        _mm512_sub_epi8(first, _mm512_set1_epi8('A')), _mm512_set1_epi8(26));
    signs->plain.of[i] = _mm512_cmpeq_epi8_mask(
        first, _mm512_permutexvar_epi8(first, Table(kPlainCharacters)));
  }

  SLUICE_AVX512 static inline WindowVerdict Decide(const Signs& signs,
                                                   uint32_t first,
                                                   BitLanes inside,
                                                   BitLanes starts) {
    const BitLanes begins = starts & inside;
    // Behind each plate.
    const BitLanes ends = starts & (~BitLanes{} - 1);
    const BitLanes han = LanesOf(signs.han, first) & inside;
    const BitLanes lasts = han & LanesOf(signs.last, first);
    const BitLanes provinces = han & ~lasts;
    const BitLanes plain = LanesOf(signs.plain, first);
    const BitLanes letters = begins << kHanBytes;
    // 16 x - x are four bits from x on.
    const BitLanes heads = letters + letters - begins;
    const BitLanes behind_lasts = lasts << kHanBytes;
    const BitLanes last_bytes = behind_lasts - lasts;
    // The same as if each last character were of one byte.
    const BitLanes short_ends = (ends & ~behind_lasts) | (lasts + lasts);
    // Five or six characters behind the head of four bytes. No plate can be
    // shorter for that the one before it is as long as it should be: their
    // heads would overlap.
    const BitLanes fifth = begins << 9;
    const BitLanes good_ends = fifth | (fifth + fifth);
    const BitLanes rest = inside & ~heads;
    const BitLanes wrong = (begins ^ provinces) |
                           (letters & ~LanesOf(signs.letters, first)) |
                           (rest & ~(plain | last_bytes)) |
                           (short_ends & ~good_ends) | (behind_lasts & ~ends);
    // All but the last two characters.
    const BitLanes kept = short_ends >> 2;
    return {rest & plain & ~(kept | (kept + kept)), wrong};
  }

  // None is.
  static char* MaskLong(absl::string_view /*text*/, char /*symbol*/,
                        char* /*out*/) {
    return nullptr;
  }
};

}  // namespace

std::optional<Treated> MaskPlateRows(const records::Column& column,
                                     char symbol) {
  switch (UsedCpuLevel()) {
    case CpuLevel::kAvx512:
      return MaskInWindows<PlateForm>(column, symbol);
    case CpuLevel::kAvx2:
      return MaskPlateBlocks(column, symbol);
    case CpuLevel::kPortable:
      break;
  }
  return std::nullopt;
}

}  // namespace sluice::desensitize

#else

namespace sluice::desensitize {

std::optional<Treated> MaskPlateRows(const records::Column& /*column*/,
                                     char /*symbol*/) {
  return std::nullopt;
}

}  // namespace sluice::desensitize

#endif
