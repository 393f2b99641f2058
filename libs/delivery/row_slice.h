// Some rows of a batch, as a batch.
#ifndef SLUICE_LIBS_DELIVERY_ROW_SLICE_H_
#define SLUICE_LIBS_DELIVERY_ROW_SLICE_H_

#include <cstdint>

#include "libs/records/batch.h"

namespace sluice::delivery {

// Rows [first, first + count) of `batch`, which has them (asserted). Copies the
// values one by one: for the batch in which a limit is reached, not for every
// one. Operations and event times stay as they are.
records::Batch SliceRows(const records::Batch& batch, uint32_t first,
                         uint32_t count);

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_ROW_SLICE_H_
