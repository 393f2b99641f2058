#include "libs/records/aligned_buffer.h"

#include <new>
#include <utility>

#include "absl/strings/string_view.h"

namespace sluice::records {

AlignedBuffer::AlignedBuffer(size_t size)
    : size_(size),
      bytes_(static_cast<char*>(
          ::operator new(size, std::align_val_t{kBufferAlignment}))) {}

void AlignedBuffer::Free::operator()(char* bytes) const {
  ::operator delete(bytes, std::align_val_t{kBufferAlignment});
}

SharedBytes AlignedBuffer::Share() && {
  const absl::string_view view(bytes_.get(), std::exchange(size_, 0));
  return SharedBytes(std::shared_ptr<const char>(std::move(bytes_)), view);
}

}  // namespace sluice::records
