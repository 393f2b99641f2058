// What a predicate says of a single row, for tests. Slow and obvious, and apart
// from the library's code, so that both are wrong in the same way only by
// chance.
#ifndef SLUICE_LIBS_PREDICATE_PREDICATE_ORACLE_H_
#define SLUICE_LIBS_PREDICATE_PREDICATE_ORACLE_H_

#include <cstdint>

#include "libs/predicate/predicate.h"
#include "libs/records/batch_oracle.h"

namespace sluice::predicate {

// `predicate` fits `resource`, of which `batch` holds records.
Truth TruthSlowly(const agreement::v1::Predicate& predicate,
                  const catalog::v1::Resource& resource,
                  const records::PlainBatch& batch, uint32_t row);

}  // namespace sluice::predicate

#endif  // SLUICE_LIBS_PREDICATE_PREDICATE_ORACLE_H_
