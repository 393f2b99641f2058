// Points as people write them, "119.123456,29.987654", cut as texts, several in
// a vector as they stand side by side in the column: what is checked of one is
// checked of all, a bit a byte.
#ifndef SLUICE_LIBS_DESENSITIZE_POINT_ROWS_H_
#define SLUICE_LIBS_DESENSITIZE_POINT_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// The longest corner of a cell: two of -999.999999 and a comma.
inline constexpr size_t kPointBytesMax = 23;
inline constexpr uint32_t kPointDecimalsMax = 6;

// A cell whose corner a point's own digits say, if it is not negative.
struct PointCut {
  // That are left of each number...
  uint32_t decimals;
  // ...and what the last digit that is left is lowered to a multiple of, a
  // divisor of 10; or the last two, to one of 25.
  uint32_t last_step;

  // Two digits are there to lower if one is a decimal.
  constexpr bool CanBeMade() const {
    return decimals <= kPointDecimalsMax &&
           (10 % last_step == 0 || (last_step == 25 && decimals > 0));
  }
};

// TreatTexts of a column of points; nothing where the CPU has no such vectors.
// `exact` cuts one point in the same way. It is asked about all that is not two
// numbers below 180, each a whole part without leading zeros, a point and at
// least as many decimals as are left, with a comma between them, and about some
// points beside these.
std::optional<Treated> CutPointRows(
    const records::Column& column, PointCut cut,
    absl::FunctionRef<char*(const char* begin, const char* end, char* out)>
        exact);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_POINT_ROWS_H_
