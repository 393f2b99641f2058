// Names of Han characters that have three bytes each, without AVX-512: what is
// looked at is looked at many bytes at a time, and what hides a name is written
// as one word of eight symbols.
#ifndef SLUICE_LIBS_DESENSITIZE_NAME_WORDS_H_
#define SLUICE_LIBS_DESENSITIZE_NAME_WORDS_H_

#include <cstddef>
#include <cstdint>

#include "libs/records/batch.h"

namespace sluice::desensitize {

// Names that are looked at together.
inline constexpr uint32_t kNameWordRows = 8;

// May be written behind the last name.
inline constexpr size_t kNameWordSlack = 2 * sizeof(uint64_t);

// Hides all but the family names of the names from `row` of `column` on and
// before `until`, at most RowsToRead(column, sizeof(uint64_t)), with `symbol`
// and writes them at `*out`, which is moved on, and where each ends, counted
// from `out_begin`, at the offset of the row behind it. Stops before
// kNameWordRows names of which one has neither no character nor two to nine of
// three bytes each, and before fewer than these. Returns the row behind the
// last name that is written. Texts are valid UTF-8. Only at CpuLevel::kAvx2 and
// above.
uint32_t HideNamesAsWords(const records::Column& column, uint32_t row,
                          uint32_t until, char symbol, char* out_begin,
                          char** out, char* offsets_out);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NAME_WORDS_H_
