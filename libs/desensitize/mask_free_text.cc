#include <cstring>
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
    if (symbol_.size() == 1) return MarkCopy(column);
    // Grows to the longest text of the column.
    std::vector<uint8_t> hidden;
    return TreatTexts(
        column, column.data.size() * symbol_.size(),
        [this, &hidden](const char* begin, const char* end, char* out) {
          const auto size = static_cast<size_t>(end - begin);
          FindSensitiveSpans(absl::string_view(begin, size), &hidden);
          for (size_t i = 0; i < size; ++i) {
            if (hidden[i] != 0) {
              out = symbol_.Write(out, 1);
            } else {
              *out++ = begin[i];
            }
          }
          return out;
        });
  }

 private:
  // Only ASCII is hidden, so that no text changes its length.
  Treated MarkCopy(const records::Column& column) const {
    const absl::string_view texts = column.data.view();
    records::AlignedBuffer data(texts.size());
    if (!texts.empty()) std::memcpy(data.data(), texts.data(), texts.size());
    for (uint32_t row = 0; row < column.row_count; ++row) {
      MarkSensitive(column.Text(row), symbol_.byte(),
                    data.data() + column.Offset(row));
    }
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
