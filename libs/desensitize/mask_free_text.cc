#include <optional>
#include <utility>
#include <vector>

#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/sensitive_spans.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

class FreeTextMask : public Operator {
 public:
  explicit FreeTextMask(MaskSymbol symbol) : symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    if (symbol_.size() == 1) {
      std::optional<Treated> marked = MarkCopy(column);
      if (marked.has_value()) return *std::move(marked);
    }
    // Grows to the longest text of the column.
    std::vector<Shown> hidden;
    return TreatTexts(
        column, column.data.size() * symbol_.size(),
        [this, &hidden](const char* begin, const char* end, char* out) {
          const auto size = static_cast<size_t>(end - begin);
          FindSensitiveSpans(absl::string_view(begin, size), &hidden);
          for (size_t i = 0; i < size; ++i) {
            if (hidden[i] == Shown::kShown) {
              *out++ = begin[i];
            } else if (hidden[i] == Shown::kHidden) {
              out = symbol_.Write(out, 1);
            }
          }
          return out;
        });
  }

 private:
  // The texts with symbols over what is hidden, where each symbol takes the
  // place of one byte; else nothing.
  std::optional<Treated> MarkCopy(const records::Column& column) const {
    records::AlignedBuffer data(column.data.size());
    if (!CopyMarked(column, symbol_.byte(), data.data())) return std::nullopt;
    Treated treated{column, 0};
    treated.column.data = std::move(data).Share();
    return treated;
  }

  const MaskSymbol symbol_;
};

}  // namespace

std::unique_ptr<const Operator> NewFreeTextMask(MaskSymbol symbol) {
  return std::make_unique<FreeTextMask>(symbol);
}

}  // namespace sluice::desensitize
