// The rows of a batch that leave under a row filter.
#ifndef SLUICE_LIBS_DELIVERY_ROW_SELECTION_H_
#define SLUICE_LIBS_DELIVERY_ROW_SELECTION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::delivery {

struct RowSelection {
  // Of the whole batch.
  uint32_t source_rows = 0;
  // Ascending.
  std::vector<uint32_t> rows;
  // One v1::Operation byte for each of `rows`; empty: every one is an UPSERT.
  std::string operations;

  // How many of `rows` are before `source_row`.
  size_t CountBefore(uint32_t source_row) const;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_ROW_SELECTION_H_
