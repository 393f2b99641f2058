#include "libs/desensitize/whole_column_operators.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "libs/desensitize/fixed_texts.h"
#include "libs/desensitize/record_operator.h"
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

class Constant : public Operator {
 public:
  explicit Constant(std::string bytes) : bytes_(std::move(bytes)) {}

  Treated Apply(const records::Column& column) const override {
    const size_t rows = column.row_count;
    Treated treated;
    treated.column.field_id = column.field_id;
    treated.column.type = column.type;
    treated.column.row_count = column.row_count;
    if (column.type == records::v1::DATA_TYPE_BOOL) {
      treated.column.data = Bits(rows);
      return treated;
    }
    treated.column.data = Copies(rows);
    if (records::IsText(column.type)) {
      treated.column.offsets = EvenOffsets(column.row_count, bytes_.size());
    }
    return treated;
  }

 private:
  // The bytes, once for each row.
  SharedBytes Copies(size_t rows) const {
    // A run of some of them, no longer than what is near the processor, is
    // doubled and then copied whole.
    constexpr size_t kRunBytes = 4096;
    const size_t size = rows * bytes_.size();
    records::AlignedBuffer copies(size);
    if (size == 0) return std::move(copies).Share();
    char* const out = copies.data();
    size_t run = bytes_.size();
    std::memcpy(out, bytes_.data(), run);
    for (; run < kRunBytes && 2 * run <= size; run *= 2) {
      std::memcpy(out + run, out, run);
    }
    for (size_t at = run; at < size; at += run) {
      std::memcpy(out + at, out, std::min(run, size - at));
    }
    return std::move(copies).Share();
  }

  SharedBytes Bits(size_t rows) const {
    const size_t size = (rows + 7) / 8;
    records::AlignedBuffer bits(size);
    const bool set = bytes_[0] != 0;
    std::memset(bits.data(), set ? 0xFF : 0, size);
    // Bits behind the last row are zero.
    if (set && rows % 8 != 0) {
      bits.data()[size - 1] = static_cast<char>((1u << (rows % 8)) - 1);
    }
    return std::move(bits).Share();
  }

  const std::string bytes_;
};

class ChainOperator : public RecordOperator {
 public:
  explicit ChainOperator(std::vector<std::unique_ptr<const Operator>> steps)
      : steps_(std::move(steps)) {}

  Treated ApplyIn(const records::Column& column,
                  const BatchRows& records) const override {
    Treated treated{column, 0};
    for (const auto& step : steps_) {
      Treated next = step->ApplyIn(treated.column, records);
      next.untreatable += treated.untreatable;
      treated = std::move(next);
    }
    return treated;
  }

 private:
  const std::vector<std::unique_ptr<const Operator>> steps_;
};

}  // namespace

std::unique_ptr<const Operator> NewConstant(std::string bytes) {
  return std::make_unique<Constant>(std::move(bytes));
}

std::unique_ptr<const Operator> NewChain(
    std::vector<std::unique_ptr<const Operator>> steps) {
  return std::make_unique<ChainOperator>(std::move(steps));
}

std::unique_ptr<const Operator> NewKeep() { return std::make_unique<Keep>(); }

std::unique_ptr<const Operator> NewWithhold() {
  return std::make_unique<Withhold>();
}

}  // namespace sluice::desensitize
