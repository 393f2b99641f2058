#include <re2/re2.h>

#include <cstring>
#include <string>

#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/desensitize/utf8.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

class PatternMask : public Operator {
 public:
  PatternMask(const std::string& expression, MaskSymbol symbol)
      : expression_(expression, RE2::Quiet), symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    return TreatTexts(column, column.data.size() * symbol_.size(),
                      [this](const char* begin, const char* end, char* out) {
                        return HideMatches(begin, end, out);
                      });
  }

 private:
  // Null if there is nothing to hide.
  char* HideMatches(const char* begin, const char* end, char* out) const {
    const re2::StringPiece text(begin, static_cast<size_t>(end - begin));
    const char* copied = begin;
    size_t at = 0;
    bool found = false;
    re2::StringPiece match;
    while (at < text.size() && expression_.Match(text, at, text.size(),
                                                 RE2::UNANCHORED, &match, 1)) {
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
  const MaskSymbol symbol_;
};

}  // namespace

std::unique_ptr<const Operator> NewPatternMask(const std::string& expression,
                                               MaskSymbol symbol) {
  return std::make_unique<PatternMask>(expression, symbol);
}

}  // namespace sluice::desensitize
