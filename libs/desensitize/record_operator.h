// Operators that look at more of a record than one column. Internal to
// libs/desensitize.
#ifndef SLUICE_LIBS_DESENSITIZE_RECORD_OPERATOR_H_
#define SLUICE_LIBS_DESENSITIZE_RECORD_OPERATOR_H_

#include "libs/desensitize/operator.h"

namespace sluice::desensitize {

class RecordOperator : public Operator {
 public:
  Treated Apply(const records::Column& column) const final {
    records::Batch alone;
    alone.row_count = column.row_count;
    alone.columns.push_back(column);
    return ApplyIn(column, {alone});
  }

  Treated ApplyIn(const records::Column& column,
                  const BatchRows& records) const override = 0;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_RECORD_OPERATOR_H_
