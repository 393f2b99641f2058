// What a row filter must do to a batch, row by row and with plain values.
#ifndef SLUICE_TESTS_FUZZ_FILTER_CHECK_H_
#define SLUICE_TESTS_FUZZ_FILTER_CHECK_H_

#include "libs/delivery/plan.h"
#include "libs/records/batch.h"
#include "sluice/agreement/v1/agreement.pb.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::fuzz {

// Lets the filter of `plan` select from `batch` twice, as from one message
// behind the other, and ends the process unless
//   - those rows leave, in order, of which the predicate is true;
//   - of a STATE resource a record becomes a delete for who has it, and nothing
//     for who does not;
//   - what is taken of them is a batch of their values, a part of it too.
// Returns what leaves of the first message; row_count 0: nothing.
records::Batch CheckFilter(const records::Batch& batch,
                           const delivery::Plan& plan,
                           const agreement::v1::Agreement& agreement,
                           const catalog::v1::Resource& resource);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_FILTER_CHECK_H_
