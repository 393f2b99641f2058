// Which rows of a treated column have a value.
#ifndef SLUICE_LIBS_DESENSITIZE_OUTPUT_VALIDITY_H_
#define SLUICE_LIBS_DESENSITIZE_OUTPUT_VALIDITY_H_

#include <cstdint>
#include <optional>

#include "libs/base/shared_bytes.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Starts as the validity of the input and loses the rows that are untreatable.
// The input's bitmap is shared until the first of these.
class OutputValidity {
 public:
  // `input` must outlive this object.
  explicit OutputValidity(const records::Column& input) : input_(input) {}

  // The value of `row`, which had one, becomes null. Once per row.
  void ClearRow(uint32_t row) {
    if (!bitmap_) CopyBitmap();
    bitmap_->data()[row / 8] &= static_cast<char>(~(1u << (row % 8)));
    ++cleared_;
  }

  uint64_t cleared() const { return cleared_; }

  // Sets validity and null_count of `output`; this object is used up.
  void MoveTo(records::Column* output) &&;

 private:
  void CopyBitmap();

  const records::Column& input_;
  std::optional<records::AlignedBuffer> bitmap_;
  uint32_t cleared_ = 0;
};

// The offsets of `input`, whose texts stay as long as they are, without those
// that are null in `output`.
SharedBytes OffsetsWithoutNulls(const records::Column& input,
                                const records::Column& output);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_OUTPUT_VALIDITY_H_
