#include "libs/desensitize/plate_blocks.h"

#if defined(__x86_64__)

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/form_blocks.h"
#include "libs/identifiers/licence_plate.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kHanBytes = 3;

// Of those that are one, all but the last set are letters, and all but the
// first may stand behind the authority.
constexpr uint8_t kUnusedToO = 1;
constexpr uint8_t kUsedToO = 2;
constexpr uint8_t kFromP = 4;
constexpr uint8_t kDigits = 0x80;
constexpr uint8_t kPlainMin = kUsedToO;

constexpr HalfClasses MakePlateClasses() {
  HalfClasses classes = {};
  classes.of_high[3] = kDigits;
  classes.of_high[4] = kUsedToO | kUnusedToO;
  classes.of_high[5] = kFromP;
  const auto add = [&classes](uint8_t set, absl::string_view characters) {
    for (const char c : characters) {
      classes.of_low[static_cast<uint8_t>(c) % 16] |= set;
    }
  };
  add(kDigits, "0123456789");
  add(kUsedToO, "ABCDEFGHJKLMN");
  add(kUnusedToO, "IO");
  add(kFromP, "PQRSTUVWXYZ");
  return classes;
}
constexpr HalfClasses kPlateClasses = MakePlateClasses();

// A character's three bytes.
constexpr uint32_t HanOf(const char* bytes) {
  const auto byte = [bytes](size_t i) {
    return uint32_t{static_cast<uint8_t>(bytes[i])} << 8 * i;
  };
  return byte(0) | byte(1) | byte(2);
}

constexpr size_t kLastCount =
    identifiers::kPlateLastCharacters.size() / kHanBytes;
constexpr std::array<uint32_t, kLastCount> MakeLasts() {
  std::array<uint32_t, kLastCount> lasts = {};
  for (size_t i = 0; i < kLastCount; ++i) {
    lasts[i] = HanOf(identifiers::kPlateLastCharacters.data() + i * kHanBytes);
  }
  return lasts;
}

// Whether it is one of those that may end a plate.
bool IsLast(const char* character) {
  constexpr std::array<uint32_t, kLastCount> kLasts = MakeLasts();
  const uint32_t han = HanOf(character);
  bool is_one = false;
  for (const uint32_t last : kLasts) is_one |= han == last;
  return is_one;
}

class PlateForm {
 public:
  static constexpr size_t kHeadBytes = sizeof(uint32_t);
  static uint32_t WrongHead(const char* text) {
    return identifiers::kPlateProvinces.DifferenceOf(
        LoadLittle<uint32_t>(text));
  }

  static bool Has(absl::string_view text) {
    return identifiers::IsLicencePlate(text);
  }

  SLUICE_AVX2 void Look(const char* text, const BatchBits& starts,
                        uint32_t word) {
    const ByteBlock classes = ClassesOf(LoadBlock(text), kPlateClasses);
    const __m256i none = _mm256_setzero_si256();
    letters_.of[word] = HighBits({_mm256_cmpgt_epi8(classes.low, none),
                                  _mm256_cmpgt_epi8(classes.high, none)});
    const uint64_t plain = BitsFrom(kPlainMin, classes);
    plain_.of[word] = plain;
    twos_.of[word] = starts.of[word] | starts.Before(word, 1);
    const uint64_t heads = twos_.of[word] | twos_.Before(word, 2);
    heads_.of[word] = heads;
    const uint64_t odd = ~(plain | heads);
    lasts_.of[word] = odd == 0 ? 0 : LastsAmong(text, odd);
  }

  SLUICE_AVX2 uint64_t Decide(uint32_t count, FormVerdict* verdict) {
    const uint64_t wrong = Judge(count, verdict);
    twos_.of[0] = twos_.of[count];
    heads_.of[0] = heads_.of[count];
    lasts_.of[0] = lasts_.of[count];
    return wrong;
  }

 private:
  // First bytes of what may be the last character of a plate.
  static uint64_t LastsAmong(const char* text, uint64_t bytes) {
    uint64_t lasts = 0;
    for (; bytes != 0; bytes &= bytes - 1) {
      const char* const at = text + std::countr_zero(bytes);
      // Three bytes are there in UTF-8.
      const bool is_first = static_cast<uint8_t>(*at) >= 0xE0;
      if (is_first && IsLast(at)) lasts |= bytes & -bytes;
    }
    return lasts;
  }

  SLUICE_AVX2 uint64_t Judge(uint32_t count, FormVerdict* verdict) const {
    const BatchBits& all = verdict->starts;
    uint64_t any = 0;
    for (uint32_t i = 1; i <= count; ++i) {
      const uint64_t starts = all.of[i];
      const uint64_t heads = heads_.of[i];
      // The four bytes behind each head. A plate is of nine or ten bytes, or
      // of two more with a last character of three. The first one of the
      // column has none before it, for which it is looked at again.
      const uint64_t fours = heads_.Before(i, 4);
      const uint64_t too_near = fours | all.Before(i, 8);
      const uint64_t plain_ends = twos_.Before(i, 9);
      const uint64_t last_ends = twos_.Before(i, 11);
      const uint64_t behind_last = lasts_.Before(i, kHanBytes);
      const uint64_t bad_ends = too_near |
                                (behind_last & (plain_ends | ~last_ends)) |
                                (~behind_last & ~plain_ends);
      const uint64_t last_bytes =
          lasts_.of[i] | lasts_.Before(i, 1) | lasts_.Before(i, 2);
      const uint64_t wrong = (all.Before(i, 3) & ~letters_.of[i]) |
                             ~(plain_.of[i] | heads | last_bytes) |
                             (starts & bad_ends) | (behind_last & ~starts);
      verdict->wrong.of[i] = wrong;
      any |= wrong;
      // All but the last two characters. A text that is too short would hide
      // some of the next head.
      verdict->hidden.of[i] =
          fours & ~heads & ~all.Behind(i, 2) & ~lasts_.Behind(i, 1);
    }
    return any;
  }

  // The first two bytes of each text, and the four of its head: the province
  // and the authority.
  BatchBits twos_;
  BatchBits heads_;
  BatchBits letters_;
  BatchBits plain_;
  BatchBits lasts_;
};

}  // namespace

SLUICE_AVX2 Treated MaskPlateBlocks(const records::Column& column,
                                    char symbol) {
  return MaskInBlocks<PlateForm>(column, symbol);
}

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)
