// CutPointRows without AVX-512: one point after the other, each by what the
// places of its comma and its points say, of which a column has few kinds.
#ifndef SLUICE_LIBS_DESENSITIZE_POINT_FORMS_H_
#define SLUICE_LIBS_DESENSITIZE_POINT_FORMS_H_

#include "absl/functional/function_ref.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/point_rows.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// As CutPointRows. Only at CpuLevel::kAvx2 and above.
Treated CutPointsByForm(
    const records::Column& column, PointCut cut,
    absl::FunctionRef<char*(const char* begin, const char* end, char* out)>
        exact);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_POINT_FORMS_H_
