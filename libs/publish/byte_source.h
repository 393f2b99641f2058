// Bytes that can be read at any place: a file, or a string in a test.
#ifndef SLUICE_LIBS_PUBLISH_BYTE_SOURCE_H_
#define SLUICE_LIBS_PUBLISH_BYTE_SOURCE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"

namespace sluice::publish {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Number of bytes; does not change.
  virtual uint64_t size() const = 0;

  // Reads up to `count` bytes from `offset` on: 0 only at or behind size(),
  // possibly fewer than asked before it. STORAGE_FAILED, or WRONG_STATE if the
  // bytes changed under the reader.
  virtual absl::StatusOr<size_t> ReadAt(uint64_t offset, char* to,
                                        size_t count) = 0;
};

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_BYTE_SOURCE_H_
