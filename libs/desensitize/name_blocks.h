// Names of Han characters that have three bytes each, a block of names at a
// time: what is where is counted in characters, so that one vector looks at 64
// of them, and names may begin anywhere in it.
#ifndef SLUICE_LIBS_DESENSITIZE_NAME_BLOCKS_H_
#define SLUICE_LIBS_DESENSITIZE_NAME_BLOCKS_H_

#include <cstddef>
#include <cstdint>

#include "libs/records/batch.h"

namespace sluice::desensitize {

// Names of a block.
inline constexpr uint32_t kNameBlockRows = 256;

// May be written behind the last name.
inline constexpr size_t kNameBlockSlack = 192;

// Hides all but the family names of the kNameBlockRows names from row `row` of
// `column` on with `symbol` and writes them at `*out`, which is moved on, and
// where each ends, counted from `out_begin`, at the offset of the row behind
// it. Does nothing and returns false where a name is empty or a single
// character, a character has not three bytes, or the names have more than four
// characters on average. Texts are valid UTF-8. Only at
// CpuLevel::kAvx512.
bool HideNameBlock(const records::Column& column, uint32_t row, char symbol,
                   char* out_begin, char** out, char* offsets_out);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NAME_BLOCKS_H_
