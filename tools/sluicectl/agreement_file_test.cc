#include "tools/sluicectl/agreement_file.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/config/yaml.h"
#include "libs/registry/timestamp.h"

namespace sluice::sluicectl {
namespace {

using agreement::v1::Agreement;
using Catch::Matchers::Contains;

constexpr char kHead[] =
    "id: grid-people\n"
    "resource: civil-affairs.people\n"
    "purpose: grid service\n"
    "legal_basis: Decree 809\n";

catalog::v1::Resource People() {
  catalog::v1::Resource resource;
  const absl::Status parsed = config::ParseYamlConfig(
      "id: civil-affairs.people\n"
      "kind: STATE\n"
      "title: 人口\n"
      "sharing_type: CONDITIONAL\n"
      "key: [id_number]\n"
      "fields:\n"
      "- {id: 7, name: id_number, type: STRING, required: true,\n"
      "   semantic_type: RESIDENT_ID, sensitivity: L4_HIGHLY_SENSITIVE}\n"
      "- {id: 2, name: name, type: STRING, semantic_type: PERSON_NAME,\n"
      "   sensitivity: L3_SENSITIVE}\n"
      "- {id: 5, name: division, type: STRING, sensitivity: L1_PUBLIC}\n"
      "- {id: 9, name: visits, type: INT64, sensitivity: L1_PUBLIC}\n",
      "people", &resource);
  INFO(parsed.message());
  REQUIRE(parsed.ok());
  return resource;
}

absl::Time Now() {
  return absl::FromCivil(absl::CivilSecond(2026, 3, 31, 17, 45, 12),
                         absl::UTCTimeZone());
}

absl::StatusOr<Agreement> Resolve(const std::string& rest,
                                  const catalog::v1::Resource& resource) {
  AgreementFile file;
  file.path = "a.yaml";
  file.text = kHead + rest;
  const absl::Status parsed =
      config::ParseYamlConfig(AsView(file.text), file.path, &file.content);
  INFO(parsed.message());
  REQUIRE(parsed.ok());
  return ResolveAgreement(file, resource, "grid", 3, Now());
}

std::string Day(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime(absl::RFC3339_full,
                          registry::FromTimestamp(timestamp),
                          absl::UTCTimeZone());
}

TEST_CASE("names become ids, in ascending order, and blanks their defaults") {
  const auto agreement = Resolve(
      "fields:\n"
      "  id_number: {pseudonym: {}}\n"
      "  name: {mask: {}}\n"
      "  division: {keep: {}}\n",
      People());
  INFO(agreement.status().message());
  REQUIRE(agreement.ok());
  CHECK(agreement->id() == "grid-people");
  CHECK(agreement->version() == 3);
  CHECK(agreement->consumer() == "grid");
  REQUIRE(agreement->fields_size() == 3);
  CHECK(agreement->fields(0).field_id() == 2);
  CHECK(agreement->fields(0).field_name() == "name");
  // Spelled out: what an approver reads is what flows.
  CHECK(agreement->fields(0).treatment().mask().has_name());
  CHECK(agreement->fields(2).treatment().pseudonym().length() == 32);
  CHECK(agreement->fields(1).field_id() == 5);
  CHECK(agreement->fields(2).field_id() == 7);
  REQUIRE(agreement->modes_size() == 1);
  CHECK(agreement->modes(0) == agreement::v1::DELIVERY_MODE_SUBSCRIBE);
  CHECK(Day(agreement->valid_from()) == "2026-03-31T00:00:00+00:00");
  CHECK(Day(agreement->valid_until()) == "2027-03-31T00:00:00+00:00");
}

TEST_CASE("days are midnight UTC, and a leap day's year ends on 1 March") {
  const auto agreement = Resolve(
      "valid_from: 2028-02-29\n"
      "fields: {division: {keep: {}}}\n",
      People());
  REQUIRE(agreement.ok());
  CHECK(Day(agreement->valid_from()) == "2028-02-29T00:00:00+00:00");
  CHECK(Day(agreement->valid_until()) == "2029-03-01T00:00:00+00:00");
}

TEST_CASE("an unknown field is told with its place and what was meant") {
  const auto agreement = Resolve(
      "fields:\n"
      "  division: {keep: {}}\n"
      "  nmae: {mask: {}}\n",
      People());
  REQUIRE_FALSE(agreement.ok());
  CHECK(ReasonOf(agreement.status()) == status::v1::REASON_CODE_UNKNOWN_FIELD);
  CHECK_THAT(std::string(agreement.status().message()),
             Contains("a.yaml:7:9: fields[\"nmae\"]") &&
                 Contains("did you mean name?"));
}

TEST_CASE("conditions are written by name and carry ids") {
  const auto agreement = Resolve(
      "fields:\n"
      "  name:\n"
      "    conditional:\n"
      "      when: {compare: {field: visits, is: less, value: 14}}\n"
      "      then: {withhold: {}}\n"
      "      otherwise: {mask: {}}\n",
      People());
  INFO(agreement.status().message());
  REQUIRE(agreement.ok());
  const auto& conditional = agreement->fields(0).treatment().conditional();
  CHECK(conditional.when().compare().field().id() == 9);
  CHECK(conditional.when().compare().value() == "14");
  CHECK(conditional.otherwise().has_mask());

  const auto unknown = Resolve(
      "fields:\n"
      "  name:\n"
      "    conditional:\n"
      "      when: {is_null: {field: visit}}\n"
      "      then: {withhold: {}}\n"
      "      otherwise: {mask: {}}\n",
      People());
  CHECK(ReasonOf(unknown.status()) == status::v1::REASON_CODE_UNKNOWN_FIELD);
  CHECK_THAT(std::string(unknown.status().message()),
             Contains("a.yaml:8:") && Contains("did you mean visits?"));
}

TEST_CASE("a name like none is answered with where names are listed") {
  const auto agreement = Resolve("fields: {zzzzzzzz: {keep: {}}}\n", People());
  REQUIRE_FALSE(agreement.ok());
  CHECK_THAT(std::string(agreement.status().message()),
             Contains("sluicectl catalog show civil-affairs.people"));
}

TEST_CASE("treatments that are unfit or too weak are found, all at once") {
  const auto agreement = Resolve(
      "fields:\n"
      "  id_number: {keep: {}}\n"
      "  visits: {mask: {phone: {}}}\n",
      People());
  REQUIRE_FALSE(agreement.ok());
  const std::string message(agreement.status().message());
  CHECK_THAT(message, Contains("a.yaml:6:14: fields[\"id_number\"]"));
  CHECK_THAT(message, Contains("a.yaml:7:18: fields[\"visits\"].mask"));
  CHECK(ReasonOf(agreement.status()) ==
        status::v1::REASON_CODE_TREATMENT_TOO_WEAK);
}

TEST_CASE(
    "a day that does not exist and a period that ends first are refused") {
  const auto no_day = Resolve(
      "valid_from: 2026-02-30\nfields: {division: {keep: {}}}\n", People());
  REQUIRE_FALSE(no_day.ok());
  CHECK_THAT(std::string(no_day.status().message()),
             Contains("a.yaml:5:13: valid_from: there is no such day"));
  const auto backwards = Resolve(
      "valid_from: 2026-03-02\n"
      "valid_until: 2026-03-02\n"
      "fields: {division: {keep: {}}}\n",
      People());
  REQUIRE_FALSE(backwards.ok());
  CHECK_THAT(std::string(backwards.status().message()),
             Contains("a.yaml:6:14: valid_until: must be after valid_from"));
}

TEST_CASE("what is not shared cannot be asked for") {
  catalog::v1::Resource resource = People();
  resource.set_sharing_type(catalog::v1::SHARING_TYPE_NOT_SHARED);
  CHECK(ReasonOf(
            Resolve("fields: {division: {keep: {}}}\n", resource).status()) ==
        status::v1::REASON_CODE_NOT_SHARED);
}

TEST_CASE("Limits are taken as they are written") {
  const auto agreement = Resolve(
      "fields: {division: {keep: {}}}\n"
      "limits: {records_per_day: 100000, on_limit: REFUSE,\n"
      "         utc_offset_minutes: 480, concurrent_streams: 2}\n",
      People());
  INFO(agreement.status().message());
  REQUIRE(agreement.ok());
  const auto& limits = agreement->limits();
  CHECK(limits.records_per_day() == 100000);
  CHECK(limits.on_limit() == agreement::v1::ON_LIMIT_REFUSE);
  CHECK(limits.utc_offset_minutes() == 480);
  CHECK(limits.concurrent_streams() == 2);
  CHECK(DescribeLimits(limits) ==
        "100000 records a day (from 00:00 at UTC+08:00), then refused until "
        "the next day; 2 streams at once");
  agreement::v1::Limits other;
  CHECK(DescribeLimits(other) == "none");
  other.set_records_per_second(50);
  CHECK(DescribeLimits(other) == "50 records a second");
  other.set_records_per_day(7);
  other.set_utc_offset_minutes(-210);
  CHECK(DescribeLimits(other) ==
        "50 records a second; 7 records a day (from 00:00 at UTC-03:30), waits "
        "for the next day");
}

TEST_CASE("A row filter names fields, and their ids are pinned") {
  const auto agreement = Resolve(
      "fields: {division: {keep: {}}}\n"
      "row_filter:\n"
      "  all:\n"
      "    of:\n"
      "      - prefix: {field: division, prefix: \"3301\"}\n"
      "      - not: {compare: {field: visits, is: LESS, value: \"12\"}}\n",
      People());
  INFO(agreement.status().message());
  REQUIRE(agreement.ok());
  const auto& all = agreement->row_filter().all();
  REQUIRE(all.of_size() == 2);
  CHECK(all.of(0).prefix().field().id() == 5);
  CHECK(all.of(1).not_().compare().field().id() == 9);
  CHECK(all.of(1).not_().compare().field().name() == "visits");
}

TEST_CASE("A row filter that does not fit is refused at its line") {
  const auto unknown = Resolve(
      "fields: {division: {keep: {}}}\n"
      "row_filter: {prefix: {field: divison, prefix: \"3301\"}}\n",
      People());
  CHECK(ReasonOf(unknown.status()) == status::v1::REASON_CODE_UNKNOWN_FIELD);
  CHECK_THAT(std::string(unknown.status().message()),
             Contains("a.yaml:6:") && Contains("did you mean division"));
  const auto unfit = Resolve(
      "fields: {division: {keep: {}}}\n"
      "row_filter: {compare: {field: visits, value: twelve}}\n",
      People());
  CHECK(ReasonOf(unfit.status()) == status::v1::REASON_CODE_PREDICATE_UNFIT);
  CHECK_THAT(std::string(unfit.status().message()),
             Contains("a.yaml:6:") && Contains("INT64"));
}

TEST_CASE("What is said of a day's limit needs a day's limit") {
  const auto refused = Resolve(
      "fields: {division: {keep: {}}}\n"
      "limits: {records_per_second: 5, on_limit: SUSPEND}\n",
      People());
  CHECK(ReasonOf(refused.status()) == status::v1::REASON_CODE_OUT_OF_BOUNDS);
  CHECK_THAT(std::string(refused.status().message()),
             Contains("a.yaml:6:") && Contains("records_per_day"));
  CHECK_FALSE(
      Resolve("fields: {division: {keep: {}}}\n", People())->has_limits());
}

}  // namespace
}  // namespace sluice::sluicectl
