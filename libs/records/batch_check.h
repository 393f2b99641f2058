// What must hold of a batch's columns: the rules of docs/formats/records.md.
// Inside the library; others call ParseBatch and EncodeBatch.
#ifndef SLUICE_LIBS_RECORDS_BATCH_CHECK_H_
#define SLUICE_LIBS_RECORDS_BATCH_CHECK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/records/batch.h"

namespace sluice::records {

// BATCH_INVALID: says that the batch is refused, that `what` is wrong with it,
// and where the rules are.
absl::Status BatchInvalid(absl::string_view what);

// Whether a message can hold `time`: years 1 to 9999, as
// google.protobuf.Timestamp has it.
bool IsStorable(absl::Time time);

// Counts, ids, types and times within bounds, columns ascending, and each
// buffer of the length its column asks. Costs nothing per row.
absl::Status CheckShape(const Batch& batch);

// What the buffers hold. The shape must hold already.
absl::Status CheckContent(const Batch& batch);

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_BATCH_CHECK_H_
