#include "libs/records/schema_check.h"

#include <catch2/catch.hpp>
#include <functional>

#include "libs/base/status.h"
#include "libs/records/batch_builder.h"

namespace sluice::records {
namespace {

using status::v1::REASON_CODE_BATCH_INVALID;
using status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE;

constexpr int32_t kFirstDay = -719'162;  // 0001-01-01
constexpr int32_t kLastDay = 2'932'896;  // 9999-12-31

// id (key), name (required, at most 6 bytes), income, born, seen, note.
catalog::v1::Resource PatientsResource() {
  catalog::v1::Resource resource;
  resource.set_id("health.patients");
  resource.set_schema_version(2);
  resource.set_kind(catalog::v1::RESOURCE_KIND_STATE);
  resource.add_key("id");
  const auto add = [&resource](uint32_t id, const char* name, DataType type) {
    auto* field = resource.add_fields();
    field->set_id(id);
    field->set_name(name);
    field->set_type(type);
    return field;
  };
  add(1, "id", v1::DATA_TYPE_STRING)->set_required(true);
  auto* name = add(2, "name", v1::DATA_TYPE_STRING);
  name->set_required(true);
  name->set_length_max(6);
  add(3, "income", v1::DATA_TYPE_DECIMAL128);
  add(4, "born", v1::DATA_TYPE_DATE);
  add(5, "seen", v1::DATA_TYPE_TIMESTAMP);
  add(6, "note", v1::DATA_TYPE_BYTES);
  return resource;
}

struct Row {
  const char* id = "a";
  const char* name = "geheim";
  absl::int128 income = 1;
  int32_t born = 1;
  int64_t seen = 1;
  std::string note;
};

void AppendText(const char* text, ColumnBuilder* column) {
  if (text == nullptr) {
    column->AppendNull();
  } else {
    column->AppendText(text);
  }
}

void Append(const Row& row, BatchBuilder* builder) {
  AppendText(row.id, builder->column(0));
  AppendText(row.name, builder->column(1));
  builder->column(2)->AppendDecimal(row.income);
  builder->column(3)->AppendDate(row.born);
  builder->column(4)->AppendTimestamp(row.seen);
  builder->column(5)->AppendText(AsView(row.note));
  builder->FinishRow();
}

// A delete with these two columns, all others null.
void AppendDelete(const char* id, const char* name, BatchBuilder* builder) {
  AppendText(id, builder->column(0));
  AppendText(name, builder->column(1));
  for (size_t i = 2; i < builder->column_count(); ++i) {
    builder->column(i)->AppendNull();
  }
  builder->FinishRow(v1::OPERATION_DELETE);
}

absl::Status CheckRow(const Row& row) {
  const auto resource = PatientsResource();
  BatchBuilder builder(resource);
  Append(Row(), &builder);
  Append(row, &builder);
  return CheckSchema(builder.Finish(), resource);
}

absl::Status CheckDelete(const char* id, const char* name) {
  const auto resource = PatientsResource();
  BatchBuilder builder(resource);
  Append(Row(), &builder);
  AppendDelete(id, name, &builder);
  return CheckSchema(builder.Finish(), resource);
}

void CheckFieldInvalid(const absl::Status& status, const std::string& field) {
  CAPTURE(status.ToString(), field);
  CHECK(ReasonOf(status) == REASON_CODE_BATCH_INVALID);
  CHECK(FieldOf(status) == field);
  CHECK(std::string(status.message()).find(field) != std::string::npos);
  CHECK(status.ToString().find("geheim") == std::string::npos);
}

TEST_CASE("A batch that keeps to its schema passes") {
  CHECK(CheckRow(Row()).ok());
  CHECK(CheckDelete("a", nullptr).ok());
}

TEST_CASE("A batch of another resource or schema version is incompatible") {
  const auto resource = PatientsResource();
  BatchBuilder builder(resource);
  Append(Row(), &builder);
  Batch batch = builder.Finish();
  auto other = resource;
  other.set_schema_version(3);
  CHECK(ReasonOf(CheckSchema(batch, other)) == REASON_CODE_SCHEMA_INCOMPATIBLE);
  other = resource;
  other.set_id("health.doctors");
  CHECK(ReasonOf(CheckSchema(batch, other)) == REASON_CODE_SCHEMA_INCOMPATIBLE);
}

TEST_CASE("A column that the schema does not have is refused") {
  auto resource = PatientsResource();
  BatchBuilder builder(resource);
  Append(Row(), &builder);
  const Batch batch = builder.Finish();
  auto without = resource;
  without.mutable_fields()->RemoveLast();
  CheckFieldInvalid(CheckSchema(batch, without), "field 6");
  resource.mutable_fields(5)->set_type(v1::DATA_TYPE_STRING);
  CheckFieldInvalid(CheckSchema(batch, resource), "note");
}

TEST_CASE("A required value must be there in every upsert") {
  Row row;
  row.name = nullptr;
  CheckFieldInvalid(CheckRow(row), "name");

  const auto resource = PatientsResource();
  BatchBuilder builder(resource);
  Append(Row(), &builder);
  Batch batch = builder.Finish();
  batch.columns.erase(batch.columns.begin() + 1);
  CheckFieldInvalid(CheckSchema(batch, resource), "name");
}

TEST_CASE("A field that is not required may have no column") {
  const auto resource = PatientsResource();
  BatchBuilder builder(resource);
  Append(Row(), &builder);
  Batch batch = builder.Finish();
  batch.columns.pop_back();
  CHECK(CheckSchema(batch, resource).ok());
}

TEST_CASE("A delete has its key and nothing else") {
  CheckFieldInvalid(CheckDelete(nullptr, nullptr), "id");
  CheckFieldInvalid(CheckDelete("a", "geheim"), "name");
}

TEST_CASE("Events cannot be deleted") {
  auto resource = PatientsResource();
  resource.set_kind(catalog::v1::RESOURCE_KIND_EVENTS);
  BatchBuilder builder(resource);
  AppendDelete("a", nullptr, &builder);
  const absl::Status status = CheckSchema(builder.Finish(), resource);
  CHECK(ReasonOf(status) == REASON_CODE_BATCH_INVALID);
  CHECK(std::string(status.message()).find("STATE") != std::string::npos);
}

TEST_CASE("A text may be as long as its field allows and no longer") {
  Row row;
  row.name = "geheim!";
  CheckFieldInvalid(CheckRow(row), "name");
  row = Row();
  row.note = std::string(kTextLengthDefault, 'x');
  CHECK(CheckRow(row).ok());
  row.note.push_back('x');
  CheckFieldInvalid(CheckRow(row), "note");
}

TEST_CASE("A decimal has at most 38 digits") {
  absl::int128 limit = 1;
  for (int i = 0; i < 38; ++i) limit *= 10;
  Row row;
  for (const absl::int128 good : {limit - 1, 1 - limit}) {
    row.income = good;
    CHECK(CheckRow(row).ok());
  }
  for (const absl::int128 bad :
       {limit, -limit, absl::Int128Max(), absl::Int128Min()}) {
    row.income = bad;
    CheckFieldInvalid(CheckRow(row), "income");
  }
}

TEST_CASE("Dates and times lie in the years 1 to 9999") {
  for (const int32_t good : {kFirstDay, 0, kLastDay}) {
    Row row;
    row.born = good;
    CHECK(CheckRow(row).ok());
  }
  for (const int32_t bad :
       {kFirstDay - 1, kLastDay + 1, INT32_MIN, INT32_MAX}) {
    Row row;
    row.born = bad;
    CheckFieldInvalid(CheckRow(row), "born");
  }
  constexpr int64_t kDay = 86'400'000'000;
  for (const int64_t good : {kFirstDay * kDay, (kLastDay + 1) * kDay - 1}) {
    Row row;
    row.seen = good;
    CHECK(CheckRow(row).ok());
  }
  for (const int64_t bad :
       {kFirstDay * kDay - 1, (kLastDay + 1) * kDay, INT64_MIN, INT64_MAX}) {
    Row row;
    row.seen = bad;
    CheckFieldInvalid(CheckRow(row), "seen");
  }
}

TEST_CASE("A null passes where its field is not required") {
  const auto resource = PatientsResource();
  BatchBuilder builder(resource);
  builder.column(0)->AppendText("a");
  builder.column(1)->AppendText("b");
  for (size_t i = 2; i < 6; ++i) builder.column(i)->AppendNull();
  builder.FinishRow();
  CHECK(CheckSchema(builder.Finish(), resource).ok());
}

}  // namespace
}  // namespace sluice::records
