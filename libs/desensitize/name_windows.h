// Short names, as many at a time as one vector holds: they stand side by side
// in a column, so what each byte is and whether it stays is decided for all of
// them at once, a bit a byte.
#ifndef SLUICE_LIBS_DESENSITIZE_NAME_WINDOWS_H_
#define SLUICE_LIBS_DESENSITIZE_NAME_WINDOWS_H_

#include <cstddef>
#include <cstdint>

#include "libs/records/batch.h"

namespace sluice::desensitize {

// May be written behind the last name.
inline constexpr size_t kNameWindowSlack = 64;

// Whether this CPU has what HideNames needs.
bool HasNameWindows();

// From row `row` of `column` on: hides all but the family names with `symbol`
// and writes the names at `*out`, which is moved on, and where each ends,
// counted from `out_begin`, at the offset of the row behind it. Offsets of
// later rows may be overwritten. Stops at row `until` or a few rows behind it,
// or before kNameRows rows of which one needs more care: a long name, a part of
// a name, the last ones. Returns the row where it stopped.
uint32_t HideNames(const records::Column& column, uint32_t row, uint32_t until,
                   char symbol, char* out_begin, char** out, char* offsets_out);
inline constexpr uint32_t kNameRows = 8;

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NAME_WINDOWS_H_
