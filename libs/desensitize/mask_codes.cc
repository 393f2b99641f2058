// Masks of addresses and numbers whose form says what to keep.
#include <cstring>

#include "absl/strings/string_view.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/desensitize/utf8.h"
#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/contact.h"
#include "libs/identifiers/licence_plate.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kCardLast = 4;

// Bytes from the start and at the end that stay.
struct Kept {
  size_t head;
  size_t tail;
};

// Each sets what stays of a text; false if the text is none of its form.
struct EmailForm {
  static bool Find(absl::string_view text, Kept* kept) {
    const size_t at = identifiers::FindEmailAt(text);
    if (at == absl::string_view::npos) return false;
    *kept = {at > 1 ? size_t{1} : 0, text.size() - at};
    return true;
  }
};

struct BankCardForm {
  static bool Find(absl::string_view text, Kept* kept) {
    *kept = {identifiers::kIssuerDigits, kCardLast};
    return identifiers::IsValidBankCard(text);
  }
};

struct PlateForm {
  static bool Find(absl::string_view text, Kept* kept) {
    if (!identifiers::IsLicencePlate(text)) return false;
    const char* const end = text.data() + text.size();
    const char* const tail = SkipCharactersBack(text.data(), end, 2);
    *kept = {identifiers::kPlateHeadBytes, static_cast<size_t>(end - tail)};
    return true;
  }
};

// All that is hidden is ASCII, one byte a character.
template <typename Form>
class FormMask : public Operator {
 public:
  explicit FormMask(MaskSymbol symbol) : symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    const MaskSymbol symbol = symbol_;
    return TreatTexts(
        column, column.data.size() * symbol.size(),
        [symbol](const char* begin, const char* end, char* out) -> char* {
          const absl::string_view text(begin, static_cast<size_t>(end - begin));
          Kept kept = {};
          if (!Form::Find(text, &kept)) return nullptr;
          std::memcpy(out, begin, kept.head);
          out = symbol.Write(out + kept.head,
                             text.size() - kept.head - kept.tail);
          std::memcpy(out, end - kept.tail, kept.tail);
          return out + kept.tail;
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
