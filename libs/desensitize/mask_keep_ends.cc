#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "libs/base/endian.h"
#include "libs/desensitize/hide_rows.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/text_form.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/desensitize/utf8.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

class KeepEndsMask : public Operator {
 public:
  KeepEndsMask(size_t first, size_t last, MaskSymbol symbol)
      : first_(first), last_(last), symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    const size_t first = first_;
    const size_t last = last_;
    const MaskSymbol symbol = symbol_;
    const auto treat = [first, last, symbol](const char* begin, const char* end,
                                             char* out) {
      const char* head = SkipCharacters(begin, end, first);
      const char* tail = SkipCharactersBack(head, end, last);
      if (head == tail) {
        head = begin;
        tail = end;
      }
      const auto head_bytes = static_cast<size_t>(head - begin);
      const auto tail_bytes = static_cast<size_t>(end - tail);
      std::memcpy(out, begin, head_bytes);
      out = symbol.Write(out + head_bytes, CountCharacters(head, tail));
      std::memcpy(out, tail, tail_bytes);
      return out + tail_bytes;
    };
    if (symbol.size() == 1) {
      if (auto masked = HideInForm(column)) return *std::move(masked);
      if (CanHideRows()) {
        return HideRows(column, HideBetween{first, last}, symbol.byte(), treat);
      }
      if (IsAscii(column.data.data(), column.data.size())) {
        return HideInPlace(column);
      }
    }
    return TreatTexts(column, column.data.size() * symbol.size(), treat);
  }

 private:
  std::optional<Treated> HideInForm(const records::Column& column) const {
    const size_t length = CommonTextBytes(column);
    if (length == 0) return std::nullopt;
    TextForm form(length);
    if (length > first_ + last_) {
      form.Hide(first_, length - last_);
    } else {
      form.Hide(0, length);
    }
    return MaskInForm(column, form, symbol_.byte());
  }

  // Where a character and the symbol are both one byte, no text changes its
  // length: the offsets stay and only the hidden bytes are written over.
  Treated HideInPlace(const records::Column& column) const {
    records::AlignedBuffer data(column.data.size());
    char* const texts = data.data();
    if (!column.data.empty()) {
      std::memcpy(texts, column.data.data(), column.data.size());
    }
    const MaskSymbol symbol = symbol_;
    const size_t first = first_;
    const size_t kept = first_ + last_;
    const char* const offsets = column.offsets.data();
    const uint32_t rows = column.row_count;
    size_t begin = 0;
    for (uint32_t row = 0; row < rows; ++row) {
      const auto end = static_cast<size_t>(
          LoadLittle<int32_t>(offsets + (row + size_t{1}) * sizeof(int32_t)));
      const size_t length = end - begin;
      if (length > kept) {
        symbol.Write(texts + begin + first, length - kept);
      } else {
        symbol.Write(texts + begin, length);
      }
      begin = end;
    }
    Treated treated{column, 0};
    treated.column.data = std::move(data).Share();
    return treated;
  }

  const size_t first_;
  const size_t last_;
  const MaskSymbol symbol_;
};

}  // namespace

std::unique_ptr<const Operator> NewKeepEndsMask(size_t first, size_t last,
                                                MaskSymbol symbol) {
  return std::make_unique<KeepEndsMask>(first, last, symbol);
}

}  // namespace sluice::desensitize
