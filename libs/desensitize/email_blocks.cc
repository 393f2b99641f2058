#include "libs/desensitize/email_blocks.h"

#if defined(__x86_64__)

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/form_blocks.h"
#include "libs/identifiers/contact.h"

namespace sluice::desensitize {
namespace {

// What else may stand before the @, and from the fifth set on what a domain may
// have too. In both the @ itself, which other ways are found out by.
constexpr uint8_t kSignsBeforeDigits = 1;
constexpr uint8_t kSignsBehindDigits = 2;
constexpr uint8_t kZeroAndLastTwo = 4;
constexpr uint8_t kBraces = 8;
constexpr uint8_t kHyphenDot = 16;
constexpr uint8_t kZeroToNine = 32;
constexpr uint8_t kAllButZero = 64;
constexpr uint8_t kZeroToTen = 128;
constexpr uint8_t kLocalMin = 1;
constexpr uint8_t kDomainMin = kHyphenDot;

constexpr HalfClasses MakeEmailClasses() {
  HalfClasses classes = {};
  classes.of_high[2] = kHyphenDot | kSignsBeforeDigits;
  classes.of_high[3] = kZeroToNine | kSignsBehindDigits;
  classes.of_high[4] = kZeroToNine | kAllButZero;
  classes.of_high[5] = kZeroToTen | kZeroAndLastTwo;
  classes.of_high[6] = kAllButZero | kZeroAndLastTwo;
  classes.of_high[7] = kZeroToTen | kBraces;
  const auto add = [&classes](uint8_t set, absl::string_view characters) {
    for (const char c : characters) {
      classes.of_low[static_cast<uint8_t>(c) % 16] |= set;
    }
  };
  add(kHyphenDot, "-.");
  add(kZeroToNine, "0123456789");
  add(kAllButZero, "ABCDEFGHIJKLMNO");
  add(kZeroToTen, "PQRSTUVWXYZ");
  add(kSignsBeforeDigits, "!#$%&'*+/");
  add(kSignsBehindDigits, "=?");
  add(kZeroAndLastTwo, "`^_");
  add(kBraces, "{|}~");
  return classes;
}
constexpr HalfClasses kEmailClasses = MakeEmailClasses();

constexpr bool AreRight(const HalfClasses& classes) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto c = static_cast<char>(byte);
    const uint8_t of = classes.Of(static_cast<uint8_t>(byte));
    const bool local = identifiers::IsEmailLocalCharacter(c) || c == '@';
    const bool domain = identifiers::IsEmailDomainCharacter(c) || c == '@';
    if (local != (of >= kLocalMin)) return false;
    if (domain != (of >= kDomainMin)) return false;
  }
  return true;
}
static_assert(AreRight(kEmailClasses));

class EmailForm {
 public:
  static constexpr size_t kHeadBytes = 0;
  static uint32_t WrongHead(const char* /*text*/) { return 0; }

  static bool Has(absl::string_view text) {
    return identifiers::FindEmailAt(text) != absl::string_view::npos;
  }

  SLUICE_AVX2 void Look(const char* text, const BatchBits& /*starts*/,
                        uint32_t word) {
    const ByteBlock block = LoadBlock(text);
    const ByteBlock classes = ClassesOf(block, kEmailClasses);
    at_signs_.of[word] = EqualBits(block, _mm256_set1_epi8('@'));
    dots_.of[word] = EqualBits(block, _mm256_set1_epi8('.'));
    local_characters_.of[word] = BitsFrom(kLocalMin, classes);
    domain_characters_.of[word] = BitsFrom(kDomainMin, classes);
  }

  SLUICE_AVX2 uint64_t Decide(uint32_t count, FormVerdict* verdict) {
    RunThrough(verdict->starts, count);
    const uint64_t wrong = Judge(count, verdict);
    at_signs_.of[0] = at_signs_.of[count];
    dots_.of[0] = dots_.of[count];
    return wrong;
  }

 private:
  // Subtracting runs from each text's first byte to its @, and from that to the
  // first dot or the next text. Where a text is not of the form it may run on
  // to the first byte of the next, or be taken to, not farther unless that is
  // wrong too.
  SLUICE_AVX2 void RunThrough(const BatchBits& starts, uint32_t count) {
    uint64_t in_local = in_local_;
    uint64_t in_undotted = in_undotted_;
    for (uint32_t i = 1; i <= count; ++i) {
      const uint64_t at_signs = at_signs_.of[i];
      const uint64_t local = at_signs - starts.of[i] - in_local;
      const uint64_t ends = (dots_.of[i] & ~local) | starts.of[i];
      const uint64_t left = ends - at_signs - in_undotted;
      local_.of[i] = local;
      ends_left_.of[i] = left;
      // Of what has run behind the last byte of the word.
      in_local = (local | starts.of[i]) >> 63;
      in_undotted = (left & ~ends) >> 63;
    }
    in_local_ = in_local;
    in_undotted_ = in_undotted;
  }

  SLUICE_AVX2 uint64_t Judge(uint32_t count, FormVerdict* verdict) const {
    const BatchBits& begins = verdict->starts;
    uint64_t any = 0;
    for (uint32_t i = 1; i <= count; ++i) {
      const uint64_t starts = begins.of[i];
      const uint64_t at_signs = at_signs_.of[i];
      const uint64_t local = local_.of[i];
      // A text has no @, begins with it or has two.
      const uint64_t no_turns = (local & at_signs) | (starts & ~local);
      // None at an end, and none next to another: this finds empty sides too.
      const uint64_t joints = at_signs | dots_.of[i];
      const uint64_t before = at_signs_.Before(i, 1) | dots_.Before(i, 1);
      const uint64_t bad_joints =
          (joints & before) | (starts & (joints | before));
      const uint64_t wrong = no_turns | bad_joints | ~local_characters_.of[i] |
                             (~(domain_characters_.of[i] | local)) |
                             (starts & ~ends_left_.of[i]);
      verdict->wrong.of[i] = wrong;
      any |= wrong;
      // All before the @ but the first character, unless there is but one.
      verdict->hidden.of[i] =
          (local & ~starts) | (starts & at_signs_.Behind(i, 1));
    }
    return any;
  }

  BatchBits at_signs_;
  BatchBits dots_;
  BatchBits local_characters_;
  BatchBits domain_characters_;
  // From the first byte of each text to its @.
  BatchBits local_;
  // Of the dots of domains and the first bytes of texts those that nothing that
  // began behind an @ has run into.
  BatchBits ends_left_;
  // At the end of the last block.
  uint64_t in_local_ = 0;
  uint64_t in_undotted_ = 0;
};

}  // namespace

SLUICE_AVX2 Treated MaskEmailBlocks(const records::Column& column,
                                    char symbol) {
  return MaskInBlocks<EmailForm>(column, symbol);
}

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)
