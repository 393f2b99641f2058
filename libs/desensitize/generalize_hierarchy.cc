#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/endian.h"
#include "libs/desensitize/code_index.h"
#include "libs/desensitize/code_place.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/rows_to_read.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

class HierarchyGeneralization : public Operator {
 public:
  explicit HierarchyGeneralization(HierarchyTable table)
      : table_(std::move(table)),
        index_({table_.above().begin(), table_.above().end()}) {}

  Treated Apply(const records::Column& column) const override {
    const uint32_t rows = column.row_count;
    const size_t texts_max =
        std::min<size_t>(rows - column.null_count, column.data.size());
    records::AlignedBuffer offsets((rows + size_t{1}) * sizeof(int32_t));
    records::AlignedBuffer data(texts_max * table_.bytes_max() +
                                CodeIndex::kBytesWritten);
    OutputValidity validity(column);
    StoreLittle<int32_t>(0, offsets.data());
    const uint32_t readable = RowsToRead(column, CodeIndex::kBytesRead);
    const auto clear = [&validity](uint32_t row) { validity.ClearRow(row); };
    CodePlace place;
    for (; place.row < rows; ++place.row) {
      if (place.row < readable) {
        place =
            index_.Translate(column.offsets.data(), column.data.view(), place,
                             readable, data.data(), offsets.data(), clear);
        if (place.row == rows) break;
      }
      // Null or an empty text stays so.
      const absl::string_view text = column.Text(place.row);
      if (!text.empty()) {
        const std::string* const above = table_.Find(text);
        if (above == nullptr) {
          validity.ClearRow(place.row);
        } else {
          std::copy(above->begin(), above->end(), data.data() + place.end);
          place.end += above->size();
        }
      }
      StoreLittle(static_cast<int32_t>(place.end),
                  offsets.data() + (place.row + size_t{1}) * sizeof(int32_t));
    }
    Treated treated{column, validity.cleared()};
    treated.column.offsets = std::move(offsets).Share();
    treated.column.data = std::move(data).Share().Slice(0, place.end);
    std::move(validity).MoveTo(&treated.column);
    return treated;
  }

 private:
  const HierarchyTable table_;
  // Most of what is in the table.
  const CodeIndex index_;
};

}  // namespace

std::unique_ptr<const Operator> NewHierarchyGeneralization(
    HierarchyTable table) {
  return std::make_unique<HierarchyGeneralization>(std::move(table));
}

}  // namespace sluice::desensitize
