// The classes mask over texts of any script: 64 bytes of a column at a time,
// whichever texts they belong to.
#ifndef SLUICE_LIBS_DESENSITIZE_CLASS_BLOCKS_H_
#define SLUICE_LIBS_DESENSITIZE_CLASS_BLOCKS_H_

#include <optional>

#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// NewClassesMask of a column, with a symbol of one byte; nothing if the CPU
// lacks what it needs.
std::optional<Treated> MaskClassBlocks(const records::Column& column,
                                       char symbol);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_CLASS_BLOCKS_H_
