#include "libs/records/assemble_rows.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "libs/records/batch_oracle.h"

namespace sluice::records {
namespace {

using Random = std::mt19937_64;

size_t Below(Random* random, size_t bound) { return (*random)() % bound; }

PlainColumn RandomColumn(DataType type, size_t nulls_in_ten, Random* random) {
  PlainColumn column{3, type, {}};
  for (size_t rows = 1 + Below(random, 60); rows > 0; --rows) {
    PlainCell cell;
    if (Below(random, 10) >= nulls_in_ten) {
      cell = RandomPlainValue(type, random);
    }
    column.cells.push_back(std::move(cell));
  }
  return column;
}

TEST_CASE("Rows of two columns and nulls make a valid column of every type") {
  Random random(1);
  for (int type = v1::DATA_TYPE_BOOL; type <= v1::DATA_TYPE_TIMESTAMP; ++type) {
    for (const size_t nulls_in_ten : {0, 3, 10}) {
      for (const size_t missing_in_ten : {0, 2, 10}) {
        const auto data_type = static_cast<DataType>(type);
        CAPTURE(type, nulls_in_ten, missing_in_ten);
        const PlainColumn plain[] = {
            RandomColumn(data_type, nulls_in_ten, &random),
            RandomColumn(data_type, nulls_in_ten, &random)};
        const Column columns[] = {BuildColumn(plain[0]), BuildColumn(plain[1])};
        std::vector<RowOf> from;
        PlainColumn expected{5, data_type, {}};
        for (size_t i = Below(&random, 150); i > 0; --i) {
          if (Below(&random, 10) < missing_in_ten) {
            from.emplace_back();
            expected.cells.emplace_back();
            continue;
          }
          const size_t which = Below(&random, 2);
          const size_t row = Below(&random, plain[which].cells.size());
          from.push_back({&columns[which], static_cast<uint32_t>(row)});
          expected.cells.push_back(plain[which].cells[row]);
        }
        Batch batch;
        batch.resource = "health.patients";
        batch.schema_version = 1;
        batch.row_count = static_cast<uint32_t>(from.size());
        batch.columns.push_back(
            AssembleRows(5, data_type, batch.row_count,
                         [&](uint32_t i) { return from[i]; }));
        if (batch.row_count > 0) {
          const auto encoded = EncodeBatch(batch);
          REQUIRE(encoded.ok());
          CHECK(IsValidSlowly(encoded->Flatten()));
        }
        CHECK(ReadBatch(batch).columns.at(0) == expected);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::records
