// How far a kernel may go that reads more than the texts it is asked about.
#ifndef SLUICE_LIBS_DESENSITIZE_ROWS_TO_READ_H_
#define SLUICE_LIBS_DESENSITIZE_ROWS_TO_READ_H_

#include <cstddef>
#include <cstdint>

#include "libs/records/batch.h"

namespace sluice::desensitize {

// How many rows of a column of texts, from the first on, have `bytes` bytes
// behind where they begin: nothing is known of what follows a column's data.
inline uint32_t RowsToRead(const records::Column& column, size_t bytes) {
  uint32_t rows = column.row_count;
  while (rows > 0 && static_cast<size_t>(column.Offset(rows - 1)) + bytes >
                         column.data.size()) {
    --rows;
  }
  return rows;
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_ROWS_TO_READ_H_
