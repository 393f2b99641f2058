#include <re2/re2.h>

#include <cstring>
#include <string>

#include "absl/strings/string_view.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/match_start.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/desensitize/utf8.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

// Finds the matches in the texts of one column, asking RE2 as little as can be.
// Most of a search is what RE2 does before it and after, and it searches twice
// to find where a match begins. Asked whether one begins at a certain byte it
// takes a quarter of the time: so it is asked that first, where no match can
// begin before that byte, as long as such guesses are right often enough.
class Matches {
 public:
  // Both outlive this object.
  Matches(const RE2& expression, const MatchStart& start)
      : expression_(expression), start_(start) {}

  // Sets `match` to the first match at or behind `at`; false if there is none.
  bool Next(const re2::StringPiece& text, size_t at, re2::StringPiece* match) {
    const absl::string_view bytes(text.data(), text.size());
    at = start_.Next(bytes, at);
    if (at == text.size()) return false;
    if (start_.is_known() && guesses_ < kGuessesFirst + right_ * kGuessesEach) {
      ++guesses_;
      if (Match(text, at, RE2::ANCHOR_START, match)) {
        ++right_;
        return true;
      }
      at = start_.Next(bytes, at + 1);
      if (at == text.size()) return false;
    }
    return Match(text, at, RE2::UNANCHORED, match);
  }

 private:
  // Guesses pay if one in so many is right; the first ones are to find out.
  static constexpr size_t kGuessesEach = 3;
  static constexpr size_t kGuessesFirst = 16;

  bool Match(const re2::StringPiece& text, size_t at, RE2::Anchor anchor,
             re2::StringPiece* match) const {
    return expression_.Match(text, at, text.size(), anchor, match, 1);
  }

  const RE2& expression_;
  const MatchStart& start_;
  size_t guesses_ = 0;
  size_t right_ = 0;
};

class PatternMask : public Operator {
 public:
  PatternMask(const std::string& expression, MaskSymbol symbol)
      : expression_(expression, RE2::Quiet),
        start_(expression_),
        symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    Matches matches(expression_, start_);
    return TreatTexts(
        column, column.data.size() * symbol_.size(),
        [this, &matches](const char* begin, const char* end, char* out) {
          return HideMatches(begin, end, &matches, out);
        });
  }

 private:
  // Null if there is nothing to hide.
  char* HideMatches(const char* begin, const char* end, Matches* matches,
                    char* out) const {
    const re2::StringPiece text(begin, static_cast<size_t>(end - begin));
    const char* copied = begin;
    size_t at = 0;
    bool found = false;
    re2::StringPiece match;
    while (at < text.size() && matches->Next(text, at, &match)) {
      if (match.empty()) {
        // One of an assertion alone, such as the end of a word.
        at = static_cast<size_t>(match.data() - begin);
        if (at < text.size()) at += CharacterBytes(begin[at]);
        continue;
      }
      const auto kept = static_cast<size_t>(match.data() - copied);
      std::memcpy(out, copied, kept);
      copied = match.data() + match.size();
      out = symbol_.Write(out + kept, CountCharacters(match.data(), copied));
      at = static_cast<size_t>(copied - begin);
      found = true;
    }
    if (!found) return nullptr;
    const auto rest = static_cast<size_t>(end - copied);
    std::memcpy(out, copied, rest);
    return out + rest;
  }

  const RE2 expression_;
  const MatchStart start_;
  const MaskSymbol symbol_;
};

}  // namespace

std::unique_ptr<const Operator> NewPatternMask(const std::string& expression,
                                               MaskSymbol symbol) {
  return std::make_unique<PatternMask>(expression, symbol);
}

}  // namespace sluice::desensitize
