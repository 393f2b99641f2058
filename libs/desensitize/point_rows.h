// Points as people write them, "119.123456,29.9", read many at a time.
#ifndef SLUICE_LIBS_DESENSITIZE_POINT_ROWS_H_
#define SLUICE_LIBS_DESENSITIZE_POINT_ROWS_H_

#include <cstdint>

#include "libs/desensitize/number_pairs.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Reads the points of up to PairWriter::kRowsMax rows of a column of texts from
// `begin` on, in millionths of a degree; `pairs` has room for kRowsBehind more.
// Returns a bit for each row that was read: two numbers from -180 to 180, each
// of one to three digits, a point and more digits, with a comma between them,
// in 32 bytes. More than six decimals are rounded down. The other rows may be
// right as well, and some at both ends of the column are not looked at; nothing
// is said of their pairs. Only if PairWriter::CanWrite().
uint64_t ReadPoints(const records::Column& column, uint32_t begin,
                    uint32_t rows, NumberPair* pairs);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_POINT_ROWS_H_
