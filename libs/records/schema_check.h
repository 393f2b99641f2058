// Whether a batch keeps to the schema it names.
#ifndef SLUICE_LIBS_RECORDS_SCHEMA_CHECK_H_
#define SLUICE_LIBS_RECORDS_SCHEMA_CHECK_H_

#include "absl/status/status.h"
#include "libs/records/batch.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::records {

// Longest text, in bytes, of a field that names no other bound.
inline constexpr uint32_t kTextLengthDefault = 4096;

// Checks a parsed batch against `resource`, whose fields and key the registry
// has found to be sound:
//   - every column is a field with that type;
//   - required fields have a value in every upsert, key fields of a STATE
//   resource in
//     every row, and a delete has nothing else;
//   - EVENTS have no deletes;
//   - no text is longer than its field allows; DECIMAL128 has at most 38
//   digits; DATE
//     and TIMESTAMP lie in the years 1 to 9999.
//
// SCHEMA_INCOMPATIBLE if the batch is of another resource or schema version,
// else BATCH_INVALID with the field's name; never a value. Thread-safe.
absl::Status CheckSchema(const Batch& batch,
                         const catalog::v1::Resource& resource);

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_SCHEMA_CHECK_H_
