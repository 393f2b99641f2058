// Columns made of single rows of other columns.
#ifndef SLUICE_LIBS_RECORDS_ASSEMBLE_ROWS_H_
#define SLUICE_LIBS_RECORDS_ASSEMBLE_ROWS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "libs/base/endian.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::records {

// Where a row is taken from. Without a column: a null.
struct RowOf {
  const Column* column = nullptr;
  uint32_t row = 0;

  bool HasValue() const { return column != nullptr && !column->IsNull(row); }
};

namespace internal {

template <size_t kWidth, typename RowAt>
SharedBytes AssembleFixed(uint32_t count, const RowAt& row_at) {
  AlignedBuffer data(count * kWidth);
  char* out = data.data();
  for (uint32_t i = 0; i < count; ++i, out += kWidth) {
    const RowOf from = row_at(i);
    if (from.column == nullptr) {
      std::memset(out, 0, kWidth);
    } else {
      std::memcpy(out, from.column->data.data() + from.row * kWidth, kWidth);
    }
  }
  return std::move(data).Share();
}

template <typename IsSet>
SharedBytes AssembleBits(uint32_t count, const IsSet& is_set) {
  AlignedBuffer bits((count + 7) / 8);
  std::memset(bits.data(), 0, bits.size());
  for (uint32_t i = 0; i < count; ++i) {
    bits.data()[i / 8] |= static_cast<char>((is_set(i) ? 1u : 0u) << (i % 8));
  }
  return std::move(bits).Share();
}

template <typename RowAt>
void AssembleTexts(uint32_t count, const RowAt& row_at, Column* out) {
  AlignedBuffer offsets((count + size_t{1}) * sizeof(int32_t));
  int32_t end = 0;
  StoreLittle(end, offsets.data());
  for (uint32_t i = 0; i < count; ++i) {
    const RowOf from = row_at(i);
    if (from.column != nullptr) {
      end += static_cast<int32_t>(from.column->Text(from.row).size());
    }
    StoreLittle(end, offsets.data() + (i + size_t{1}) * sizeof(int32_t));
  }
  AlignedBuffer data(static_cast<size_t>(end));
  char* to = data.data();
  for (uint32_t i = 0; i < count; ++i) {
    const RowOf from = row_at(i);
    if (from.column == nullptr) continue;
    const absl::string_view text = from.column->Text(from.row);
    to = std::copy(text.begin(), text.end(), to);
  }
  out->offsets = std::move(offsets).Share();
  out->data = std::move(data).Share();
}

}  // namespace internal

// A valid column of `count` rows, of which row i is a copy of the row that
// `row_at(i)`, a RowOf, names. All columns it names are valid and of `type`.
// `row_at` is called several times for each i and always says the same.
// Allocates three buffers at most.
template <typename RowAt>
Column AssembleRows(uint32_t field_id, DataType type, uint32_t count,
                    const RowAt& row_at) {
  Column out;
  out.field_id = field_id;
  out.type = type;
  out.row_count = count;
  for (uint32_t i = 0; i < count; ++i) {
    out.null_count += row_at(i).HasValue() ? 0 : 1;
  }
  if (out.null_count != 0) {
    out.validity = internal::AssembleBits(
        count, [&](uint32_t i) { return row_at(i).HasValue(); });
  }
  if (IsText(type)) {
    internal::AssembleTexts(count, row_at, &out);
    return out;
  }
  switch (FixedWidth(type)) {
    case 4:
      out.data = internal::AssembleFixed<4>(count, row_at);
      break;
    case 8:
      out.data = internal::AssembleFixed<8>(count, row_at);
      break;
    case 16:
      out.data = internal::AssembleFixed<16>(count, row_at);
      break;
    default:
      out.data = internal::AssembleBits(count, [&](uint32_t i) {
        const RowOf from = row_at(i);
        return from.column != nullptr && from.column->Bool(from.row);
      });
  }
  return out;
}

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_ASSEMBLE_ROWS_H_
