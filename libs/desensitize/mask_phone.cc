#include <cstring>
#include <utility>

#include "libs/desensitize/ascii_digits.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/text_form.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kDigits = 11;
constexpr size_t kHead = 3;
constexpr size_t kHidden = 4;
constexpr size_t kTail = kDigits - kHead - kHidden;

bool IsMobileNumber(const char* begin, const char* end) {
  return end - begin == kDigits && begin[0] == '1' && begin[1] >= '3' &&
         AreDigits(begin, kDigits);
}

class PhoneMask : public Operator {
 public:
  explicit PhoneMask(MaskSymbol symbol) : symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    if (symbol_.size() == 1 && CommonTextBytes(column) == kDigits) {
      auto masked = MaskInForm(column, Form(), symbol_.byte());
      if (masked) return *std::move(masked);
    }
    const MaskSymbol symbol = symbol_;
    const size_t masked_bytes = kHead + kHidden * symbol.size() + kTail;
    return TreatTexts(
        column, column.data.size() / kDigits * masked_bytes,
        [symbol](const char* begin, const char* end, char* out) -> char* {
          if (!IsMobileNumber(begin, end)) return nullptr;
          std::memcpy(out, begin, kHead);
          out = symbol.Write(out + kHead, kHidden);
          std::memcpy(out, end - kTail, kTail);
          return out + kTail;
        });
  }

 private:
  // IsMobileNumber, of every text at once.
  static TextForm Form() {
    TextForm form(kDigits);
    form.RequireDigits();
    form.Require(0, '1', '1');
    form.Require(1, '3', '9');
    form.Hide(kHead, kHead + kHidden);
    return form;
  }

  const MaskSymbol symbol_;
};

}  // namespace

std::unique_ptr<const Operator> NewPhoneMask(MaskSymbol symbol) {
  return std::make_unique<PhoneMask>(symbol);
}

}  // namespace sluice::desensitize
