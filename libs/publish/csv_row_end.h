// Finds where a row that is longer than the reader's buffer ends.
#ifndef SLUICE_LIBS_PUBLISH_CSV_ROW_END_H_
#define SLUICE_LIBS_PUBLISH_CSV_ROW_END_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "libs/publish/byte_source.h"

namespace sluice::publish {

struct CsvRowEnd {
  uint64_t offset = 0;      // behind the line end
  uint64_t line_count = 0;  // line breaks in the row, its own included
};

// The end of the row that starts at `offset`; nothing if its quoting is broken
// or it goes on for more than `bytes_max`. Errors are the source's.
absl::StatusOr<std::optional<CsvRowEnd>> FindCsvRowEnd(ByteSource* source,
                                                       uint64_t offset,
                                                       uint64_t bytes_max);

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_CSV_ROW_END_H_
