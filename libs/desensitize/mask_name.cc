#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/desensitize/compound_surnames.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/name_blocks.h"
#include "libs/desensitize/name_windows.h"
#include "libs/desensitize/name_words.h"
#include "libs/desensitize/rows_to_read.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/desensitize/utf8.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

// U+00B7, between the parts of a transcribed name.
constexpr absl::string_view kSeparator("\xC2\xB7", 2);

// Bytes of nearly every character of a name.
constexpr size_t kHanBytes = 3;

// Where a block cannot be hidden at once, those behind it mostly cannot either,
// and to try costs something.
constexpr uint32_t kRowsInWindows = 4 * kNameBlockRows;

const char* FindSeparator(const char* begin, const char* end) {
  const absl::string_view name(begin, static_cast<size_t>(end - begin));
  const size_t at = name.find(kSeparator);
  return at == absl::string_view::npos ? nullptr : begin + at;
}

bool OnlySeparators(const char* begin, const char* end) {
  while (end - begin >= 2 && std::memcmp(begin, kSeparator.data(), 2) == 0) {
    begin += 2;
  }
  return begin == end;
}

// The end of the part that stays; `begin` where all is hidden.
const char* KeptWithoutSeparator(const char* begin, const char* end) {
  assert(begin != nullptr && begin < end);  // Empty texts are never treated.
  const char* const first = begin + CharacterBytes(*begin);
  if (first == end) return begin;
  const char* const second = first + CharacterBytes(*first);
  if (second == end) return first;
  const bool compound =
      second - begin == kCompoundSurnameBytes && IsCompoundSurname(begin);
  return compound ? second : first;
}

const char* KeptOfSeparated(const char* begin, const char* end) {
  const char* const separator = FindSeparator(begin, end);
  if (separator == nullptr) return KeptWithoutSeparator(begin, end);
  // Nothing but the separator would be hidden.
  if (OnlySeparators(separator, end)) return begin;
  return separator;
}

// Names are so short that a call of memcpy costs more than the copy.
char* CopyKept(const char* begin, size_t size, char* out) {
  if (size == kHanBytes) {
    std::memcpy(out, begin, kHanBytes);
  } else if (size == kCompoundSurnameBytes) {
    std::memcpy(out, begin, kCompoundSurnameBytes);
  } else {
    std::memcpy(out, begin, size);
  }
  return out + size;
}

char* HideRest(const char* begin, const char* kept, const char* end,
               const MaskSymbol& symbol, char* out) {
  out = CopyKept(begin, static_cast<size_t>(kept - begin), out);
  for (; kept < end; kept += CharacterBytes(*kept)) out = symbol.WriteOne(out);
  return out;
}

class NameMask : public Operator {
 public:
  explicit NameMask(MaskSymbol symbol) : symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    if (symbol_.size() == 1 && HasNameWindows()) return HideManyAtATime(column);
    if (symbol_.size() == 1 && UsedCpuLevel() == CpuLevel::kAvx2) {
      return HideAsWords(column);
    }
    const MaskSymbol symbol = symbol_;
    const size_t bytes_max = column.data.size() * symbol.size();
    // Most columns have no separator at all: one search spares one per name.
    const char* const data = column.data.data();
    if (FindSeparator(data, data + column.data.size()) == nullptr) {
      return TreatTexts(
          column, bytes_max,
          [symbol](const char* begin, const char* end, char* out) {
            return HideRest(begin, KeptWithoutSeparator(begin, end), end,
                            symbol, out);
          });
    }
    return TreatTexts(column, bytes_max,
                      [symbol](const char* begin, const char* end, char* out) {
                        return HideRest(begin, KeptOfSeparated(begin, end), end,
                                        symbol, out);
                      });
  }

 private:
  // A column that names are written to one behind the other.
  struct Output {
    records::AlignedBuffer offsets;
    records::AlignedBuffer data;
    char* end;
  };

  Treated HideManyAtATime(const records::Column& column) const {
    const uint32_t rows = column.row_count;
    Output out = NewOutput(column, std::max(kNameBlockSlack, kNameWindowSlack));
    for (uint32_t row = 0; row < rows;) {
      if (rows - row >= kNameBlockRows &&
          HideNameBlock(column, row, symbol_.byte(), out.data.data(), &out.end,
                        out.offsets.data())) {
        row += kNameBlockRows;
      } else {
        row = HideInWindows(column, row, std::min(rows, row + kRowsInWindows),
                            &out);
      }
    }
    return Finish(column, std::move(out));
  }

  Treated HideAsWords(const records::Column& column) const {
    const uint32_t rows = column.row_count;
    const uint32_t until = RowsToRead(column, sizeof(uint64_t));
    Output out = NewOutput(column, kNameWordSlack);
    for (uint32_t row = 0; row < rows;) {
      row = HideNamesAsWords(column, row, until, symbol_.byte(),
                             out.data.data(), &out.end, out.offsets.data());
      const uint32_t behind = std::min(rows, row + kNameWordRows);
      for (; row < behind; ++row) HideName(column, row, &out);
    }
    return Finish(column, std::move(out));
  }

  static Output NewOutput(const records::Column& column, size_t slack) {
    Output out = {records::AlignedBuffer((column.row_count + size_t{1}) *
                                         sizeof(int32_t)),
                  records::AlignedBuffer(column.data.size() + slack), nullptr};
    out.end = out.data.data();
    StoreLittle<int32_t>(0, out.offsets.data());
    return out;
  }

  static Treated Finish(const records::Column& column, Output out) {
    const auto size = static_cast<size_t>(out.end - out.data.data());
    Treated treated{column, 0};
    treated.column.offsets = std::move(out.offsets).Share();
    treated.column.data = std::move(out.data).Share().Slice(0, size);
    return treated;
  }

  // The names up to row `until` or a few more, and one by one where a name
  // stops that. Returns the row behind them.
  uint32_t HideInWindows(const records::Column& column, uint32_t row,
                         uint32_t until, Output* out) const {
    while (row < until) {
      row = HideNames(column, row, until, symbol_.byte(), out->data.data(),
                      &out->end, out->offsets.data());
      if (row >= until) break;
      const uint32_t behind = std::min(column.row_count, row + kNameRows);
      for (; row < behind; ++row) HideName(column, row, out);
    }
    return row;
  }

  void HideName(const records::Column& column, uint32_t row,
                Output* out) const {
    const char* const texts = column.data.data();
    const char* const begin = texts + column.Offset(row);
    const char* const end = texts + column.Offset(row + 1);
    if (begin != end) {
      out->end =
          HideRest(begin, KeptOfSeparated(begin, end), end, symbol_, out->end);
    }
    StoreLittle(static_cast<int32_t>(out->end - out->data.data()),
                out->offsets.data() + (row + size_t{1}) * sizeof(int32_t));
  }

  const MaskSymbol symbol_;
};

}  // namespace

std::unique_ptr<const Operator> NewNameMask(MaskSymbol symbol) {
  return std::make_unique<NameMask>(symbol);
}

}  // namespace sluice::desensitize
