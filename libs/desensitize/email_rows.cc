#include "libs/desensitize/email_rows.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/email_blocks.h"
#include "libs/desensitize/form_windows.h"
#include "libs/identifiers/contact.h"

namespace sluice::desensitize {

std::optional<KeptEnds> KeptOfEmail(absl::string_view text) {
  const size_t at = identifiers::FindEmailAt(text);
  if (at == absl::string_view::npos) return std::nullopt;
  return KeptEnds{at > 1 ? size_t{1} : 0, text.size() - at};
}

#if defined(__x86_64__)

namespace {

// What a character may not be part of; in a class beside the highest bit of
// the byte, which no ASCII character has.
constexpr uint8_t kNotLocal = 1;
constexpr uint8_t kNotDomain = 2;
constexpr uint8_t kBeyondAscii = 0x80;

// Of each ASCII character.
struct Classes {
  alignas(kFormVectorBytes) std::array<uint8_t, 128> of = {};

  constexpr Classes() {
    for (size_t c = 0; c < of.size(); ++c) {
      const char character = static_cast<char>(c);
      of[c] = static_cast<uint8_t>(
          (identifiers::IsEmailLocalCharacter(character) ? 0 : kNotLocal) |
          (identifiers::IsEmailDomainCharacter(character) ? 0 : kNotDomain));
    }
  }
};

constexpr Classes kClasses;

struct EmailForm {
  static constexpr uint32_t kWindowRowsMax = 4;

  struct Signs {
    BatchBits at_signs;
    BatchBits dots;
    BatchBits not_local;
    BatchBits not_domain;
  };

  SLUICE_AVX512 static inline void Look(const char* text, uint32_t i,
                                        Signs* signs) {
    const __m512i bytes = _mm512_loadu_si512(text);
    const __m512i class_of = _mm512_or_si512(
        _mm512_and_si512(bytes,
                         _mm512_set1_epi8(static_cast<char>(kBeyondAscii))),
        _mm512_permutex2var_epi8(
            _mm512_load_si512(kClasses.of.data()), bytes,
            _mm512_load_si512(kClasses.of.data() + kFormVectorBytes)));
    signs->at_signs.of[i] =
        _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('@'));
    signs->dots.of[i] = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('.'));
    signs->not_local.of[i] = _mm512_test_epi8_mask(
        class_of,
        _mm512_set1_epi8(static_cast<char>(kNotLocal | kBeyondAscii)));
    signs->not_domain.of[i] = _mm512_test_epi8_mask(
        class_of,
        _mm512_set1_epi8(static_cast<char>(kNotDomain | kBeyondAscii)));
  }

  // Adding and subtracting runs through a part of a text up to what ends it, of
  // all texts at once.
  SLUICE_AVX512 static inline WindowVerdict Decide(const Signs& signs,
                                                   uint32_t first,
                                                   BitLanes inside,
                                                   BitLanes starts) {
    const BitLanes at_signs = LanesOf(signs.at_signs, first) & inside;
    const BitLanes dots = LanesOf(signs.dots, first);
    // From the beginning of each text to its @, and all behind the last text.
    const BitLanes local = at_signs - starts;
    // A text has no @, begins with it or has two: the difference is that only
    // where none of this is so.
    const BitLanes no_turns = (local & at_signs) | (starts & ~local);
    const BitLanes domain = inside & ~local & ~at_signs;
    // From behind each @ to the first dot, or through to the next text.
    const BitLanes undotted = (domain & ~dots) + (at_signs + at_signs);
    // None at an end, and none next to another: this finds empty sides too.
    const BitLanes joints = (dots | at_signs) & inside;
    const BitLanes wrong =
        no_turns | (LanesOf(signs.not_local, first) & local & inside) |
        (LanesOf(signs.not_domain, first) & domain) | (undotted & starts) |
        (joints & ((joints + joints) | starts | starts >> 1));
    return {(local & inside & ~starts) | (starts & (at_signs >> 1)), wrong};
  }

  static char* MaskLong(absl::string_view text, char symbol, char* out) {
    const auto kept = KeptOfEmail(text);
    if (!kept) return nullptr;
    std::memcpy(out, text.data(), text.size());
    std::memset(out + kept->head, symbol,
                text.size() - kept->head - kept->tail);
    return out + text.size();
  }
};

}  // namespace

std::optional<Treated> MaskEmailRows(const records::Column& column,
                                     char symbol) {
  switch (UsedCpuLevel()) {
    case CpuLevel::kAvx512:
      return MaskInWindows<EmailForm>(column, symbol);
    case CpuLevel::kAvx2:
      return MaskEmailBlocks(column, symbol);
    case CpuLevel::kPortable:
      break;
  }
  return std::nullopt;
}

#else

std::optional<Treated> MaskEmailRows(const records::Column& /*column*/,
                                     char /*symbol*/) {
  return std::nullopt;
}

#endif

}  // namespace sluice::desensitize
