// Short names, four at a time: sixteen bytes for each are a quarter of a
// vector, where all bytes are told apart at once and those that stay are moved
// together.
#ifndef SLUICE_LIBS_DESENSITIZE_NAME_LANES_H_
#define SLUICE_LIBS_DESENSITIZE_NAME_LANES_H_

#include <cstddef>
#include <cstdint>

#include "libs/records/batch.h"

namespace sluice::desensitize {

// May be written behind the last name.
inline constexpr size_t kNameLanesSlack = 64;

// Whether this CPU has what HideNames needs.
bool HasNameLanes();

// From row `row` of `column` on, which has no separators in its names: hides
// all but the family names with `symbol` and writes the names at `*out`, which
// is moved on, and where each ends, counted from `out_begin`, at the offset of
// the row behind it. Stops before four rows of which one needs more care: a
// long name or a compound surname. Returns the row where it stopped.
uint32_t HideNames(const records::Column& column, uint32_t row, char symbol,
                   const char* out_begin, char** out, char* offsets_out);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NAME_LANES_H_
