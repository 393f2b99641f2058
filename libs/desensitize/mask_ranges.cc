#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "libs/base/string_view.h"
#include "libs/desensitize/hide_rows.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/text_form.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/desensitize/utf8.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

char* Copy(const char* begin, const char* end, char* out) {
  const auto size = static_cast<size_t>(end - begin);
  std::memcpy(out, begin, size);
  return out + size;
}

char* Hide(const char* begin, const char* end, const MaskSymbol& symbol,
           char* out) {
  return symbol.Write(out, CountCharacters(begin, end));
}

// `rule` is what `treat` does, which is TreatTexts'.
template <typename TreatText>
Treated HideTexts(const records::Column& column, const HideRule& rule,
                  const MaskSymbol& symbol, TreatText treat) {
  if (symbol.size() == 1 && CanHideRows()) {
    return HideRows(column, rule, symbol.byte(), treat);
  }
  return TreatTexts(column, column.data.size() * symbol.size(), treat);
}

class HideRangeMask : public Operator {
 public:
  HideRangeMask(size_t from, size_t to, MaskSymbol symbol)
      : before_(from - 1), hidden_(to - from + 1), symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    const size_t length = symbol_.size() == 1 ? CommonTextBytes(column) : 0;
    if (length > before_) {
      TextForm form(length);
      form.Hide(before_, std::min(before_ + hidden_, length));
      auto masked = MaskInForm(column, form, symbol_.byte());
      if (masked) return *std::move(masked);
    }
    return HideTexts(
        column, HideInside{before_, before_ + hidden_}, symbol_,
        [this](const char* begin, const char* end, char* out) -> char* {
          const char* const first = SkipCharacters(begin, end, before_);
          if (first == end) return nullptr;
          const char* const last = SkipCharacters(first, end, hidden_);
          out = Copy(begin, first, out);
          return Copy(last, end, Hide(first, last, symbol_, out));
        });
  }

 private:
  const size_t before_;
  const size_t hidden_;
  const MaskSymbol symbol_;
};

class KeepRangeMask : public Operator {
 public:
  KeepRangeMask(size_t from, size_t to, MaskSymbol symbol)
      : before_(from - 1), kept_(to - from + 1), symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    const size_t length = symbol_.size() == 1 ? CommonTextBytes(column) : 0;
    if (length > 0) {
      const size_t first = std::min(before_, length);
      const size_t last = std::min(first + kept_, length);
      TextForm form(length);
      form.Hide(0, first);
      form.Hide(first == 0 && last == length ? 0 : last, length);
      auto masked = MaskInForm(column, form, symbol_.byte());
      if (masked) return *std::move(masked);
    }
    return HideTexts(column, HideOutside{before_, before_ + kept_}, symbol_,
                     [this](const char* begin, const char* end, char* out) {
                       const char* first = SkipCharacters(begin, end, before_);
                       const char* const last =
                           SkipCharacters(first, end, kept_);
                       // It would leave as it is.
                       if (first == begin && last == end) first = last;
                       out = Hide(begin, first, symbol_, out);
                       return Hide(last, end, symbol_, Copy(first, last, out));
                     });
  }

 private:
  const size_t before_;
  const size_t kept_;
  const MaskSymbol symbol_;
};

class AroundMask : public Operator {
 public:
  AroundMask(absl::string_view character, bool before, MaskSymbol symbol)
      : character_(character), before_(before), symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    const HideRule rule = before_ ? HideRule(HideBefore{AsView(character_)})
                                  : HideRule(HideBehind{AsView(character_)});
    return HideTexts(
        column, rule, symbol_,
        [this](const char* begin, const char* end, char* out) {
          const absl::string_view text(begin, static_cast<size_t>(end - begin));
          const absl::string_view character = character_;
          const size_t at =
              before_ ? text.find(character) : text.rfind(character);
          if (at == absl::string_view::npos)
            return Hide(begin, end, symbol_, out);
          if (before_) {
            if (at == 0) return Hide(begin, end, symbol_, out);
            out = Hide(begin, begin + at, symbol_, out);
            return Copy(begin + at, end, out);
          }
          const char* const behind = begin + at + character.size();
          if (behind == end) return Hide(begin, end, symbol_, out);
          return Hide(behind, end, symbol_, Copy(begin, behind, out));
        });
  }

 private:
  const std::string character_;
  const bool before_;
  const MaskSymbol symbol_;
};

}  // namespace

std::unique_ptr<const Operator> NewHideRangeMask(size_t from, size_t to,
                                                 MaskSymbol symbol) {
  return std::make_unique<HideRangeMask>(from, to, symbol);
}

std::unique_ptr<const Operator> NewKeepRangeMask(size_t from, size_t to,
                                                 MaskSymbol symbol) {
  return std::make_unique<KeepRangeMask>(from, to, symbol);
}

std::unique_ptr<const Operator> NewHideBeforeMask(absl::string_view character,
                                                  MaskSymbol symbol) {
  return std::make_unique<AroundMask>(character, true, symbol);
}

std::unique_ptr<const Operator> NewHideAfterMask(absl::string_view character,
                                                 MaskSymbol symbol) {
  return std::make_unique<AroundMask>(character, false, symbol);
}

}  // namespace sluice::desensitize
