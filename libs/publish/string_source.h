// A string as a ByteSource, for tests.
#ifndef SLUICE_LIBS_PUBLISH_STRING_SOURCE_H_
#define SLUICE_LIBS_PUBLISH_STRING_SOURCE_H_

#include <algorithm>
#include <cstring>
#include <string>

#include "libs/publish/byte_source.h"

namespace sluice::publish {

class StringSource : public ByteSource {
 public:
  // `text` must outlive the source.
  explicit StringSource(const std::string& text) : text_(text) {}

  uint64_t size() const override { return text_.size(); }

  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* to,
                                size_t count) override {
    if (offset >= text_.size()) return 0;
    const auto got =
        static_cast<size_t>(std::min<uint64_t>(count, text_.size() - offset));
    std::memcpy(to, text_.data() + offset, got);
    return got;
  }

 private:
  const std::string& text_;
};

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_STRING_SOURCE_H_
