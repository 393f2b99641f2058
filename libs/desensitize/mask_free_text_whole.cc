#include <array>
#include <cstring>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/sensitive_spans.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::MaskFreeText;

// By SensitiveKind.
constexpr std::array<absl::string_view, 4> kLabels = {
    "<RESIDENT_ID>", "<PHONE>", "<BANK_CARD>", "<EMAIL>"};

// What is found is replaced as a whole, or taken out.
class FreeTextWhole : public Operator {
 public:
  explicit FreeTextWhole(bool labelled) : labelled_(labelled) {}

  Treated Apply(const records::Column& column) const override {
    // Grows to the most that one text of the column holds.
    std::vector<SensitiveItem> items;
    return TreatTexts(
        column, LabelledBytesMax(column.data.size()),
        [this, &items](const char* begin, const char* end, char* out) {
          FindSensitiveItems(
              absl::string_view(begin, static_cast<size_t>(end - begin)),
              &items);
          const char* at = begin;
          for (const SensitiveItem& item : items) {
            out = Copy(at, begin + item.begin, out);
            if (labelled_) {
              const absl::string_view label =
                  kLabels[static_cast<size_t>(item.kind)];
              out = Copy(label.data(), label.data() + label.size(), out);
            }
            at = begin + item.end;
          }
          return Copy(at, end, out);
        });
  }

 private:
  static char* Copy(const char* begin, const char* end, char* out) {
    const auto size = static_cast<size_t>(end - begin);
    std::memcpy(out, begin, size);
    return out + size;
  }

  const bool labelled_;
};

}  // namespace

std::unique_ptr<const Operator> NewFreeTextWholeMask(MaskFreeText::Form form) {
  return std::make_unique<FreeTextWhole>(form == MaskFreeText::LABEL);
}

}  // namespace sluice::desensitize
