#include "tests/fuzz/sound_case.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "libs/records/batch_builder.h"
#include "sluice/agreement/v1/predicate.pb.h"
#include "tests/fuzz/message_walk.h"
#include "tests/fuzz/utf8_mend.h"

namespace sluice::fuzz {
namespace {

using agreement::v1::Agreement;
using agreement::v1::FieldGrant;
using agreement::v1::FieldRef;
using catalog::v1::Field;
using catalog::v1::Resource;

constexpr int kFieldsMax = 8;
constexpr uint32_t kRowsMax = 200;
// Of all texts of a batch before their treatment, which may make them eight
// times as long.
constexpr size_t kTextBytesMax = 48 * 1024;
// 0001-01-01, and the number of days to 9999-12-31.
constexpr int64_t kDateMin = -719'162;
constexpr int64_t kDays = 3'652'059;
constexpr int64_t kMicrosecondsPerDay = 86'400'000'000;

template <typename Enum>
bool IsNamed(Enum value, bool (*is_valid)(int)) {
  return value != 0 && is_valid(value);
}

void MendField(int index, Field* field) {
  field->set_id(static_cast<uint32_t>(index) + 1);
  field->set_name(absl::StrCat("f", index + 1));
  if (!IsNamed(field->type(), records::v1::DataType_IsValid)) {
    field->set_type(records::v1::DATA_TYPE_STRING);
  }
  if (!catalog::v1::SemanticType_IsValid(field->semantic_type())) {
    field->clear_semantic_type();
  }
  if (!IsNamed(field->sensitivity(), catalog::v1::Sensitivity_IsValid)) {
    field->set_sensitivity(catalog::v1::SENSITIVITY_L1_PUBLIC);
  }
  field->set_length_max(field->length_max() % 65'537);
  field->set_scale(field->scale() % 39);
}

// Any id is that of some field.
int FieldIndex(uint32_t id, const Resource& resource) {
  return static_cast<int>((std::max(id, 1u) - 1) %
                          static_cast<uint32_t>(resource.fields_size()));
}

// `value` modulo `count`, from 0 on.
int64_t Within(int64_t value, int64_t count) {
  const int64_t rest = value % count;
  return rest < 0 ? rest + count : rest;
}

absl::int128 DecimalOf(const Cell& cell) {
  absl::int128 limit = 1;
  for (int i = 0; i < 38; ++i) limit *= 10;
  const absl::int128 wide =
      absl::MakeInt128(cell.high(), static_cast<uint64_t>(cell.number()));
  return wide % limit;
}

void AppendCell(const Field& field, const Cell& cell, size_t text_bytes_max,
                records::ColumnBuilder* column) {
  switch (field.type()) {
    case records::v1::DATA_TYPE_BOOL:
      column->AppendBool((cell.number() & 1) != 0);
      return;
    case records::v1::DATA_TYPE_INT64:
      column->AppendInt64(cell.number());
      return;
    case records::v1::DATA_TYPE_DOUBLE:
      column->AppendDouble(cell.real());
      return;
    case records::v1::DATA_TYPE_DECIMAL128:
      column->AppendDecimal(DecimalOf(cell));
      return;
    case records::v1::DATA_TYPE_DATE:
      column->AppendDate(static_cast<int32_t>(
          Within(Within(cell.number(), kDays) - kDateMin, kDays) + kDateMin));
      return;
    case records::v1::DATA_TYPE_TIMESTAMP:
      column->AppendTimestamp(
          Within(cell.number(), kDays * kMicrosecondsPerDay) +
          kDateMin * kMicrosecondsPerDay);
      return;
    default:
      break;
  }
  const size_t length_max =
      field.length_max() == 0 ? size_t{4096} : size_t{field.length_max()};
  const size_t bytes_max = std::min(length_max, text_bytes_max);
  column->AppendText(field.type() == records::v1::DATA_TYPE_BYTES
                         ? cell.text().substr(0, bytes_max)
                         : MendUtf8(cell.text(), bytes_max));
}

// Conditions look at fields of `resource`.
void MendConditions(const Resource& resource, Agreement* agreement) {
  for (google::protobuf::Message* part : WalkMessages(agreement)) {
    if (part->GetDescriptor() != FieldRef::descriptor()) continue;
    auto* const ref = static_cast<FieldRef*>(part);
    const Field& field = resource.fields(FieldIndex(ref->id(), resource));
    ref->set_id(field.id());
    ref->set_name(field.name());
  }
}

bool IsDelete(const PlanCase& input, const Resource& resource, uint32_t row) {
  const std::string& operations = input.operations();
  return resource.kind() == catalog::v1::RESOURCE_KIND_STATE &&
         !operations.empty() && (operations[row % operations.size()] & 1) != 0;
}

}  // namespace

bool MendResource(Resource* resource) {
  if (resource->fields().empty()) return false;
  while (resource->fields_size() > kFieldsMax) {
    resource->mutable_fields()->RemoveLast();
  }
  for (int i = 0; i < resource->fields_size(); ++i) {
    MendField(i, resource->mutable_fields(i));
  }
  resource->set_id("provider.things");
  resource->set_schema_version(1);
  resource->clear_key();
  if (resource->kind() == catalog::v1::RESOURCE_KIND_STATE) {
    resource->mutable_fields(0)->set_required(true);
    resource->add_key(resource->fields(0).name());
  } else {
    resource->set_kind(catalog::v1::RESOURCE_KIND_EVENTS);
  }
  return true;
}

bool MendAgreement(const Resource& resource, Agreement* agreement) {
  std::map<uint32_t, FieldGrant> grants;
  for (FieldGrant& grant : *agreement->mutable_fields()) {
    const Field& field =
        resource.fields(FieldIndex(grant.field_id(), resource));
    grant.set_field_id(field.id());
    grant.set_field_name(field.name());
    grants.emplace(field.id(), grant);
  }
  agreement->clear_fields();
  for (auto& [id, grant] : grants) *agreement->add_fields() = std::move(grant);
  agreement->set_id("terms");
  agreement->set_version(1);
  agreement->set_resource(resource.id());
  agreement->set_consumer("consumer");
  agreement->set_purpose("a purpose");
  agreement->set_legal_basis("a law");
  agreement->clear_modes();
  agreement->add_modes(agreement::v1::DELIVERY_MODE_SUBSCRIBE);
  agreement->clear_limits();
  MendConditions(resource, agreement);
  if (!agreement::v1::OnUntreatable_IsValid(agreement->on_untreatable())) {
    agreement->clear_on_untreatable();
  }
  return !grants.empty();
}

records::Batch MakeBatch(const PlanCase& input, const Resource& resource) {
  const uint32_t rows = input.row_count() % kRowsMax + 1;
  const size_t text_bytes_max =
      kTextBytesMax / rows / static_cast<size_t>(resource.fields_size());
  static const Cells none;
  records::BatchBuilder builder(resource);
  for (uint32_t row = 0; row < rows; ++row) {
    const bool is_delete = IsDelete(input, resource, row);
    for (int i = 0; i < resource.fields_size(); ++i) {
      const Cells& cells = i < input.columns_size() ? input.columns(i) : none;
      const Cell& cell =
          cells.cells().empty()
              ? Cell::default_instance()
              : cells.cells(static_cast<int>(row) % cells.cells_size());
      const bool is_key = i == 0 && !resource.key().empty();
      const bool null = is_delete ? !is_key
                                  : !resource.fields(i).required() &&
                                        (cell.null() || cells.cells().empty());
      records::ColumnBuilder* const column =
          builder.column(static_cast<size_t>(i));
      if (null) {
        column->AppendNull();
      } else {
        AppendCell(resource.fields(i), cell, text_bytes_max, column);
      }
    }
    builder.FinishRow(is_delete ? records::v1::OPERATION_DELETE
                                : records::v1::OPERATION_UPSERT);
  }
  records::Batch batch = builder.Finish();
  for (int i = resource.fields_size() - 1; i > 0; --i) {
    const bool absent =
        !resource.fields(i).required() &&
        (i >= input.columns_size() || input.columns(i).cells().empty());
    if (absent) batch.columns.erase(batch.columns.begin() + i);
  }
  return batch;
}

}  // namespace sluice::fuzz
