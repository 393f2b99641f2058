// Memory for column buffers: starts at a multiple of kBufferAlignment, so that
// any Arrow library can adopt what lies in it.
#ifndef SLUICE_LIBS_RECORDS_ALIGNED_BUFFER_H_
#define SLUICE_LIBS_RECORDS_ALIGNED_BUFFER_H_

#include <cstddef>
#include <memory>

#include "libs/base/shared_bytes.h"

namespace sluice::records {

// Buffers start at multiples of this, in a batch's body and in memory.
inline constexpr size_t kBufferAlignment = 64;

// `size` rounded up to a multiple of kBufferAlignment.
constexpr size_t PaddedSize(size_t size) {
  return (size + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
}

// `size` bytes to be written once and then shared. What is behind them, up to
// the next multiple of kBufferAlignment too, is not the buffer's: it is neither
// read nor written. Not thread-safe until shared.
class AlignedBuffer {
 public:
  // The bytes are not initialized.
  explicit AlignedBuffer(size_t size);

  char* data() { return bytes_.get(); }
  size_t size() const { return size_; }

  // The bytes, from now on immutable; this object is empty afterwards.
  SharedBytes Share() &&;

 private:
  struct Free {
    void operator()(char* bytes) const;
  };

  size_t size_;
  std::unique_ptr<char, Free> bytes_;
};

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_ALIGNED_BUFFER_H_
