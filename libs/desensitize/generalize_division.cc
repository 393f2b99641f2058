#include <cstring>
#include <utility>

#include "libs/desensitize/ascii_digits.h"
#include "libs/desensitize/division_code.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/text_form.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

class DivisionGeneralization : public Operator {
 public:
  explicit DivisionGeneralization(size_t digits) : digits_(digits) {}

  Treated Apply(const records::Column& column) const override {
    const size_t common = CommonTextBytes(column);
    if (common >= digits_ && common <= kDivisionCodeDigitsMax) {
      TextForm form(common);
      form.RequireDigits();
      if (auto cut = CutInForm(column, form, digits_)) return *std::move(cut);
    }
    const size_t digits = digits_;
    return TreatTexts(
        column, column.data.size(),
        [digits](const char* begin, const char* end, char* out) -> char* {
          const auto length = static_cast<size_t>(end - begin);
          if (length < digits || length > kDivisionCodeDigitsMax ||
              !AreDigits(begin, length)) {
            return nullptr;
          }
          std::memcpy(out, begin, digits);
          return out + digits;
        });
  }

 private:
  const size_t digits_;
};

}  // namespace

std::unique_ptr<const Operator> NewDivisionGeneralization(size_t digits) {
  return std::make_unique<DivisionGeneralization>(digits);
}

}  // namespace sluice::desensitize
