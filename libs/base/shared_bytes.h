// Immutable bytes with shared ownership: what the bus hands out and the
// pipeline passes on without copying.
#ifndef SLUICE_LIBS_BASE_SHARED_BYTES_H_
#define SLUICE_LIBS_BASE_SHARED_BYTES_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/string_view.h"

namespace sluice {

// Copying costs a reference count. Thread-safe as a shared_ptr to const is.
class SharedBytes {
 public:
  SharedBytes() = default;

  // Takes over `bytes`.
  static SharedBytes Own(std::string bytes) {
    auto owner = std::make_shared<const std::string>(std::move(bytes));
    const absl::string_view view = AsView(*owner);
    return SharedBytes(std::move(owner), view);
  }

  // `view` must stay valid and unchanged while `owner` lives.
  SharedBytes(std::shared_ptr<const void> owner, absl::string_view view)
      : owner_(std::move(owner)), view_(view) {}

  // A part of these bytes that keeps the whole alive. The range must be inside.
  SharedBytes Slice(size_t offset, size_t length) const {
    return SharedBytes(owner_, view_.substr(offset, length));
  }

  absl::string_view view() const { return view_; }
  const char* data() const { return view_.data(); }
  size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  std::shared_ptr<const void> owner_;
  absl::string_view view_;
};

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_SHARED_BYTES_H_
