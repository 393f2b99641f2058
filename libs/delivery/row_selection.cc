#include "libs/delivery/row_selection.h"

#include <algorithm>

namespace sluice::delivery {

size_t RowSelection::CountBefore(uint32_t source_row) const {
  return static_cast<size_t>(
      std::lower_bound(rows.begin(), rows.end(), source_row) - rows.begin());
}

}  // namespace sluice::delivery
