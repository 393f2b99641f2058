// STRING columns whose texts all have one length.
#ifndef SLUICE_LIBS_DESENSITIZE_FIXED_TEXTS_H_
#define SLUICE_LIBS_DESENSITIZE_FIXED_TEXTS_H_

#include <cstddef>
#include <cstdint>

#include "libs/base/shared_bytes.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// How many values of `column` are neither null nor an empty text.
uint32_t CountFilled(const records::Column& column);

// The offsets of a column where each of these has a text of `length` bytes and
// every other row none.
SharedBytes FixedOffsets(const records::Column& column, size_t length);

// The same where all `rows` have one.
SharedBytes EvenOffsets(uint32_t rows, size_t length);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_FIXED_TEXTS_H_
