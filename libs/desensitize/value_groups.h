// The values of a column as byte strings, a few at a time: what is digested or
// encrypted, so that several can be worked on side by side.
#ifndef SLUICE_LIBS_DESENSITIZE_VALUE_GROUPS_H_
#define SLUICE_LIBS_DESENSITIZE_VALUE_GROUPS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

inline constexpr size_t kValueGroupMax = 32;

// Some values of a column, in the order of their rows.
struct ValueGroup {
  std::array<absl::string_view, kValueGroupMax> bytes;
  std::array<uint32_t, kValueGroupMax> rows;
  size_t size = 0;
};

// Calls `visit(const ValueGroup&)` until all values of the column were in a
// group, but nulls and empty texts. Texts are their bytes; numbers are their
// bytes in big-endian order: 4 of a DATE, 16 of a DECIMAL128, 8 of the others.
// Not for BOOL.
template <typename Visit>
void VisitValueGroups(const records::Column& column, Visit visit) {
  ValueGroup group;
  constexpr size_t kWidthMax = 16;
  char big[kValueGroupMax][kWidthMax];
  const bool is_text = records::IsText(column.type);
  const size_t width = records::FixedWidth(column.type);
  for (uint32_t row = 0; row < column.row_count; ++row) {
    absl::string_view& bytes = group.bytes[group.size];
    if (is_text) {
      bytes = column.Text(row);
      if (bytes.empty()) continue;
    } else {
      if (column.IsNull(row)) continue;
      char* const at = big[group.size];
      const char* const value = column.data.data() + row * width;
      std::reverse_copy(value, value + width, at);
      bytes = absl::string_view(at, width);
    }
    group.rows[group.size] = row;
    if (++group.size == kValueGroupMax) {
      visit(static_cast<const ValueGroup&>(group));
      group.size = 0;
    }
  }
  if (group.size > 0) visit(static_cast<const ValueGroup&>(group));
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_VALUE_GROUPS_H_
