// HideRows of ASCII where the CPU has AVX2 alone: texts keep their lengths, so
// each is loaded, blended with the symbol, and stored where it stood.
#ifndef SLUICE_LIBS_DESENSITIZE_HIDE_ASCII_AVX2_H_
#define SLUICE_LIBS_DESENSITIZE_HIDE_ASCII_AVX2_H_

#include <optional>

#include "absl/functional/function_ref.h"
#include "libs/desensitize/hide_rule.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Nothing if the column is not ASCII or has what is untreatable. Only where
// UsedCpuLevel() is CpuLevel::kAvx2 or above.
std::optional<Treated> HideAsciiAvx2(
    const records::Column& column, const HideRule& rule, char symbol,
    absl::FunctionRef<char*(const char* begin, const char* end, char* out)>
        treat);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_HIDE_ASCII_AVX2_H_
