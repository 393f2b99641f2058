#include "tests/fuzz/filter_check.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/delivery/held_keys.h"
#include "libs/predicate/predicate_oracle.h"
#include "libs/records/batch_oracle.h"
#include "tests/fuzz/fuzz_target.h"

namespace sluice::fuzz {
namespace {

using delivery::RowSelection;
using predicate::Truth;
using records::PlainBatch;
using records::PlainCell;
using records::PlainColumn;
using records::v1::Operation;

// A row that leaves.
struct Leaving {
  uint32_t row = 0;
  Operation operation = records::v1::OPERATION_UPSERT;
};

// The same for keys that count as the same: docs/formats/records.md.
PlainCell KeyCell(PlainCell cell) {
  if (!cell.has_value() || !std::holds_alternative<double>(*cell)) return cell;
  const double value = std::get<double>(*cell);
  if (std::isnan(value)) return std::string("not a number");
  return value == 0 ? 0.0 : value;
}

const PlainColumn* Find(const PlainBatch& batch, uint32_t field_id) {
  for (const PlainColumn& column : batch.columns) {
    if (column.field_id == field_id) return &column;
  }
  return nullptr;
}

Operation OperationOf(const PlainBatch& batch, uint32_t row) {
  return batch.operations.empty() ? records::v1::OPERATION_UPSERT
                                  : batch.operations[row];
}

// The key of a STATE resource is its first field: sound_case.h.
std::vector<Leaving> SelectSlowly(const PlainBatch& batch,
                                  const agreement::v1::Agreement& agreement,
                                  const catalog::v1::Resource& resource,
                                  std::set<PlainCell>* held) {
  std::vector<Leaving> leaving;
  for (uint32_t row = 0; row < batch.row_count; ++row) {
    const Operation operation = OperationOf(batch, row);
    const bool passes = predicate::TruthSlowly(agreement.row_filter(), resource,
                                               batch, row) == Truth::kTrue;
    if (resource.kind() == catalog::v1::RESOURCE_KIND_EVENTS) {
      if (passes) leaving.push_back({row, operation});
      continue;
    }
    const PlainCell key = KeyCell(Find(batch, 1)->cells[row]);
    if (passes && operation == records::v1::OPERATION_UPSERT) {
      held->insert(key);
      leaving.push_back({row, operation});
    } else if (held->erase(key) > 0) {
      leaving.push_back({row, records::v1::OPERATION_DELETE});
    }
  }
  return leaving;
}

void CheckSelection(const RowSelection& selection, const PlainBatch& batch,
                    const std::vector<Leaving>& expected) {
  Require(selection.source_rows == batch.row_count,
          "the selection is of another batch");
  Require(selection.rows.size() == expected.size(),
          absl::StrCat("the filter lets ", selection.rows.size(),
                       " rows through, and not ", expected.size()));
  Require(selection.operations.empty() ||
              selection.operations.size() == selection.rows.size(),
          "operations are not one a row");
  for (size_t i = 0; i < expected.size(); ++i) {
    Require(selection.rows[i] == expected[i].row,
            absl::StrCat("row ", selection.rows[i], " leaves, and not row ",
                         expected[i].row));
    const auto operation =
        selection.operations.empty()
            ? records::v1::OPERATION_UPSERT
            : static_cast<Operation>(selection.operations[i]);
    Require(operation == expected[i].operation,
            absl::StrCat("row ", expected[i].row, " is operation ",
                         records::v1::Operation_Name(operation)));
  }
}

// Of `leaving`, from entry `begin` on.
void CheckTaken(const records::Batch& taken, const PlainBatch& batch,
                const std::vector<Leaving>& leaving, size_t begin) {
  const PlainBatch plain = records::ReadBatch(taken);
  for (uint32_t i = 0; i < plain.row_count; ++i) {
    const Leaving& from = leaving[begin + i];
    Require(OperationOf(plain, i) == from.operation,
            "a row that is taken is of another operation");
    for (const PlainColumn& column : plain.columns) {
      const bool is_key = column.field_id == 1;
      const bool is_emptied =
          !is_key && from.operation == records::v1::OPERATION_DELETE;
      const PlainCell& cell = Find(batch, column.field_id)->cells[from.row];
      // A NaN is none other than itself.
      Require(KeyCell(column.cells[i]) ==
                  (is_emptied ? PlainCell() : KeyCell(cell)),
              absl::StrCat("field ", column.field_id, " of row ", from.row,
                           " is another when it is taken"));
    }
  }
}

}  // namespace

records::Batch CheckFilter(const records::Batch& batch,
                           const delivery::Plan& plan,
                           const agreement::v1::Agreement& agreement,
                           const catalog::v1::Resource& resource) {
  const PlainBatch plain = records::ReadBatch(batch);
  delivery::HeldKeys held;
  std::set<PlainCell> held_slowly;
  records::Batch first;
  for (const int message : {1, 2}) {
    const auto selection = plan.Select(batch, &held);
    Require(selection.ok(), absl::StrCat("the filter ends with ",
                                         selection.status().message()));
    const auto expected =
        SelectSlowly(plain, agreement, resource, &held_slowly);
    CheckSelection(*selection, plain, expected);
    Require(held.size() == held_slowly.size(), "it holds other keys");
    const size_t rows = expected.size();
    if (rows == 0) continue;
    const records::Batch taken = plan.Take(batch, *selection, 0, rows);
    Require(taken.row_count == rows, "not all rows are taken");
    CheckTaken(taken, plain, expected, 0);
    const size_t begin = rows / 3;
    const size_t end = rows - rows / 4;
    const records::Batch part = plan.Take(batch, *selection, begin, end);
    Require(part.row_count == end - begin, "a part has other rows");
    CheckTaken(part, plain, expected, begin);
    if (message == 1) first = taken;
  }
  return first;
}

}  // namespace sluice::fuzz
