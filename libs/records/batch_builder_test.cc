#include "libs/records/batch_builder.h"

#include <catch2/catch.hpp>
#include <random>

#include "libs/base/string_view.h"
#include "libs/records/batch_oracle.h"

namespace sluice::records {
namespace {

bool IsAligned(const SharedBytes& bytes) {
  return reinterpret_cast<uintptr_t>(bytes.data()) % kBufferAlignment == 0;
}

catalog::v1::Resource PatientsResource() {
  catalog::v1::Resource resource;
  resource.set_id("health.patients");
  resource.set_schema_version(3);
  const struct {
    uint32_t id;
    DataType type;
  } fields[] = {{7, v1::DATA_TYPE_STRING},
                {2, v1::DATA_TYPE_INT64},
                {5, v1::DATA_TYPE_BOOL}};
  for (const auto& field : fields) {
    auto* added = resource.add_fields();
    added->set_id(field.id);
    added->set_type(field.type);
  }
  return resource;
}

TEST_CASE(
    "What is appended to a column is read back, whatever type and nulls") {
  std::mt19937_64 random(20260101);
  for (const uint32_t rows : {0u, 1u, 7u, 8u, 9u, 63u, 64u, 65u, 500u}) {
    CAPTURE(rows);
    PlainBatch plain = RandomPlainBatch(&random, rows);
    if (rows == 0) plain.operations.clear();
    CHECK(ReadBatch(BuildBatch(plain)) == plain);
  }
}

TEST_CASE("A column's buffers are aligned and its size counts their padding") {
  ColumnBuilder builder(1, v1::DATA_TYPE_STRING);
  CHECK(builder.byte_size() == 64);  // the first offset
  for (int i = 0; i < 100; ++i) {
    builder.AppendText("abc");
    builder.AppendNull();
  }
  // 25 bytes of validity, 201 offsets, 300 bytes of text.
  CHECK(builder.byte_size() == 64 + 832 + 320);
  CHECK(builder.row_count() == 200);
  const Column column = builder.Finish();
  CHECK(column.null_count == 100);
  CHECK(column.validity.size() == 25);
  CHECK(column.offsets.size() == 804);
  CHECK(column.data.size() == 300);
  CHECK(IsAligned(column.validity));
  CHECK(IsAligned(column.offsets));
  CHECK(IsAligned(column.data));
}

TEST_CASE("A column without nulls has no bitmap") {
  ColumnBuilder builder(1, v1::DATA_TYPE_DATE);
  builder.AppendDate(1);
  const Column column = builder.Finish();
  CHECK(column.null_count == 0);
  CHECK(column.validity.empty());
  CHECK_FALSE(column.IsNull(0));
}

TEST_CASE("Nothing but zeros lies under a null") {
  for (const DataType type : {v1::DATA_TYPE_BOOL, v1::DATA_TYPE_INT64,
                              v1::DATA_TYPE_DOUBLE, v1::DATA_TYPE_DECIMAL128,
                              v1::DATA_TYPE_DATE, v1::DATA_TYPE_TIMESTAMP}) {
    ColumnBuilder builder(1, type);
    for (int i = 0; i < 9; ++i) builder.AppendNull();
    const Column column = builder.Finish();
    CHECK(column.null_count == 9);
    CHECK(column.data.view().find_first_not_of('\0') ==
          absl::string_view::npos);
  }
}

TEST_CASE("A builder starts again from nothing") {
  ColumnBuilder builder(4, v1::DATA_TYPE_STRING);
  builder.AppendText("first");
  builder.AppendNull();
  const Column first = builder.Finish();
  CHECK(builder.row_count() == 0);
  builder.AppendText("second");
  const Column second = builder.Finish();
  CHECK(second.row_count == 1);
  CHECK(second.null_count == 0);
  CHECK(second.Text(0) == "second");
  // What was finished does not change.
  CHECK(first.Text(0) == "first");
  CHECK(first.IsNull(1));
}

TEST_CASE("A batch has a column per field in ascending order of id") {
  BatchBuilder builder(PatientsResource());
  REQUIRE(builder.column_count() == 3);
  builder.column(0)->AppendInt64(42);
  builder.column(1)->AppendBool(true);
  builder.column(2)->AppendText("abc");
  builder.FinishRow();
  CHECK(builder.row_count() == 1);
  CHECK(builder.byte_size() == 64 * 4);
  const Batch batch = builder.Finish();
  CHECK(batch.resource == "health.patients");
  CHECK(batch.schema_version == 3);
  CHECK(batch.row_count == 1);
  REQUIRE(batch.columns.size() == 3);
  CHECK(batch.columns[0].field_id == 2);
  CHECK(batch.columns[1].field_id == 5);
  CHECK(batch.columns[2].field_id == 7);
  CHECK(batch.columns[2].Text(0) == "abc");
  CHECK(batch.operations.empty());
  CHECK(batch.event_time_min == absl::InfinitePast());
  CHECK(batch.event_time_max == absl::InfiniteFuture());
}

TEST_CASE(
    "Operations are written once there is a delete, and forgotten after") {
  BatchBuilder builder(PatientsResource());
  const auto append = [&builder](v1::Operation operation) {
    for (size_t i = 0; i < builder.column_count(); ++i) {
      builder.column(i)->AppendNull();
    }
    builder.FinishRow(operation);
  };
  append(v1::OPERATION_UPSERT);
  const size_t before = builder.byte_size();
  append(v1::OPERATION_DELETE);
  CHECK(builder.byte_size() == before + 64);
  const Batch batch = builder.Finish();
  CHECK(batch.operations.view() == "\x01\x02");
  CHECK(IsAligned(batch.operations));

  CHECK(builder.row_count() == 0);
  append(v1::OPERATION_UPSERT);
  CHECK(builder.Finish().operations.empty());
}

TEST_CASE("The size of a batch builder is that of the body it makes") {
  std::mt19937_64 random(7);
  BatchBuilder builder(PatientsResource());
  for (int row = 0; row < 333; ++row) {
    builder.column(0)->AppendInt64(row);
    if (row % 3 == 0) {
      builder.column(1)->AppendNull();
    } else {
      builder.column(1)->AppendBool(row % 2 == 0);
    }
    builder.column(2)->AppendText(AsView(std::string(random() % 40, 'x')));
    builder.FinishRow(row == 5 ? v1::OPERATION_DELETE : v1::OPERATION_UPSERT);
  }
  const size_t size = builder.byte_size();
  const auto encoded = EncodeBatch(builder.Finish());
  REQUIRE(encoded.ok());
  v1::RecordBatch message;
  REQUIRE(message.ParseFromString(encoded->Flatten()));
  CHECK(message.body().size() == size);
}

}  // namespace
}  // namespace sluice::records
