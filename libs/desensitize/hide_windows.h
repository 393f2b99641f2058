// Masks that hide characters by their place, over short texts, many at a time.
#ifndef SLUICE_LIBS_DESENSITIZE_HIDE_WINDOWS_H_
#define SLUICE_LIBS_DESENSITIZE_HIDE_WINDOWS_H_

#include <cstddef>
#include <cstdint>

#include "libs/desensitize/hide_rule.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// May be written behind the last text.
inline constexpr size_t kHideWindowSlack = 64;

// Whether this CPU and `rule` can do with windows, and texts of `column` are so
// short that windows pay.
bool HasHideWindows(const records::Column& column, const HideRule& rule);

// From row `row` of `column` on: hides with `symbol` what `rule` says, writes
// the texts at `*out`, which is moved on, and where each ends, counted from
// `out_begin`, at the offset of the row behind it. Offsets of later rows may be
// overwritten. Stops a few rows before one that needs more care: a long text,
// one that is untreatable, the last ones. Returns the row where it stopped.
uint32_t HideInWindows(const records::Column& column, const HideRule& rule,
                       uint32_t row, char symbol, char* out_begin, char** out,
                       char* offsets_out);
inline constexpr uint32_t kHideWindowRows = 8;

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_HIDE_WINDOWS_H_
