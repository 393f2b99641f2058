// Prose with a mobile number here and there, copied and masked in one pass over
// a column's data, whatever texts begin and end in it: bits, one for each byte,
// say where digits are and where texts begin, and what is asked of one number
// is asked by the same shifts and sums of all that 384 bytes hold.
//
// Just eleven digits that nothing parts are a mobile number or none, whatever
// stands beside them (sensitive_spans.h). What else may be hidden has an @ or a
// digit of full width, or digits that reach over twelve bytes or more with
// nothing between them but what may be in a gap (digit_run.h): texts that may
// have such are told, to be looked at one by one.
#ifndef SLUICE_LIBS_DESENSITIZE_PROSE_BLOCKS_H_
#define SLUICE_LIBS_DESENSITIZE_PROSE_BLOCKS_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Copies the data of `column`, which is STRING and whose last text ends with
// its data, to `out`, with `mark` for the digits to be hidden of each mobile
// number of eleven ASCII digits. Then calls `look(begin, end)`, ascending, for
// rows of which more may have to be hidden; in all others it is done. Some of
// those are told as well.
//
// False, with nothing done: this CPU has not CpuLevel::kAvx2, or the column is
// so short that it is not worth it.
bool CopyProse(const records::Column& column, char mark, char* out,
               absl::FunctionRef<void(uint32_t begin, uint32_t end)> look);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_PROSE_BLOCKS_H_
