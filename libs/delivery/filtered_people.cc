#include "libs/delivery/filtered_people.h"

#include <catch2/catch.hpp>

#include "libs/records/batch_builder.h"

namespace sluice::delivery {
namespace {

constexpr uint32_t kIdNumber = 1;
constexpr uint32_t kName = 2;
constexpr uint32_t kDistrict = 3;

void AppendPerson(const Person& person, records::BatchBuilder* builder) {
  builder->column(1)->AppendText("张三丰");
  if (person.district) {
    builder->column(2)->AppendText(*person.district);
  } else {
    builder->column(2)->AppendNull();
  }
  if (person.birth_date) {
    builder->column(3)->AppendDate(*person.birth_date);
  } else {
    builder->column(3)->AppendNull();
  }
  builder->column(4)->AppendText("withheld");
}

}  // namespace

records::Batch BatchOf(const catalog::v1::Resource& resource,
                       const std::vector<PersonRow>& rows) {
  records::BatchBuilder builder(resource);
  for (const auto& [id_number, person] : rows) {
    builder.column(0)->AppendText(id_number);
    if (person) {
      AppendPerson(*person, &builder);
      builder.FinishRow();
      continue;
    }
    for (size_t i = 1; i < builder.column_count(); ++i) {
      builder.column(i)->AppendNull();
    }
    builder.FinishRow(records::v1::OPERATION_DELETE);
  }
  return builder.Finish();
}

void FilteredConsumer::Receive(exchange::v1::Marker marker,
                               const SharedBytes& bytes) {
  if (marker == exchange::v1::MARKER_BASELINE_BEGIN) return state_.Begin();
  if (marker == exchange::v1::MARKER_BASELINE_END) return state_.End();
  const auto batch = records::ParseBatch(bytes);
  REQUIRE(batch.ok());
  for (const records::Column& column : batch->columns) {
    REQUIRE(column.field_id <= kDistrict);
  }
  const records::Column* keys = batch->FindColumn(kIdNumber);
  const records::Column* names = batch->FindColumn(kName);
  const records::Column* districts = batch->FindColumn(kDistrict);
  for (uint32_t row = 0; row < batch->row_count; ++row) {
    REQUIRE_FALSE(keys->IsNull(row));
    const std::string key(keys->Text(row));
    const bool is_delete =
        !batch->operations.empty() &&
        batch->operations.data()[row] == records::v1::OPERATION_DELETE;
    if (!is_delete) {
      REQUIRE_FALSE(names->IsNull(row));
      state_.Upsert(key, std::string(districts->Text(row)));
      ++upserts_;
      continue;
    }
    REQUIRE(names->IsNull(row));
    REQUIRE(districts->IsNull(row));
    // A delete for a consumer that had it, and for no other.
    REQUIRE(state_.Delete(key));
    ++deletes_;
  }
}

}  // namespace sluice::delivery
