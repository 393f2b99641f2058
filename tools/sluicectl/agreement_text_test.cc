#include "tools/sluicectl/agreement_text.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/json_util.h"
#include "libs/base/string_view.h"
#include "libs/config/yaml.h"
#include "libs/desensitize/operator_list.h"
#include "tools/sluicectl/agreement_file.h"

namespace sluice::sluicectl {
namespace {

using agreement::v1::Agreement;
using catalog::v1::Resource;
using Catch::Matchers::Contains;

constexpr char kHead[] =
    "id: grid-people\n"
    "resource: civil-affairs.people\n"
    "purpose: 'grid: service # 1'\n"
    "legal_basis: Decree 809\n";

Resource ResourceOf(records::v1::DataType value_type) {
  Resource resource;
  resource.set_id("civil-affairs.people");
  resource.set_sharing_type(catalog::v1::SHARING_TYPE_CONDITIONAL);
  const auto add = [&resource](uint32_t id, const std::string& name,
                               records::v1::DataType type) {
    catalog::v1::Field* const field = resource.add_fields();
    field->set_id(id);
    field->set_name(name);
    field->set_type(type);
    field->set_sensitivity(catalog::v1::SENSITIVITY_L1_PUBLIC);
  };
  add(2, "id", records::v1::DATA_TYPE_STRING);
  add(7, "value", value_type);
  resource.add_key("id");
  return resource;
}

// What `sluicectl agreement request` makes of a file.
Agreement Requested(const std::string& text, const Resource& resource) {
  AgreementFile file;
  file.path = "a.yaml";
  file.text = text;
  const absl::Status parsed =
      config::ParseYamlConfig(AsView(text), file.path, &file.content);
  CAPTURE(text, std::string(parsed.message()));
  REQUIRE(parsed.ok());
  const auto agreement = ResolveAgreement(
      file, resource, "grid", 3,
      absl::FromCivil(absl::CivilDay(2026, 3, 31), absl::UTCTimeZone()));
  CAPTURE(std::string(agreement.status().message()));
  REQUIRE(agreement.ok());
  return *agreement;
}

// The YAML of `agreement`, which asks for the same again.
std::string YamlOf(const Agreement& agreement, const Resource& resource) {
  std::string yaml = AgreementYaml(agreement);
  CAPTURE(yaml);
  CHECK(Requested(yaml, resource).SerializeAsString() ==
        agreement.SerializeAsString());
  return yaml;
}

TEST_CASE("every treatment goes through YAML and comes back the same") {
  for (const auto& each : desensitize::AllOperators()) {
    CAPTURE(std::string(each.name));
    const Resource resource = ResourceOf(each.type);
    const Agreement agreement = Requested(
        absl::StrCat(kHead, "fields: {value: ", each.treatment, "}\n"),
        resource);
    YamlOf(agreement, resource);
  }
}

TEST_CASE("the YAML is what a person would write") {
  const Resource resource = ResourceOf(records::v1::DATA_TYPE_INT64);
  const Agreement agreement = Requested(
      absl::StrCat(
          kHead,
          "valid_from: 2026-04-01\n"
          "on_untreatable: refuse_batch\n"
          "limits: {records_per_day: 1000, on_limit: suspend}\n"
          "row_filter: {prefix: {field: id, prefix: '3301'}}\n"
          "fields:\n"
          "  id: {mask: {keep_ends: {first: 6}}}\n"
          "  value:\n"
          "    conditional:\n"
          "      when: {compare: {field: value, is: less, value: 14}}\n"
          "      then: {withhold: {}}\n"
          "      otherwise: {perturb: {laplace: {scale: '5'}}}\n"),
      resource);
  CHECK(YamlOf(agreement, resource) ==
        "# Version 3, for department grid.\n"
        "id: \"grid-people\"\n"
        "resource: \"civil-affairs.people\"\n"
        "purpose: \"grid: service # 1\"\n"
        "legal_basis: \"Decree 809\"\n"
        "valid_from: \"2026-04-01\"\n"
        "valid_until: \"2027-04-01\"\n"
        "modes: [SUBSCRIBE]\n"
        "fields:\n"
        "  \"id\": {mask: {keep_ends: {first: 6}, symbol: \"*\"}}\n"
        "  \"value\":\n"
        "    conditional:\n"
        "      when: {compare: {field: \"value\", is: LESS, value: \"14\"}}\n"
        "      then: {withhold: {}}\n"
        "      otherwise: {perturb: {laplace: {scale: \"5\"}}}\n"
        "on_untreatable: REFUSE_BATCH\n"
        "limits: {records_per_day: 1000, on_limit: SUSPEND}\n"
        "row_filter: {prefix: {field: \"id\", prefix: \"3301\"}}\n");
}

// Texts of what YAML, a terminal and a reader could stumble over.
std::string RandomText(std::mt19937_64* random) {
  static const std::vector<std::string> pieces = {"a",
                                                  "7",
                                                  " ",
                                                  "\"",
                                                  "\\",
                                                  "\\n",
                                                  "'",
                                                  "#",
                                                  ": ",
                                                  "{",
                                                  "]",
                                                  ",",
                                                  "- ",
                                                  "&",
                                                  "*",
                                                  "!",
                                                  "%",
                                                  "true",
                                                  "~",
                                                  "张",
                                                  "\xF0\x9F\x99\x82",
                                                  "\n",
                                                  "\t",
                                                  "\x1B[2J",
                                                  "\x7F",
                                                  "\xC2\x85",
                                                  "\xE2\x80\xAE",
                                                  "\xE2\x80\xA8",
                                                  "\xEF\xBB\xBF"};
  std::string text = "x";
  for (size_t n = (*random)() % 40; n > 0; --n) {
    text += pieces[(*random)() % pieces.size()];
  }
  return text;
}

// Nothing in it acts on a terminal.
void CheckHarmless(const std::string& text) {
  CHECK(text.find_first_of(std::string("\x1B\x7F\t\r\0", 5)) ==
        std::string::npos);
  CHECK(text.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(text.find("\xC2\x85") == std::string::npos);
}

TEST_CASE("whatever the terms' texts hold, they come back and do no harm") {
  std::mt19937_64 random(1);
  const Resource resource = ResourceOf(records::v1::DATA_TYPE_STRING);
  for (int i = 0; i < 200; ++i) {
    Agreement agreement = Requested(
        absl::StrCat(kHead, "fields: {value: {keep: {}}}\n"), resource);
    agreement.set_legal_basis(RandomText(&random));
    auto* const treatment = agreement.mutable_fields(0)->mutable_treatment();
    treatment->mutable_withhold()->set_constant(RandomText(&random));
    auto* filter = agreement.mutable_row_filter();
    for (size_t depth = random() % 5; depth > 0; --depth) {
      filter = random() % 2 == 0 ? filter->mutable_not_()
                                 : filter->mutable_any()->add_of();
    }
    auto* const in = filter->mutable_in();
    in->mutable_field()->set_id(2);
    in->mutable_field()->set_name("id");
    for (size_t n = random() % 30 + 1; n > 0; --n) {
      in->add_values(RandomText(&random));
    }
    CheckHarmless(YamlOf(agreement, resource));
    agreement::v1::AgreementRecord record;
    *record.mutable_agreement() = agreement;
    record.set_revocation_reason(RandomText(&random));
    record.set_request_digest(std::string("\xFF\x00\x1B", 3));
    const auto json = AgreementJson(record);
    REQUIRE(json.ok());
    CheckHarmless(*json);
    CHECK(json->find('\n') == std::string::npos);
    agreement::v1::AgreementRecord read;
    REQUIRE(google::protobuf::util::JsonStringToMessage(*json, &read).ok());
    CHECK(read.SerializeAsString() == record.SerializeAsString());
  }
}

TEST_CASE("all values of a long list and all lines of a table are there") {
  const Resource resource = ResourceOf(records::v1::DATA_TYPE_STRING);
  std::vector<std::string> codes;
  for (int i = 0; i < 5000; ++i) codes.push_back(absl::StrCat("'", i, "'"));
  const Agreement agreement = Requested(
      absl::StrCat(kHead, "row_filter: {in: {field: id, values: [",
                   absl::StrJoin(codes, ","),
                   "]}}\n"
                   "fields: {value: {generalize: {hierarchy: {level: 1, csv: "
                   "\"J45,J4,J\\nJ45.0,J4,J\\n I10,I1,\\\"I\\\"\\n\"}}}}\n"),
      resource);
  const std::string yaml = YamlOf(agreement, resource);
  CHECK_THAT(yaml, Contains("\n    - \"4999\"\n"));
  CHECK_THAT(yaml,
             Contains("\"J45,J4,J\\nJ45.0,J4,J\\n I10,I1,\\\"I\\\"\\n\""));
}

TEST_CASE("a table too long for a line stands on several") {
  const Resource resource = ResourceOf(records::v1::DATA_TYPE_STRING);
  std::string csv;
  for (int i = 0; i < 40; ++i) absl::StrAppend(&csv, " J", i, ",J\\n");
  const Agreement agreement = Requested(
      absl::StrCat(
          kHead, "fields: {value: {generalize: {hierarchy: {level: 1, csv: \"",
          csv, "\"}}}}\n"),
      resource);
  CHECK_THAT(YamlOf(agreement, resource),
             Contains("csv: \" J0,J\\n\\\n") &&
                 Contains("\n          \\x20J39,J\\n\\\n"));
}

TEST_CASE("a time that a file cannot say is told") {
  const Resource resource = ResourceOf(records::v1::DATA_TYPE_STRING);
  Agreement agreement =
      Requested(absl::StrCat(kHead, "fields: {value: {keep: {}}}\n"), resource);
  agreement.mutable_valid_until()->set_seconds(
      agreement.valid_until().seconds() + 3600);
  CHECK_THAT(AgreementYaml(agreement),
             Contains("# valid_until is 2027-03-31T01:00:00Z; a file says"));
}

}  // namespace
}  // namespace sluice::sluicectl
