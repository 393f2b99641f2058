#include "libs/records/batch.h"

#include <catch2/catch.hpp>

namespace sluice::records {
namespace {

TEST_CASE("Every type says how wide its values are") {
  CHECK(FixedWidth(v1::DATA_TYPE_BOOL) == 0);
  CHECK(FixedWidth(v1::DATA_TYPE_INT64) == 8);
  CHECK(FixedWidth(v1::DATA_TYPE_DOUBLE) == 8);
  CHECK(FixedWidth(v1::DATA_TYPE_DECIMAL128) == 16);
  CHECK(FixedWidth(v1::DATA_TYPE_STRING) == 0);
  CHECK(FixedWidth(v1::DATA_TYPE_BYTES) == 0);
  CHECK(FixedWidth(v1::DATA_TYPE_DATE) == 4);
  CHECK(FixedWidth(v1::DATA_TYPE_TIMESTAMP) == 8);
  CHECK(IsText(v1::DATA_TYPE_STRING));
  CHECK(IsText(v1::DATA_TYPE_BYTES));
  CHECK_FALSE(IsText(v1::DATA_TYPE_BOOL));
}

TEST_CASE("A column is found by its field id") {
  Batch batch;
  for (const uint32_t id : {2u, 5u, 9u}) {
    Column column;
    column.field_id = id;
    batch.columns.push_back(column);
  }
  for (uint32_t id = 0; id < 12; ++id) {
    const Column* found = batch.FindColumn(id);
    if (id == 2 || id == 5 || id == 9) {
      REQUIRE(found != nullptr);
      CHECK(found->field_id == id);
    } else {
      CHECK(found == nullptr);
    }
  }
  CHECK(Batch().FindColumn(1) == nullptr);
}

TEST_CASE("Pieces join into one string") {
  EncodedBatch encoded;
  CHECK(encoded.Flatten().empty());
  encoded.slices = {SharedBytes::Own("ab"), SharedBytes(),
                    SharedBytes::Own("c")};
  encoded.size = 3;
  CHECK(encoded.Flatten() == "abc");
}

}  // namespace
}  // namespace sluice::records
