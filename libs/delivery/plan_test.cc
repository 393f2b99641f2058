#include "libs/delivery/plan.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"

namespace sluice::delivery {
namespace {

catalog::v1::Resource People() {
  catalog::v1::Resource resource = registry::PeopleResource();
  resource.set_schema_version(3);
  return resource;
}

absl::StatusOr<std::shared_ptr<const Plan>> Compile(
    const agreement::v1::Agreement& agreement,
    const catalog::v1::Resource& resource = People()) {
  desensitize::OperatorKeys keys;
  keys.pseudonym_secret = std::string(32, 'k');
  return Plan::Compile(agreement, resource, keys);
}

TEST_CASE("A plan tells what a consumer sees of each granted field") {
  const auto plan = Compile(registry::PeopleAgreement());
  REQUIRE(plan.ok());
  CHECK((*plan)->schema_version() == 3);
  REQUIRE((*plan)->fields().size() == 3);
  CHECK((*plan)->fields()[0].after.name() == "id_number");
  CHECK((*plan)->fields()[0].treatment == "pseudonym.hex");
  CHECK((*plan)->fields()[1].treatment == "mask.name");
  CHECK((*plan)->fields()[2].treatment == "keep");
  CHECK((*plan)->key() == std::vector<std::string>{"id_number"});
}

TEST_CASE("Nothing leaves but granted fields, treated") {
  const auto plan = Compile(registry::PeopleAgreement());
  REQUIRE(plan.ok());
  records::Batch batch = PeopleBatch(People(), 1, 3);
  batch.event_time_min = registry::TestTime();
  batch.event_time_max = registry::TestTime();
  const auto treated = (*plan)->Apply(batch);
  REQUIRE(treated.ok());
  CHECK(treated->batch.row_count == 3);
  CHECK(treated->batch.schema_version == 3);
  REQUIRE(treated->batch.columns.size() == 3);
  CHECK(treated->batch.columns[0].field_id == 1);
  CHECK(treated->batch.columns[0].Text(0) != batch.columns[0].Text(0));
  CHECK(treated->batch.columns[0].Text(0) != treated->batch.columns[0].Text(1));
  CHECK(treated->batch.columns[1].Text(0) != "张三丰");
  CHECK(treated->batch.columns[2].Text(0) == "110105");
  CHECK(treated->untreatable == std::vector<uint64_t>{0, 0, 0});
  // The times of the rows are no granted field.
  CHECK(treated->batch.event_time_min == absl::InfinitePast());
  CHECK(treated->batch.event_time_max == absl::InfiniteFuture());
  CHECK(records::EncodeBatch(treated->batch).ok());
}

TEST_CASE("A column that the publisher left out is null throughout, treated") {
  agreement::v1::Agreement agreement = registry::PeopleAgreement();
  agreement.mutable_fields(1)
      ->mutable_treatment()
      ->mutable_withhold()
      ->set_constant("nobody");
  const auto plan = Compile(agreement);
  REQUIRE(plan.ok());
  records::Batch batch = PeopleBatch(People(), 1, 2);
  const records::Column left = batch.columns.back();
  batch.columns = {left};
  const auto treated = (*plan)->Apply(batch);
  REQUIRE(treated.ok());
  REQUIRE(treated->batch.columns.size() == 3);
  CHECK(treated->batch.columns[0].null_count == 2);
  // What stands in every record says nothing of whether there was a value.
  CHECK(treated->batch.columns[1].Text(0) == "nobody");
  CHECK(treated->batch.columns[1].Text(1) == "nobody");
  CHECK(treated->untreatable_total == 0);
  // A batch, though the publisher has sent nothing of what is granted.
  CHECK(records::EncodeBatch(treated->batch).ok());
}

TEST_CASE("A column of another type than its field is refused, not treated") {
  const auto plan = Compile(registry::PeopleAgreement());
  REQUIRE(plan.ok());
  for (const size_t index : {0, 1, 2}) {
    records::Batch batch = PeopleBatch(People(), 1, 1);
    records::ColumnBuilder number(batch.columns[index].field_id,
                                  records::v1::DATA_TYPE_INT64);
    number.AppendInt64(7);
    batch.columns[index] = number.Finish();
    CHECK(ReasonOf((*plan)->Apply(batch).status()) ==
          status::v1::REASON_CODE_BATCH_INVALID);
  }
}

// The birth date alone, shifted.
agreement::v1::Agreement ShiftedBirthDates() {
  agreement::v1::Agreement agreement = registry::PeopleAgreement();
  agreement.clear_fields();
  auto* const grant = agreement.add_fields();
  grant->set_field_id(4);
  grant->set_field_name("birth_date");
  grant->mutable_treatment()
      ->mutable_perturb()
      ->mutable_date_shift()
      ->set_days_max(3650);
  return agreement;
}

TEST_CASE("A treatment sees the record's key without its being granted") {
  const auto plan = Compile(ShiftedBirthDates());
  REQUIRE(plan.ok());
  records::BatchBuilder builder(People());
  for (const char* id : {"1101", "1102", "1101"}) {
    builder.column(0)->AppendText(id);
    builder.column(1)->AppendNull();
    builder.column(2)->AppendNull();
    builder.column(3)->AppendDate(7000);
    builder.column(4)->AppendNull();
    builder.FinishRow();
  }
  const auto treated = (*plan)->Apply(builder.Finish());
  REQUIRE(treated.ok());
  REQUIRE(treated->batch.columns.size() == 1);
  const records::Column& dates = treated->batch.columns[0];
  CHECK(dates.Value<int32_t>(0) != dates.Value<int32_t>(1));
  CHECK(dates.Value<int32_t>(0) == dates.Value<int32_t>(2));
}

TEST_CASE("A column that a treatment looks at is checked like a granted one") {
  const auto plan = Compile(ShiftedBirthDates());
  REQUIRE(plan.ok());
  records::Batch batch = PeopleBatch(People(), 1, 1);
  records::ColumnBuilder number(1, records::v1::DATA_TYPE_INT64);
  number.AppendInt64(7);
  batch.columns[0] = number.Finish();
  CHECK(ReasonOf((*plan)->Apply(batch).status()) ==
        status::v1::REASON_CODE_BATCH_INVALID);
  // One that is neither granted nor looked at is left alone.
  batch = PeopleBatch(People(), 1, 1);
  records::ColumnBuilder name(2, records::v1::DATA_TYPE_INT64);
  name.AppendInt64(7);
  batch.columns[1] = name.Finish();
  CHECK((*plan)->Apply(batch).ok());
}

TEST_CASE("A value that cannot be treated becomes null or refuses the batch") {
  records::BatchBuilder builder(People());
  for (int row = 0; row < 2; ++row) {
    builder.column(0)->AppendText("11010519491231002X");
    builder.column(1)->AppendText("张三丰");
    builder.column(2)->AppendText(row == 0 ? "110105" : "no code");
    builder.column(3)->AppendDate(1);
    builder.column(4)->AppendNull();
    builder.FinishRow();
  }
  const records::Batch batch = builder.Finish();
  agreement::v1::Agreement agreement = registry::PeopleAgreement();
  agreement.mutable_fields(2)
      ->mutable_treatment()
      ->mutable_generalize()
      ->mutable_division()
      ->set_level(agreement::v1::DivisionLevel::CITY);
  agreement.set_on_untreatable(agreement::v1::ON_UNTREATABLE_NULL_AND_COUNT);
  auto plan = Compile(agreement);
  INFO(plan.status().message());
  REQUIRE(plan.ok());
  const auto treated = (*plan)->Apply(batch);
  REQUIRE(treated.ok());
  CHECK(treated->untreatable == std::vector<uint64_t>{0, 0, 1});
  CHECK(treated->untreatable_total == 1);
  CHECK_FALSE(treated->batch.columns[2].IsNull(0));
  CHECK(treated->batch.columns[2].IsNull(1));

  agreement.set_on_untreatable(agreement::v1::ON_UNTREATABLE_REFUSE_BATCH);
  plan = Compile(agreement);
  REQUIRE(plan.ok());
  const auto refused = (*plan)->Apply(batch);
  CHECK(ReasonOf(refused.status()) ==
        status::v1::REASON_CODE_VALUE_UNTREATABLE);
  CHECK(std::string(refused.status().message()).find("no code") ==
        std::string::npos);
}

TEST_CASE("A plan that the schema or its sensitivity forbids is not made") {
  catalog::v1::Resource without = People();
  without.mutable_fields(2)->set_id(9);
  CHECK(ReasonOf(Compile(registry::PeopleAgreement(), without).status()) ==
        status::v1::REASON_CODE_UNKNOWN_FIELD);
  catalog::v1::Resource raised = People();
  raised.mutable_fields(2)->set_sensitivity(
      catalog::v1::SENSITIVITY_L4_HIGHLY_SENSITIVE);
  CHECK(ReasonOf(Compile(registry::PeopleAgreement(), raised).status()) ==
        status::v1::REASON_CODE_TREATMENT_TOO_WEAK);
}

}  // namespace
}  // namespace sluice::delivery
