#include "libs/desensitize/whole_column_operators.h"

#include <cstring>
#include <utility>

#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

SharedBytes Zeroes(size_t size) {
  records::AlignedBuffer bytes(size);
  std::memset(bytes.data(), 0, size);
  return std::move(bytes).Share();
}

class Keep : public Operator {
 public:
  Treated Apply(const records::Column& column) const override {
    return Treated{column, 0};
  }
};

class Withhold : public Operator {
 public:
  Treated Apply(const records::Column& column) const override {
    const size_t rows = column.row_count;
    const size_t bitmap_bytes = (rows + 7) / 8;
    Treated treated;
    treated.column.field_id = column.field_id;
    treated.column.type = column.type;
    treated.column.row_count = column.row_count;
    treated.column.null_count = column.row_count;
    treated.column.validity = Zeroes(bitmap_bytes);
    if (records::IsText(column.type)) {
      treated.column.offsets = Zeroes((rows + 1) * sizeof(int32_t));
    } else if (column.type == records::v1::DATA_TYPE_BOOL) {
      treated.column.data = Zeroes(bitmap_bytes);
    } else {
      treated.column.data = Zeroes(rows * records::FixedWidth(column.type));
    }
    return treated;
  }
};

}  // namespace

std::unique_ptr<const Operator> NewKeep() { return std::make_unique<Keep>(); }

std::unique_ptr<const Operator> NewWithhold() {
  return std::make_unique<Withhold>();
}

}  // namespace sluice::desensitize
