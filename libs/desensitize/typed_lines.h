// Values as lines of text, for trying treatments.
#ifndef SLUICE_LIBS_DESENSITIZE_TYPED_LINES_H_
#define SLUICE_LIBS_DESENSITIZE_TYPED_LINES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/records/batch.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {

// Appends the value that `line` spells: a text, 42, -0.5, true, 2026-01-31,
// 2026-01-31T12:30:00Z; BYTES in hex. An empty line is null, but an empty text
// of a STRING. MALFORMED if it spells no value of `type`.
absl::Status AppendLine(absl::string_view line, records::DataType type,
                        uint32_t scale, records::ColumnBuilder* column);

// The value in `row` of `column`, spelled the same way; "null" for a null.
std::string LineOf(const records::Column& column, uint32_t row, uint32_t scale);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TYPED_LINES_H_
