#include "libs/delivery/plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/records/batch_builder.h"
#include "libs/records/resource_fields.h"

namespace sluice::delivery {
namespace {

// Adds the fields that it reads to `read`.
absl::StatusOr<PlannedField> PlanField(const agreement::v1::FieldGrant& grant,
                                       const catalog::v1::Resource& resource,
                                       const desensitize::OperatorKeys& keys,
                                       std::set<uint32_t>* read) {
  const std::string path = absl::StrCat("fields[\"", grant.field_name(), "\"]");
  const catalog::v1::Field* field =
      records::FindField(resource, grant.field_id());
  if (field == nullptr) {
    return FieldError(
        status::v1::REASON_CODE_UNKNOWN_FIELD, path,
        absl::StrCat("schema ", resource.schema_version(), " of ",
                     resource.id(), " has no field ", grant.field_id(),
                     ": request a new version of the agreement"));
  }
  ASSIGN_OR_RETURN(
      const desensitize::Treatment resolved,
      desensitize::ResolveTreatment(grant.treatment(), *field, resource, path));
  RETURN_IF_ERROR(desensitize::CheckStrength(resolved, *field, path));
  PlannedField planned;
  planned.field_id = grant.field_id();
  planned.type = field->type();
  planned.after = desensitize::FieldAfter(resolved, *field);
  planned.treatment = desensitize::TreatmentName(resolved);
  planned.key_version = desensitize::KeyVersionOf(resolved, keys);
  ASSIGN_OR_RETURN(planned.op, desensitize::CompileOperator(resolved, *field,
                                                            resource, keys));
  read->insert(grant.field_id());
  for (const uint32_t id : desensitize::FieldsLookedAt(resolved, resource)) {
    read->insert(id);
  }
  return planned;
}

std::vector<ReadField> FieldsWithTypes(const std::set<uint32_t>& ids,
                                       const catalog::v1::Resource& resource) {
  std::vector<ReadField> fields;
  fields.reserve(ids.size());
  for (const uint32_t id : ids) {
    const catalog::v1::Field* field = records::FindField(resource, id);
    if (field != nullptr) fields.push_back({id, field->name(), field->type()});
  }
  return fields;
}

// Of a column that its publisher left out, as it may where all is null. Treated
// like one that is there: a constant stands in every record, and a batch of
// which nothing else is granted is a batch still.
records::Column NullColumn(const PlannedField& field, uint32_t row_count) {
  records::ColumnBuilder builder(field.field_id, field.type);
  for (uint32_t row = 0; row < row_count; ++row) builder.AppendNull();
  return builder.Finish();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Plan>> Plan::Compile(
    const agreement::v1::Agreement& agreement,
    const catalog::v1::Resource& resource,
    const desensitize::OperatorKeys& keys) {
  std::shared_ptr<Plan> plan(new Plan);
  plan->schema_version_ = resource.schema_version();
  plan->refuse_untreatable_ =
      agreement.on_untreatable() == agreement::v1::ON_UNTREATABLE_REFUSE_BATCH;
  std::set<uint32_t> read;
  plan->fields_.reserve(static_cast<size_t>(agreement.fields_size()));
  for (const auto& grant : agreement.fields()) {
    ASSIGN_OR_RETURN(PlannedField planned,
                     PlanField(grant, resource, keys, &read));
    plan->fields_.push_back(std::move(planned));
  }
  plan->treated_.assign(read.begin(), read.end());
  if (agreement.has_row_filter()) {
    ASSIGN_OR_RETURN(plan->filter_, RowFilter::Compile(agreement, resource));
    read.insert(plan->filter_->fields().begin(), plan->filter_->fields().end());
  }
  plan->read_ = FieldsWithTypes(read, resource);
  for (const std::string& name : resource.key()) {
    const bool granted = std::any_of(
        plan->fields_.begin(), plan->fields_.end(),
        [&](const PlannedField& f) { return f.after.name() == name; });
    if (granted) plan->key_.push_back(name);
  }
  return std::shared_ptr<const Plan>(std::move(plan));
}

absl::Status Plan::CheckTypes(const records::Batch& batch) const {
  for (const ReadField& field : read_) {
    const records::Column* column = batch.FindColumn(field.id);
    if (column == nullptr || column->type == field.type) continue;
    return Error(
        status::v1::REASON_CODE_BATCH_INVALID,
        absl::StrCat("a batch of ", batch.resource, " holds field ", field.name,
                     " with another type than schema ", batch.schema_version,
                     " says: the provider must mend what publishes it"));
  }
  return absl::OkStatus();
}

absl::StatusOr<RowSelection> Plan::Select(const records::Batch& batch,
                                          HeldKeys* held) const {
  RETURN_IF_ERROR(CheckTypes(batch));
  return filter_->Select(batch, held);
}

records::Batch Plan::Take(const records::Batch& batch,
                          const RowSelection& selection, size_t begin,
                          size_t end) const {
  return filter_->Take(batch, selection, begin, end, treated_);
}

absl::StatusOr<TreatedBatch> Plan::Apply(const records::Batch& batch) const {
  RETURN_IF_ERROR(CheckTypes(batch));
  TreatedBatch treated;
  treated.batch.resource = batch.resource;
  treated.batch.schema_version = batch.schema_version;
  treated.batch.row_count = batch.row_count;
  treated.batch.operations = batch.operations;
  // Not the event times: no agreement grants them, and in a batch of one record
  // they are a value of it.
  treated.batch.columns.reserve(fields_.size());
  treated.untreatable.reserve(fields_.size());
  for (const PlannedField& field : fields_) {
    const records::Column* column = batch.FindColumn(field.field_id);
    desensitize::Treated result =
        column != nullptr
            ? field.op->ApplyIn(*column, {batch})
            : field.op->ApplyIn(NullColumn(field, batch.row_count), {batch});
    const uint64_t untreatable = result.untreatable;
    treated.batch.columns.push_back(std::move(result.column));
    if (untreatable > 0 && refuse_untreatable_) {
      return Error(
          status::v1::REASON_CODE_VALUE_UNTREATABLE,
          absl::StrCat("field ", field.after.name(), " has ", untreatable,
                       " values that ", field.treatment,
                       " cannot treat and the agreement refuses such a batch: "
                       "ask the provider to correct them, or for an agreement "
                       "with on_untreatable: NULL_AND_COUNT"));
    }
    treated.untreatable.push_back(untreatable);
    treated.untreatable_total += untreatable;
  }
  return treated;
}

}  // namespace sluice::delivery
