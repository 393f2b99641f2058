#include "libs/predicate/condition.h"

#include <algorithm>
#include <cstring>

#include "libs/predicate/row_bits.h"

namespace sluice::predicate {
namespace {

constexpr uint32_t kRowsAByte = 8;

// Calls `merge(bytes of the validity bits, eight truths)` for each eight rows
// and stores what it returns in their place.
template <typename Merge>
void MergeValidity(const records::Column& column, Truth* truths,
                   const Merge& merge) {
  for (uint32_t row = 0; row < column.row_count; row += kRowsAByte) {
    const size_t count = std::min(kRowsAByte, column.row_count - row);
    uint64_t eight = 0;
    std::memcpy(&eight, truths + row, count);
    const auto bits =
        static_cast<uint8_t>(column.validity.data()[row / kRowsAByte]);
    eight = merge(BytesOfBits(bits), eight);
    std::memcpy(truths + row, &eight, count);
  }
}

}  // namespace

void FieldCondition::Evaluate(const records::Batch& batch,
                              Truth* truths) const {
  const records::Column* column = batch.FindColumn(field_id_);
  if (column == nullptr || column->type != type_) {
    std::fill_n(truths, batch.row_count, Truth::kUnknown);
    return;
  }
  Test(*column, truths);
  if (column->null_count == 0) return;
  const uint64_t unknown = EightTimes(static_cast<uint8_t>(Truth::kUnknown));
  MergeValidity(*column, truths, [unknown](uint64_t valid, uint64_t eight) {
    return (eight & valid) | (unknown & ~valid);
  });
}

void IsNullCondition::Evaluate(const records::Batch& batch,
                               Truth* truths) const {
  const records::Column* column = batch.FindColumn(field_id_);
  const bool mistyped = column != nullptr && column->type != type_;
  std::fill_n(truths, batch.row_count,
              mistyped            ? Truth::kUnknown
              : column == nullptr ? Truth::kTrue
                                  : Truth::kFalse);
  if (column == nullptr || mistyped || column->null_count == 0) return;
  const uint64_t is_null = EightTimes(static_cast<uint8_t>(Truth::kTrue));
  MergeValidity(*column, truths, [is_null](uint64_t valid, uint64_t) {
    return is_null & ~valid;
  });
}

}  // namespace sluice::predicate
