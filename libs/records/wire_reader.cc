#include "libs/records/wire_reader.h"

#include <limits>

namespace sluice::records {
namespace {

// Wire types, https://protobuf.dev/programming-guides/encoding.
enum WireType : uint32_t {
  kVarint = 0,
  kFixed64 = 1,
  kLengthDelimited = 2,
  kFixed32 = 5,
};

}  // namespace

bool WireReader::ReadVarint(uint64_t* value) {
  *value = 0;
  for (uint32_t shift = 0; shift < 64; shift += 7) {
    if (AtEnd()) return false;
    const auto byte = static_cast<uint8_t>(message_[at_++]);
    // The tenth byte has room for one bit.
    if (shift == 63 && byte > 1) return false;
    *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool WireReader::Skip(uint64_t count) {
  if (count > message_.size() - at_) return false;
  at_ += count;
  return true;
}

bool WireReader::Next(WireField* field) {
  *field = WireField();
  field->begin = at_;
  uint64_t tag = 0;
  if (!ReadVarint(&tag) || tag > std::numeric_limits<uint32_t>::max()) {
    return false;
  }
  field->number = static_cast<uint32_t>(tag >> 3);
  if (field->number == 0) return false;
  uint64_t value = 0;
  switch (static_cast<uint32_t>(tag & 7)) {
    case kVarint:
      if (!ReadVarint(&value)) return false;
      break;
    case kFixed64:
      if (!Skip(8)) return false;
      break;
    case kFixed32:
      if (!Skip(4)) return false;
      break;
    case kLengthDelimited: {
      if (!ReadVarint(&value)) return false;
      const size_t begin = at_;
      if (!Skip(value)) return false;
      field->has_bytes = true;
      field->bytes = message_.substr(begin, at_ - begin);
      break;
    }
    default:
      return false;
  }
  field->end = at_;
  return true;
}

}  // namespace sluice::records
