// The values of a column as byte strings, a few at a time: what is digested or
// encrypted, so that several can be worked on side by side.
#ifndef SLUICE_LIBS_DESENSITIZE_VALUE_GROUPS_H_
#define SLUICE_LIBS_DESENSITIZE_VALUE_GROUPS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "libs/base/endian.h"
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
// group, but nulls and empty texts. Texts are their bytes; integers are
// big-endian in two's complement, 8 bytes of an INT64 or TIMESTAMP and 4 of a
// DATE.
template <typename Visit>
void VisitValueGroups(const records::Column& column, Visit visit) {
  ValueGroup group;
  char big[kValueGroupMax][sizeof(uint64_t)];
  const bool is_text = records::IsText(column.type);
  const bool is_date = column.type == records::v1::DATA_TYPE_DATE;
  for (uint32_t row = 0; row < column.row_count; ++row) {
    absl::string_view& bytes = group.bytes[group.size];
    if (is_text) {
      bytes = column.Text(row);
      if (bytes.empty()) continue;
    } else {
      if (column.IsNull(row)) continue;
      char* const at = big[group.size];
      if (is_date) {
        StoreLittle(__builtin_bswap32(column.Value<uint32_t>(row)), at);
      } else {
        StoreLittle(__builtin_bswap64(column.Value<uint64_t>(row)), at);
      }
      bytes =
          absl::string_view(at, is_date ? sizeof(uint32_t) : sizeof(uint64_t));
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
