// Masks of addresses and numbers whose form says what to keep.
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/desensitize/email_rows.h"
#include "libs/desensitize/luhn_rows.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/plate_rows.h"
#include "libs/desensitize/text_form.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/identifiers/bank_card.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kCardLast = 4;

// Each says what stays of a text; nothing if the text is none of its form. Each
// may know a quick way for columns where a symbol is one byte; nothing where it
// is none for this column.
struct EmailForm {
  static std::optional<Treated> MaskAll(const records::Column& column,
                                        char symbol) {
    return MaskEmailRows(column, symbol);
  }
  static std::optional<KeptEnds> Find(absl::string_view text) {
    return KeptOfEmail(text);
  }
};

struct BankCardForm {
  static std::optional<Treated> MaskAll(const records::Column& column,
                                        char symbol) {
    const size_t length = CommonTextBytes(column);
    if (length < identifiers::kBankCardDigitsMin ||
        length > identifiers::kBankCardDigitsMax) {
      return std::nullopt;
    }
    TextForm form(length);
    form.RequireDigits();
    form.Hide(identifiers::kIssuerDigits, length - kCardLast);
    auto masked = MaskInForm(column, form, symbol);
    const absl::string_view numbers = column.data.view();
    if (!masked ||
        !HaveLuhnDigits(numbers.data(), numbers.size() / length, length)) {
      return std::nullopt;
    }
    return masked;
  }
  static std::optional<KeptEnds> Find(absl::string_view text) {
    if (!identifiers::IsValidBankCard(text)) return std::nullopt;
    return KeptEnds{identifiers::kIssuerDigits, kCardLast};
  }
};

struct PlateForm {
  static std::optional<Treated> MaskAll(const records::Column& column,
                                        char symbol) {
    return MaskPlateRows(column, symbol);
  }
  static std::optional<KeptEnds> Find(absl::string_view text) {
    return KeptOfPlate(text);
  }
};

// All that is hidden is ASCII, one byte a character.
template <typename Form>
class FormMask : public Operator {
 public:
  explicit FormMask(MaskSymbol symbol) : symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    if (symbol_.size() == 1) {
      if (auto all = Form::MaskAll(column, symbol_.byte())) {
        return *std::move(all);
      }
    }
    const MaskSymbol symbol = symbol_;
    return TreatTexts(
        column, column.data.size() * symbol.size(),
        [symbol](const char* begin, const char* end, char* out) -> char* {
          const absl::string_view text(begin, static_cast<size_t>(end - begin));
          const std::optional<KeptEnds> kept = Form::Find(text);
          if (!kept) return nullptr;
          std::memcpy(out, begin, kept->head);
          out = symbol.Write(out + kept->head,
                             text.size() - kept->head - kept->tail);
          std::memcpy(out, end - kept->tail, kept->tail);
          return out + kept->tail;
        });
  }

 private:
  const MaskSymbol symbol_;
};

}  // namespace

std::unique_ptr<const Operator> NewEmailMask(MaskSymbol symbol) {
  return std::make_unique<FormMask<EmailForm>>(symbol);
}

std::unique_ptr<const Operator> NewBankCardMask(MaskSymbol symbol) {
  return std::make_unique<FormMask<BankCardForm>>(symbol);
}

std::unique_ptr<const Operator> NewPlateMask(MaskSymbol symbol) {
  return std::make_unique<FormMask<PlateForm>>(symbol);
}

}  // namespace sluice::desensitize
