#include "libs/desensitize/output_validity.h"

#include <cstring>
#include <utility>

#include "libs/base/endian.h"

namespace sluice::desensitize {

void OutputValidity::MoveTo(records::Column* output) && {
  output->null_count = input_.null_count + cleared_;
  if (bitmap_.has_value()) {
    output->validity = std::move(*bitmap_).Share();
  } else {
    output->validity = input_.validity;
  }
}

void OutputValidity::CopyBitmap() {
  const uint32_t rows = input_.row_count;
  const size_t bytes = (static_cast<size_t>(rows) + 7) / 8;
  bitmap_.emplace(bytes);
  char* const bits = bitmap_->data();
  if (input_.null_count != 0) {
    std::memcpy(bits, input_.validity.data(), bytes);
    return;
  }
  std::memset(bits, 0xFF, bytes);
  if (rows % 8 != 0)
    bits[bytes - 1] = static_cast<char>((1u << (rows % 8)) - 1);
}

SharedBytes OffsetsWithoutNulls(const records::Column& input,
                                const records::Column& output) {
  const uint32_t rows = input.row_count;
  records::AlignedBuffer offsets((rows + size_t{1}) * sizeof(int32_t));
  int32_t end = 0;
  StoreLittle(end, offsets.data());
  for (uint32_t row = 0; row < rows; ++row) {
    end += output.IsNull(row) ? 0 : input.Offset(row + 1) - input.Offset(row);
    StoreLittle(end, offsets.data() + (row + size_t{1}) * sizeof(int32_t));
  }
  return std::move(offsets).Share();
}

}  // namespace sluice::desensitize
