// The top level of a serialized protobuf message, field by field and without
// copying: what finds a body of hundreds of kilobytes that a generated class
// would copy.
#ifndef SLUICE_LIBS_RECORDS_WIRE_READER_H_
#define SLUICE_LIBS_RECORDS_WIRE_READER_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::records {

struct WireField {
  uint32_t number = 0;
  // Where the field, tag included, stands in the message.
  size_t begin = 0;
  size_t end = 0;
  // Whether it is length-delimited: bytes, a string or a message.
  bool has_bytes = false;
  // The content of a length-delimited field: a part of the message.
  absl::string_view bytes;
};

// Not thread-safe. The message must outlive the reader and the fields it gave.
class WireReader {
 public:
  explicit WireReader(absl::string_view message) : message_(message) {}

  bool AtEnd() const { return at_ == message_.size(); }

  // The next field. False if the bytes are none: cut off, a number or a length
  // too large, or a group. Do not call it again then, nor at the end.
  bool Next(WireField* field);

 private:
  bool ReadVarint(uint64_t* value);
  bool Skip(uint64_t count);

  const absl::string_view message_;
  size_t at_ = 0;
};

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_WIRE_READER_H_
