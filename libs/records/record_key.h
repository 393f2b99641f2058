// Which partition a record belongs to. The bytes and the hash are specified in
// docs/formats/records.md, so that every publisher, in any language and over
// any bus, puts a key where the others look for it.
#ifndef SLUICE_LIBS_RECORDS_RECORD_KEY_H_
#define SLUICE_LIBS_RECORDS_RECORD_KEY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/records/batch.h"

namespace sluice::records {

// Canonical bytes of a row's key: for each column in the order given a tag byte
// (0 null, 1 value), then the value: integers big-endian with the sign bit
// flipped, so that bytes sort as values do; DOUBLE big-endian with the sign bit
// flipped, or all bits if it is negative, -0 as 0 and every NaN as one; BOOL
// one byte; texts with each 0x00 written as 0x00 0xFF and ended by 0x00 0x00.
std::string RecordKey(const std::vector<const Column*>& columns, uint32_t row);

// Appends the same to `key`, for many rows without an allocation for each. A
// null pointer is a column that its batch leaves out: null in every row.
void AppendRecordKey(const std::vector<const Column*>& columns, uint32_t row,
                     std::string* key);

// XXH64 with seed 0 of the canonical bytes, modulo `partitions`, which is at
// least 1 (asserted). xxHash's 64-bit function is public, fast and the same
// everywhere.
uint32_t PartitionOf(absl::string_view key, uint32_t partitions);

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_RECORD_KEY_H_
