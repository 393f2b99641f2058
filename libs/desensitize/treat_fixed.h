// The loop that every treatment from numbers to numbers shares.
#ifndef SLUICE_LIBS_DESENSITIZE_TREAT_FIXED_H_
#define SLUICE_LIBS_DESENSITIZE_TREAT_FIXED_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "libs/base/endian.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/output_validity.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// A column of type `type`, whose values are `Out`, made of `column`, whose
// values are `In`. `treat(in, &out)` is called for each value that is not null;
// it sets `out`, or returns false for a value it cannot take. Allocates one
// buffer, and another if something is untreatable.
template <typename In, typename Out, typename TreatValue>
Treated TreatFixed(const records::Column& column, records::DataType type,
                   TreatValue treat) {
  const uint32_t rows = column.row_count;
  records::AlignedBuffer data(rows * sizeof(Out));
  OutputValidity validity(column);
  char* const out = data.data();
  const char* const in = column.data.data();
  for (uint32_t row = 0; row < rows; ++row) {
    Out treated = 0;
    if (!column.IsNull(row) &&
        !treat(LoadLittle<In>(in + row * sizeof(In)), &treated)) {
      validity.ClearRow(row);
      treated = 0;
    }
    StoreLittle(treated, out + row * sizeof(Out));
  }
  Treated treated{column, validity.cleared()};
  treated.column.type = type;
  treated.column.data = std::move(data).Share();
  std::move(validity).MoveTo(&treated.column);
  return treated;
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TREAT_FIXED_H_
