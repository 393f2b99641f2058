// Numbers to numbers at the speed of memory: no branch, so that the compiler
// works on as many values at once as the CPU can.
#ifndef SLUICE_LIBS_DESENSITIZE_TREAT_EVERY_NUMBER_H_
#define SLUICE_LIBS_DESENSITIZE_TREAT_EVERY_NUMBER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/desensitize/operator.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// As TreatFixed where no value is untreatable. `treat(in, &out)` is
// SLUICE_ANY_LEVEL and is asked about nulls too, as 0. It returns an unsigned
// integer of the value's width, whose highest bit says that it has no quick way
// for this value: then the outcome is nothing.
template <typename In, typename Out, typename TreatValue>
std::optional<Treated> TreatEveryNumber(const records::Column& column,
                                        records::DataType type,
                                        TreatValue treat) {
  using Flags = std::conditional_t<sizeof(In) == 4, uint32_t, uint64_t>;
  const uint32_t rows = column.row_count;
  records::AlignedBuffer data(rows * sizeof(Out));
  char* const out = data.data();
  const char* const in = column.data.data();
  const bool all = RunAtUsedCpuLevel([=]() SLUICE_ANY_LEVEL {
    Flags left = 0;
    for (uint32_t row = 0; row < rows; ++row) {
      Out treated = 0;
      left |= treat(LoadLittle<In>(in + row * sizeof(In)), &treated);
      StoreLittle(treated, out + row * sizeof(Out));
    }
    return left >> (8 * sizeof(left) - 1) == 0;
  });
  if (!all) return std::nullopt;
  for (uint32_t row = 0; row < rows && column.null_count > 0; ++row) {
    if (column.IsNull(row)) StoreLittle<Out>(0, out + row * sizeof(Out));
  }
  Treated treated{column, 0};
  treated.column.type = type;
  treated.column.data = std::move(data).Share();
  return treated;
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TREAT_EVERY_NUMBER_H_
