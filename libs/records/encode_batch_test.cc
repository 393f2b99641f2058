#include <catch2/catch.hpp>
#include <functional>
#include <random>

#include "libs/base/status.h"
#include "libs/records/batch.h"
#include "libs/records/batch_oracle.h"

namespace sluice::records {
namespace {

using status::v1::REASON_CODE_BATCH_INVALID;
using status::v1::REASON_CODE_TOO_LARGE;

Batch SmallBatch() {
  PlainBatch plain;
  plain.row_count = 3;
  plain.columns = {
      {1, v1::DATA_TYPE_INT64, {PlainValue(int64_t{1}), {}, {}}},
      {2,
       v1::DATA_TYPE_STRING,
       {PlainValue(std::string("a")), PlainValue(std::string("b")), {}}},
      {3,
       v1::DATA_TYPE_BOOL,
       {PlainValue(true), PlainValue(true), PlainValue(true)}}};
  return BuildBatch(plain);
}

TEST_CASE("An encoded batch has the bytes that the generated class writes") {
  std::mt19937_64 random(20260102);
  for (const uint32_t rows : {1u, 2u, 8u, 31u, 64u, 65u, 200u, 1000u}) {
    CAPTURE(rows);
    const PlainBatch plain = RandomPlainBatch(&random, rows);
    const auto encoded = EncodeBatch(BuildBatch(plain));
    REQUIRE(encoded.ok());
    const std::string bytes = encoded->Flatten();
    CHECK(bytes.size() == encoded->size);
    CHECK(bytes == SerializeSlowly(plain));
  }
}

TEST_CASE("Encoding copies no buffer") {
  const Batch batch = SmallBatch();
  const auto encoded = EncodeBatch(batch);
  REQUIRE(encoded.ok());
  size_t found = 0;
  for (const Column& column : batch.columns) {
    for (const SharedBytes* buffer :
         {&column.validity, &column.offsets, &column.data}) {
      if (buffer->empty()) continue;
      for (const SharedBytes& slice : encoded->slices) {
        if (slice.data() == buffer->data()) ++found;
      }
    }
  }
  CHECK(found == 6);
}

TEST_CASE("Slices keep their buffers after the batch is gone") {
  std::string expected;
  EncodedBatch encoded;
  {
    const Batch batch = SmallBatch();
    encoded = EncodeBatch(batch).value();
    expected = encoded.Flatten();
  }
  CHECK(encoded.Flatten() == expected);
}

TEST_CASE("A batch whose columns do not fit together is not encoded") {
  const struct {
    const char* what;
    std::function<void(Batch*)> spoil;
  } cases[] = {
      {"resource", [](Batch* b) { b->resource = "patients"; }},
      {"schema_version", [](Batch* b) { b->schema_version = 0; }},
      {"no rows", [](Batch* b) { b->row_count = 0; }},
      {"rows", [](Batch* b) { b->row_count = 4; }},
      {"no columns", [](Batch* b) { b->columns.clear(); }},
      {"ascend", [](Batch* b) { std::swap(b->columns[0], b->columns[1]); }},
      {"ascend", [](Batch* b) { b->columns[1].field_id = 1; }},
      {"field_id", [](Batch* b) { b->columns[0].field_id = 0; }},
      {"field_id", [](Batch* b) { b->columns[2].field_id = 65536; }},
      {"type",
       [](Batch* b) { b->columns[0].type = v1::DATA_TYPE_UNSPECIFIED; }},
      {"type",
       [](Batch* b) { b->columns[0].type = static_cast<DataType>(99); }},
      {"null_count", [](Batch* b) { b->columns[0].null_count = 4; }},
      {"null_count", [](Batch* b) { b->columns[0].null_count = 0; }},
      {"validity", [](Batch* b) { b->columns[2].null_count = 1; }},
      {"offsets",
       [](Batch* b) { b->columns[0].offsets = b->columns[1].offsets; }},
      {"offsets", [](Batch* b) { b->columns[1].offsets = SharedBytes(); }},
      {"last offset", [](Batch* b) { b->columns[1].data = SharedBytes(); }},
      {"data", [](Batch* b) { b->columns[0].data = SharedBytes(); }},
      {"data", [](Batch* b) { b->columns[0].type = v1::DATA_TYPE_DATE; }},
      {"operations",
       [](Batch* b) { b->operations = SharedBytes::Own("\1\1"); }},
      {"event_time_min",
       [](Batch* b) {
         b->event_time_min = absl::FromUnixSeconds(-62'135'596'801);
       }},
      {"event_time_max",
       [](Batch* b) {
         b->event_time_max = absl::FromUnixSeconds(253'402'300'800);
       }},
      {"event_time_min",
       [](Batch* b) { b->event_time_min = absl::InfiniteFuture(); }},
      {"event_time_min",
       [](Batch* b) {
         b->event_time_min = absl::FromUnixSeconds(2);
         b->event_time_max = absl::FromUnixSeconds(1);
       }},
  };
  for (const auto& bad : cases) {
    Batch batch = SmallBatch();
    REQUIRE(EncodeBatch(batch).ok());
    bad.spoil(&batch);
    const absl::Status status = EncodeBatch(batch).status();
    CAPTURE(bad.what, status.ToString());
    CHECK(ReasonOf(status) == REASON_CODE_BATCH_INVALID);
    CHECK(std::string(status.message()).find(bad.what) != std::string::npos);
  }
}

TEST_CASE("A batch above the bounds is too large") {
  PlainBatch plain;
  plain.row_count = kBatchRowsMax + 1;
  plain.columns = {{1, v1::DATA_TYPE_BOOL,
                    std::vector<PlainCell>(plain.row_count, PlainValue(true))}};
  CHECK(ReasonOf(EncodeBatch(BuildBatch(plain)).status()) ==
        REASON_CODE_TOO_LARGE);
  plain.row_count = kBatchRowsMax;
  plain.columns[0].cells.pop_back();
  CHECK(EncodeBatch(BuildBatch(plain)).ok());

  plain.row_count = 1;
  plain.columns = {
      {1, v1::DATA_TYPE_BYTES, {PlainValue(std::string(899'900, 'x'))}}};
  CHECK(ReasonOf(EncodeBatch(BuildBatch(plain)).status()) ==
        REASON_CODE_TOO_LARGE);
  plain.columns = {
      {1, v1::DATA_TYPE_BYTES, {PlainValue(std::string(899'800, 'x'))}}};
  const auto encoded = EncodeBatch(BuildBatch(plain));
  REQUIRE(encoded.ok());
  CHECK(encoded->size <= kBatchBytesMax);
  CHECK(ParseBatch(SharedBytes::Own(encoded->Flatten())).ok());
}

TEST_CASE("More than 512 columns are refused") {
  PlainBatch plain;
  plain.row_count = 1;
  for (uint32_t id = 1; id <= 513; ++id) {
    plain.columns.push_back({id, v1::DATA_TYPE_BOOL, {PlainValue(true)}});
  }
  CHECK(ReasonOf(EncodeBatch(BuildBatch(plain)).status()) ==
        REASON_CODE_BATCH_INVALID);
  plain.columns.pop_back();
  CHECK(EncodeBatch(BuildBatch(plain)).ok());
}

}  // namespace
}  // namespace sluice::records
