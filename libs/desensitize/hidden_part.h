// What a mask that counts characters hides of a text.
#ifndef SLUICE_LIBS_DESENSITIZE_HIDDEN_PART_H_
#define SLUICE_LIBS_DESENSITIZE_HIDDEN_PART_H_

#include <algorithm>
#include <cstddef>

#include "libs/desensitize/hide_rule.h"

namespace sluice::desensitize {

// The characters from `begin` on and before `end`, of a text of `count` ones.
// They are hidden, or, by HideOutside, all others are. A text that HideInside
// cannot treat has none, as has an empty one.
struct CharacterRun {
  size_t begin;
  size_t end;
};

inline CharacterRun RunOf(const HideBetween& rule, size_t count) {
  if (rule.first >= count || rule.last >= count - rule.first) return {0, count};
  return {rule.first, count - rule.last};
}

inline CharacterRun RunOf(const HideInside& rule, size_t count) {
  if (count <= rule.begin) return {0, 0};
  return {rule.begin, std::min(rule.end, count)};
}

inline CharacterRun RunOf(const HideOutside& rule, size_t count) {
  const size_t begin = std::min(rule.begin, count);
  const size_t end = std::min(rule.end, count);
  return end - begin == count ? CharacterRun{0, 0} : CharacterRun{begin, end};
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_HIDDEN_PART_H_
