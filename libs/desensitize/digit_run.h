// Digits in prose that may together be one number, or several.
//
// Digits without anything between them are a group. Groups with a gap between
// them are a run, as long as it goes on: "138-1234-5678 2024" is a run of four.
// A gap is one to three separators: white space of one line, hyphens and
// dashes, dots (half and full width) and characters without a width.
#ifndef SLUICE_LIBS_DESENSITIZE_DIGIT_RUN_H_
#define SLUICE_LIBS_DESENSITIZE_DIGIT_RUN_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "libs/identifiers/bank_card.h"

namespace sluice::desensitize {

// A longer group is part of no number that is looked for.
inline constexpr size_t kGroupDigitsMax = identifiers::kBankCardDigitsMax;

// Of the separators between two groups of one run.
inline constexpr size_t kGapBytesMax = 9;

struct Gap {
  size_t bytes = 0;
  bool has_dot = false;
};

// The separators at `at`, three at most; none is a gap of 0 bytes.
Gap GapAt(absl::string_view text, size_t at);

// Belongs to one thread. Holds no part of the text; takes some 5 bytes for
// each digit and 12 for each group, on the heap only where they are many.
struct DigitRun {
  struct Group {
    // Of `characters`.
    uint32_t begin;
    uint32_t end;
    // A dot is in the gap before it.
    bool after_dot;
  };

  // The digits, of half width.
  absl::InlinedVector<char, 48> characters;
  // Where in the text each of them begins.
  absl::InlinedVector<uint32_t, 48> at;
  absl::InlinedVector<Group, 12> groups;
  // The last character is an X behind the last group, which it is no part of.
  bool has_x = false;

  size_t size() const { return characters.size(); }
  absl::string_view View(size_t begin, size_t end) const {
    return absl::string_view(characters.data() + begin, end - begin);
  }
};

// Reads the run whose first digit stands at text[begin] into `run`, which is
// empty. An X, of either case, at once or a gap behind a group ends it, as does
// a group of more than kGroupDigitsMax, which is no part of it. Returns behind
// what was read.
size_t ReadDigitRun(absl::string_view text, size_t begin, DigitRun* run);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_DIGIT_RUN_H_
