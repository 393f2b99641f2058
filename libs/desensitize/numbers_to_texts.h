// The loop that every treatment from numbers to texts shares.
#ifndef SLUICE_LIBS_DESENSITIZE_NUMBERS_TO_TEXTS_H_
#define SLUICE_LIBS_DESENSITIZE_NUMBERS_TO_TEXTS_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "libs/base/endian.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/text_column_writer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// A STRING column made of `column`, whose values are `In`. `write(value, out)`
// is called for each value that is not null; it writes at most `bytes_max`
// bytes at `out` and returns their end, or null for a value it cannot take.
template <typename In, typename Write>
Treated NumbersToTexts(const records::Column& column, size_t bytes_max,
                       Write write) {
  TextColumnWriter writer(column.row_count,
                          (column.row_count - column.null_count) * bytes_max);
  OutputValidity validity(column);
  const char* const in = column.data.data();
  for (uint32_t row = 0; row < column.row_count; ++row) {
    if (column.IsNull(row)) continue;
    char* const end =
        write(LoadLittle<In>(in + row * sizeof(In)), writer.Begin(row));
    if (end == nullptr) {
      validity.ClearRow(row);
    } else {
      writer.End(end);
    }
  }
  Treated treated{std::move(writer).Finish(column), validity.cleared()};
  std::move(validity).MoveTo(&treated.column);
  return treated;
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NUMBERS_TO_TEXTS_H_
