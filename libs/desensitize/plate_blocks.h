// Licence plates, 64 bytes of a column at a time (form_blocks.h): for CPUs
// that have AVX2 alone.
#ifndef SLUICE_LIBS_DESENSITIZE_PLATE_BLOCKS_H_
#define SLUICE_LIBS_DESENSITIZE_PLATE_BLOCKS_H_

#if defined(__x86_64__)

#include "libs/base/cpu_level.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// The licence plate mask of a column, in a symbol of one byte.
SLUICE_AVX2 Treated MaskPlateBlocks(const records::Column& column, char symbol);

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_PLATE_BLOCKS_H_
