// A STRING column written row by row, where the texts of some rows are left
// out.
#ifndef SLUICE_LIBS_DESENSITIZE_TEXT_COLUMN_WRITER_H_
#define SLUICE_LIBS_DESENSITIZE_TEXT_COLUMN_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "libs/base/endian.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Not thread-safe.
class TextColumnWriter {
 public:
  // At most `bytes_max` bytes are written in all.
  TextColumnWriter(uint32_t rows, size_t bytes_max)
      : rows_(rows),
        offsets_((rows + size_t{1}) * sizeof(int32_t)),
        data_(bytes_max) {}

  // Where the text of `row` begins. Rows ascend; those between have none.
  char* Begin(uint32_t row) {
    FillTo(row);
    return data_.data() + end_;
  }

  // The text begun last ends before `end`.
  void End(const char* end) { end_ = static_cast<size_t>(end - data_.data()); }

  // The column, with the field, rows and nulls of `input`; this object is used
  // up.
  records::Column Finish(const records::Column& input) && {
    FillTo(rows_);
    records::Column column = input;
    column.type = records::v1::DATA_TYPE_STRING;
    column.offsets = std::move(offsets_).Share();
    column.data = std::move(data_).Share().Slice(0, end_);
    return column;
  }

 private:
  // Sets the offsets at which the rows up to `row` begin.
  void FillTo(uint32_t row) {
    for (; next_ <= row; ++next_) {
      StoreLittle(static_cast<int32_t>(end_),
                  offsets_.data() + next_ * sizeof(int32_t));
    }
  }

  const uint32_t rows_;
  records::AlignedBuffer offsets_;
  records::AlignedBuffer data_;
  uint32_t next_ = 0;
  size_t end_ = 0;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TEXT_COLUMN_WRITER_H_
