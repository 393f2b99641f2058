#include "libs/desensitize/match_start.h"

#include <string>

#include "libs/base/string_view.h"

namespace sluice::desensitize {
namespace {

// Whether what an expression matches may depend on what stands before or
// behind it: on the text's ends or a line's or a word's. Says so of some others
// too: an expression is not parsed, only looked through for ^ (but for [^), $,
// \A, \z, \b and \B.
bool MayLookAround(absl::string_view expression) {
  for (size_t i = 0; i < expression.size(); ++i) {
    const char before = i > 0 ? expression[i - 1] : '\0';
    switch (expression[i]) {
      case '$':
        return true;
      case '^':
        if (before != '[' || (i > 1 && expression[i - 2] == '\\')) return true;
        break;
      case 'A':
      case 'z':
      case 'b':
      case 'B':
        if (before == '\\') return true;
        break;
      default:
        break;
    }
  }
  return false;
}

}  // namespace

// Where nothing around a match counts, the match is itself a text that the
// expression matches: RE2 tells the range of these. As it knows them by their
// first byte alone here, all that begin with the lowest or highest one are in.
MatchStart::MatchStart(const RE2& expression) {
  std::string lowest;
  std::string highest;
  if (MayLookAround(AsView(expression.pattern())) ||
      !expression.PossibleMatchRange(&lowest, &highest, 1) || lowest.empty() ||
      highest.empty()) {
    return;
  }
  first_ = static_cast<uint8_t>(lowest[0]);
  last_ = static_cast<uint8_t>(highest[0]);
}

}  // namespace sluice::desensitize
