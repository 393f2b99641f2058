// HideRows of any texts where the CPU has AVX2 alone: what is hidden of a text
// is one run or all outside of one, so that three stores, each over what the
// one before it wrote too much, write it.
#ifndef SLUICE_LIBS_DESENSITIZE_HIDE_UTF8_AVX2_H_
#define SLUICE_LIBS_DESENSITIZE_HIDE_UTF8_AVX2_H_

#include "absl/functional/function_ref.h"
#include "libs/desensitize/hide_rule.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Only where UsedCpuLevel() is CpuLevel::kAvx2 or above.
Treated HideUtf8Avx2(
    const records::Column& column, const HideRule& rule, char symbol,
    absl::FunctionRef<char*(const char* begin, const char* end, char* out)>
        treat);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_HIDE_UTF8_AVX2_H_
