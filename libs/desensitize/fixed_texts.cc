#include "libs/desensitize/fixed_texts.h"

#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/records/aligned_buffer.h"

namespace sluice::desensitize {

uint32_t CountFilled(const records::Column& column) {
  if (!records::IsText(column.type)) {
    return column.row_count - column.null_count;
  }
  uint32_t filled = 0;
  int32_t begin = column.Offset(0);
  for (uint32_t row = 0; row < column.row_count; ++row) {
    const int32_t end = column.Offset(row + 1);
    filled += begin != end ? 1 : 0;
    begin = end;
  }
  return filled;
}

SharedBytes FixedOffsets(const records::Column& column, size_t length) {
  const uint32_t rows = column.row_count;
  const bool is_text = records::IsText(column.type);
  records::AlignedBuffer offsets((rows + size_t{1}) * sizeof(int32_t));
  char* out = offsets.data();
  int32_t end = 0;
  StoreLittle(end, out);
  for (uint32_t row = 0; row < rows; ++row) {
    const bool filled = is_text ? column.Offset(row) != column.Offset(row + 1)
                                : !column.IsNull(row);
    end += filled ? static_cast<int32_t>(length) : 0;
    out += sizeof(int32_t);
    StoreLittle(end, out);
  }
  return std::move(offsets).Share();
}

SharedBytes EvenOffsets(uint32_t rows, size_t length) {
  const size_t count = rows + size_t{1};
  records::AlignedBuffer offsets(count * sizeof(uint32_t));
  const auto step = static_cast<uint32_t>(length);
  char* const out = offsets.data();
  RunAtUsedCpuLevel([=]() SLUICE_ANY_LEVEL {
    for (size_t row = 0; row < count; ++row) {
      StoreLittle(static_cast<uint32_t>(row) * step,
                  out + row * sizeof(uint32_t));
    }
  });
  return std::move(offsets).Share();
}

}  // namespace sluice::desensitize
