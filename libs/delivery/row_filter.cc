#include "libs/delivery/row_filter.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/records/assemble_rows.h"
#include "libs/records/record_key.h"
#include "libs/records/resource_fields.h"

namespace sluice::delivery {
namespace {

using predicate::Truth;

bool IsDelete(const std::string& operations, size_t i) {
  return !operations.empty() &&
         static_cast<uint8_t>(operations[i]) == records::v1::OPERATION_DELETE;
}

bool IsUpsert(const records::Batch& batch, uint32_t row) {
  return batch.operations.empty() ||
         static_cast<uint8_t>(batch.operations.data()[row]) ==
             records::v1::OPERATION_UPSERT;
}

// Why a record that passes could not be added.
absl::Status CannotHold(HeldKeys::Added why, const records::Batch& batch,
                        const HeldKeys& held) {
  if (why == HeldKeys::Added::kTooMany) {
    // Not TOO_MANY, for there will be as many when the stream comes again.
    return Error(
        status::v1::REASON_CODE_TOO_LARGE,
        absl::StrCat("more than ", held.size(), " records of one partition of ",
                     batch.resource,
                     " pass the agreement's row filter, which is as many as a "
                     "broker keeps count of: ask for a narrower filter, or for "
                     "none"));
  }
  return Error(
      status::v1::REASON_CODE_TOO_MANY,
      absl::StrCat("this broker keeps count of as many records that pass row "
                   "filters as its memory for that allows (",
                   held.budget()->bytes_max() >> 20,
                   " MiB), so it cannot say which of ", batch.resource,
                   " the consumer has: call again, at another broker or later, "
                   "or have broker.held_keys_mib raised"));
}

// The rows that pass, of records that nobody takes back.
RowSelection SelectPassing(const records::Batch& batch,
                           const std::vector<Truth>& truths) {
  RowSelection selection;
  selection.source_rows = batch.row_count;
  selection.rows.reserve(batch.row_count);
  for (uint32_t row = 0; row < batch.row_count; ++row) {
    if (truths[row] != Truth::kTrue) continue;
    selection.rows.push_back(row);
    if (!batch.operations.empty()) {
      selection.operations.push_back(batch.operations.data()[row]);
    }
  }
  return selection;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const RowFilter>> RowFilter::Compile(
    const agreement::v1::Agreement& agreement,
    const catalog::v1::Resource& resource) {
  std::unique_ptr<RowFilter> filter(new RowFilter);
  ASSIGN_OR_RETURN(
      filter->predicate_,
      predicate::Compile(agreement.row_filter(), resource, "row_filter"));
  filter->fields_ = predicate::FieldsOf(agreement.row_filter());
  filter->key_ = records::KeyFieldsOf(resource);
  if (resource.kind() != catalog::v1::RESOURCE_KIND_EVENTS) {
    filter->needs_held_keys_ = true;
    auto& fields = filter->fields_;
    fields.insert(fields.end(), filter->key_.begin(), filter->key_.end());
    std::sort(fields.begin(), fields.end());
    fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  }
  return std::unique_ptr<const RowFilter>(std::move(filter));
}

absl::StatusOr<RowSelection> RowFilter::Select(const records::Batch& batch,
                                               HeldKeys* held) const {
  std::vector<Truth> truths;
  predicate_->Evaluate(batch, &truths);
  if (!needs_held_keys_) return SelectPassing(batch, truths);
  RowSelection selection;
  selection.source_rows = batch.row_count;
  selection.rows.reserve(batch.row_count);
  selection.operations.reserve(batch.row_count);
  std::vector<const records::Column*> key_columns;
  key_columns.reserve(key_.size());
  for (const uint32_t id : key_) key_columns.push_back(batch.FindColumn(id));
  bool has_deletes = false;
  std::string key;
  for (uint32_t row = 0; row < batch.row_count; ++row) {
    key.clear();
    records::AppendRecordKey(key_columns, row, &key);
    if (truths[row] == Truth::kTrue && IsUpsert(batch, row)) {
      const HeldKeys::Added added = held->Add(key);
      if (added != HeldKeys::Added::kYes) {
        return CannotHold(added, batch, *held);
      }
      selection.rows.push_back(row);
      selection.operations.push_back(records::v1::OPERATION_UPSERT);
    } else if (held->Remove(key)) {
      selection.rows.push_back(row);
      selection.operations.push_back(records::v1::OPERATION_DELETE);
      has_deletes = true;
    }
  }
  if (!has_deletes) selection.operations.clear();
  return selection;
}

records::Batch RowFilter::Take(const records::Batch& batch,
                               const RowSelection& selection, size_t begin,
                               size_t end,
                               const std::vector<uint32_t>& columns) const {
  records::Batch taken;
  taken.resource = batch.resource;
  taken.schema_version = batch.schema_version;
  taken.row_count = static_cast<uint32_t>(end - begin);
  taken.event_time_min = batch.event_time_min;
  taken.event_time_max = batch.event_time_max;
  if (!selection.operations.empty()) {
    taken.operations =
        SharedBytes::Own(selection.operations.substr(begin, end - begin));
  }
  const bool all = taken.row_count == batch.row_count;
  taken.columns.reserve(columns.size());
  for (const uint32_t id : columns) {
    const records::Column* column = batch.FindColumn(id);
    if (column == nullptr) continue;
    if (all && selection.operations.empty()) {
      taken.columns.push_back(*column);
      continue;
    }
    const bool is_key = std::find(key_.begin(), key_.end(), id) != key_.end();
    taken.columns.push_back(records::AssembleRows(
        id, column->type, taken.row_count, [&](uint32_t i) {
          const bool is_null =
              !is_key && IsDelete(selection.operations, begin + i);
          return is_null ? records::RowOf()
                         : records::RowOf{column, selection.rows[begin + i]};
        }));
  }
  return taken;
}

}  // namespace sluice::delivery
