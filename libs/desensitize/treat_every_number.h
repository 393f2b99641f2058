// Numbers to numbers at the speed of memory: no branch, so that the compiler
// works on as many values at once as the CPU can.
#ifndef SLUICE_LIBS_DESENSITIZE_TREAT_EVERY_NUMBER_H_
#define SLUICE_LIBS_DESENSITIZE_TREAT_EVERY_NUMBER_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/output_validity.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Calls `visit(row)` for each row of `column` that is null.
template <typename Visit>
void VisitNulls(const records::Column& column, Visit visit) {
  if (column.null_count == 0) return;
  constexpr uint32_t kWordRows = 64;
  const char* const bits = column.validity.data();
  uint32_t row = 0;
  for (; row + kWordRows <= column.row_count; row += kWordRows) {
    uint64_t nulls = ~LoadLittle<uint64_t>(bits + row / 8);
    for (; nulls != 0; nulls &= nulls - 1) {
      visit(row + static_cast<uint32_t>(std::countr_zero(nulls)));
    }
  }
  for (; row < column.row_count; ++row) {
    if (column.IsNull(row)) visit(row);
  }
}

// A number's flags, and `treat`s what it was made at `out`. A DECIMAL128 is one
// of 64 bits to `treat`, and flagged if it is none.
template <typename In, typename Out, typename TreatValue>
SLUICE_ANY_LEVEL inline auto TreatNumberAt(const char* in, char* out,
                                           const TreatValue& treat) {
  if constexpr (sizeof(In) == 16) {
    static_assert(sizeof(Out) == 16);
    const auto low = LoadLittle<int64_t>(in);
    const uint64_t high_of_wide =
        LoadLittle<uint64_t>(in + 8) ^ static_cast<uint64_t>(low >> 63);
    int64_t treated = 0;
    const uint64_t flags = treat(low, &treated);
    StoreLittle(treated, out);
    StoreLittle(treated >> 63, out + 8);
    return flags | high_of_wide | (0 - high_of_wide);
  } else {
    Out treated = 0;
    const auto flags = treat(LoadLittle<In>(in), &treated);
    StoreLittle(treated, out);
    return flags;
  }
}

// What an outcome of TreatEveryNumber's `treat` says in its highest bit.
template <typename In>
using TreatFlags = std::conditional_t<sizeof(In) == 4, uint32_t, uint64_t>;

template <typename In>
SLUICE_ANY_LEVEL inline bool HasQuickWay(TreatFlags<In> flags) {
  return flags >> (8 * sizeof(flags) - 1) == 0;
}

// What TreatEveryNumber does about the rows that have no quick way and about
// nulls, once `data` holds what `treat` makes of each row; `all` have a quick
// way, or some have none. Not called, for compilers forget what they know of a
// `treat` that is given away.
template <typename In, typename Out, typename TreatValue, typename TreatExactly>
SLUICE_ANY_LEVEL inline Treated TreatLeftNumbers(const records::Column& column,
                                                 records::DataType type,
                                                 bool all,
                                                 const TreatValue& treat,
                                                 const TreatExactly& exact,
                                                 records::AlignedBuffer data) {
  const uint32_t rows = column.row_count;
  OutputValidity validity(column);
  char* const out = data.data();
  const char* const in = column.data.data();
  for (uint32_t row = 0; row < rows && !all; ++row) {
    char ignored[sizeof(Out)];
    const char* const at = in + row * sizeof(In);
    const TreatFlags<In> flags = TreatNumberAt<In, Out>(at, ignored, treat);
    if (HasQuickWay<In>(flags) || column.IsNull(row)) continue;
    Out treated = 0;
    if (!exact(LoadLittle<In>(at), &treated)) {
      validity.ClearRow(row);
      treated = 0;
    }
    StoreLittle(treated, out + row * sizeof(Out));
  }
  VisitNulls(column, [out](uint32_t row) {
    StoreLittle<Out>(0, out + row * sizeof(Out));
  });
  Treated treated{column, validity.cleared()};
  treated.column.type = type;
  treated.column.data = std::move(data).Share();
  std::move(validity).MoveTo(&treated.column);
  return treated;
}

// As TreatFixed, with a quick way for most values. `treat(in, &out)` is
// SLUICE_ANY_LEVEL and is asked about nulls too, as 0. It returns an unsigned
// integer of 64 bits, or of 32 for values of 32 bits, whose highest bit says
// that it has no quick way for this value: then `exact` is asked, the `treat`
// of TreatFixed. Values of 32 bits that have a quick way lie side by side.
template <typename In, typename Out, typename TreatValue, typename TreatExactly>
Treated TreatEveryNumber(const records::Column& column, records::DataType type,
                         TreatValue treat, TreatExactly exact) {
  const uint32_t rows = column.row_count;
  records::AlignedBuffer data(rows * sizeof(Out));
  char* const out = data.data();
  const char* const in = column.data.data();
  const bool all = RunAtUsedCpuLevel([=]() SLUICE_ANY_LEVEL {
    if constexpr (std::is_same_v<In, int32_t>) {
      // Two instructions a vector, where flags take three.
      int32_t least = std::numeric_limits<int32_t>::max();
      int32_t most = std::numeric_limits<int32_t>::min();
      for (uint32_t row = 0; row < rows; ++row) {
        const char* const at = in + row * sizeof(In);
        least = std::min(least, LoadLittle<In>(at));
        most = std::max(most, LoadLittle<In>(at));
        TreatNumberAt<In, Out>(at, out + row * sizeof(Out), treat);
      }
      Out ignored = 0;
      const TreatFlags<In> left =
          treat(least, &ignored) | treat(most, &ignored);
      return HasQuickWay<In>(left);
    } else {
      TreatFlags<In> left = 0;
      for (uint32_t row = 0; row < rows; ++row) {
        left |= TreatNumberAt<In, Out>(in + row * sizeof(In),
                                       out + row * sizeof(Out), treat);
      }
      return HasQuickWay<In>(left);
    }
  });
  return TreatLeftNumbers<In, Out>(column, type, all, treat, exact,
                                   std::move(data));
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TREAT_EVERY_NUMBER_H_
