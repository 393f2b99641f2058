// The loop that every treatment from text to text shares.
#ifndef SLUICE_LIBS_DESENSITIZE_TREAT_TEXTS_H_
#define SLUICE_LIBS_DESENSITIZE_TREAT_TEXTS_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "libs/base/endian.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/output_validity.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// A STRING column made of `column`, which is STRING or BYTES. `treat(begin,
// end, out)` is called for each text that is not empty; it writes the treated
// text at `out` and returns its end, or returns null for a text it cannot take.
// It writes `bytes_max` bytes at most over all calls, and may fill in what it
// left room for until `finish()`, the last call, returns. Allocates two
// buffers, and a third if something is untreatable; nothing per row.
template <typename TreatText, typename Finish>
Treated TreatTexts(const records::Column& column, size_t bytes_max,
                   TreatText treat, Finish finish) {
  const uint32_t rows = column.row_count;
  records::AlignedBuffer offsets((rows + size_t{1}) * sizeof(int32_t));
  records::AlignedBuffer data(bytes_max);
  OutputValidity validity(column);
  char* const out_begin = data.data();
  // Null from `treat` says one thing alone.
  assert(out_begin != nullptr);
  char* out = out_begin;
  char* offset_out = offsets.data();
  StoreLittle<int32_t>(0, offset_out);
  const char* const texts = column.data.data();
  const char* offset_in = column.offsets.data();
  int32_t begin = 0;
  for (uint32_t row = 0; row < rows; ++row) {
    offset_in += sizeof(int32_t);
    const auto end = LoadLittle<int32_t>(offset_in);
    // A null has no bytes, so it takes the way of an empty text.
    if (begin != end) {
      char* const out_end = treat(texts + begin, texts + end, out);
      if (out_end == nullptr) {
        validity.ClearRow(row);
      } else {
        out = out_end;
      }
    }
    begin = end;
    offset_out += sizeof(int32_t);
    StoreLittle(static_cast<int32_t>(out - out_begin), offset_out);
  }
  finish();
  Treated treated;
  treated.column.field_id = column.field_id;
  treated.column.type = records::v1::DATA_TYPE_STRING;
  treated.column.row_count = rows;
  treated.column.offsets = std::move(offsets).Share();
  treated.column.data =
      std::move(data).Share().Slice(0, static_cast<size_t>(out - out_begin));
  treated.untreatable = validity.cleared();
  std::move(validity).MoveTo(&treated.column);
  return treated;
}

template <typename TreatText>
Treated TreatTexts(const records::Column& column, size_t bytes_max,
                   TreatText treat) {
  return TreatTexts(column, bytes_max, treat, [] {});
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TREAT_TEXTS_H_
