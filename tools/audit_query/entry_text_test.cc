#include "tools/audit_query/entry_text.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "libs/base/status.h"
#include "libs/config/yaml.h"

namespace sluice::audit_query {
namespace {

audit::v1::Entry Parsed(const char* yaml) {
  audit::v1::Entry entry;
  const absl::Status parsed = config::ParseYamlConfig(yaml, "entry", &entry);
  INFO(parsed.message());
  REQUIRE(parsed.ok());
  return entry;
}

std::string RowText(const audit::v1::Entry& entry) {
  std::ostringstream out;
  const auto writer =
      cli::MakeRowWriter(cli::OutputFormat::kCsv, EntryColumns(), {}, &out);
  writer->Write(EntryRow("county.example/data-bureau/b1", 17, entry));
  REQUIRE(writer->Flush().ok());
  return out.str().substr(out.str().find('\n') + 1);
}

constexpr char kDisclosure[] =
    "time: \"2026-03-31T08:15:00.25Z\"\n"
    "registry_offset: 41\n"
    "disclosure:\n"
    "  peer: {spiffe_id: \"spiffe://county.example/grid/consumer\",\n"
    "         department: grid}\n"
    "  agreement: grid-people\n"
    "  agreement_version: 2\n"
    "  purpose: grid service\n"
    "  resource: civil-affairs.people\n"
    "  row_count: 1200\n"
    "  byte_count: 98000\n"
    "  fields:\n"
    "  - {field_id: 1, field_name: id_number, treatment: pseudonym.hex}\n"
    "  - {field_id: 2, field_name: phone, treatment: mask.phone,\n"
    "     untreatable_values: 3}\n";

TEST_CASE("a disclosure's row says who got what, how much and how treated") {
  CHECK(RowText(Parsed(kDisclosure)) ==
        "county.example/data-bureau/b1/17,2026-03-31T08:15:00.250Z,disclosure,"
        "spiffe://county.example/grid/consumer,grid-people@2,"
        "civil-affairs.people,1200,98000,"
        "\"id_number pseudonym.hex, phone mask.phone (3 untreatable)\"\n");
}

TEST_CASE("a refusal's row says why") {
  CHECK(RowText(Parsed("time: \"2026-03-31T08:15:00Z\"\n"
                       "refusal:\n"
                       "  peer: {spiffe_id: \"spiffe://c/grid/consumer\"}\n"
                       "  method: Subscribe\n"
                       "  agreement: grid-people\n"
                       "  reason: PURPOSE_MISMATCH\n"
                       "  count: 4\n")) ==
        "county.example/data-bureau/b1/17,2026-03-31T08:15:00.000Z,refusal,"
        "spiffe://c/grid/consumer,grid-people,,,,"
        "\"PURPOSE_MISMATCH in Subscribe, 4x\"\n");
}

TEST_CASE("what an entry holds is all told, but for its fields' treatment") {
  std::ostringstream out;
  REQUIRE(cli::WriteFacts(cli::OutputFormat::kTable,
                          EntryFacts(Parsed(kDisclosure)), {}, &out)
              .ok());
  CHECK_THAT(out.str(), Catch::Matchers::Contains("registry_offset    41\n") &&
                            Catch::Matchers::Contains("grid service\n") &&
                            Catch::Matchers::Contains("1200\n"));
}

TEST_CASE("a row filter shows in how many records it was applied to") {
  std::ostringstream out;
  REQUIRE(cli::WriteFacts(cli::OutputFormat::kTable,
                          EntryFacts(Parsed("disclosure:\n"
                                            "  row_count: 3\n"
                                            "  source_row_count: 4096\n")),
                          {}, &out)
              .ok());
  CHECK_THAT(out.str(), Catch::Matchers::Contains("records_filtered") &&
                            Catch::Matchers::Contains("4096\n"));
}

TEST_CASE("an audit id is an index, with or without its origin") {
  CHECK(ParseAuditId("17")->index == 17);
  CHECK(ParseAuditId("17")->origin.empty());
  const auto id = ParseAuditId("county.example/data-bureau/b1/17");
  REQUIRE(id.ok());
  CHECK(id->origin == "county.example/data-bureau/b1");
  CHECK(id->index == 17);
  CHECK(FormatAuditId("county.example/data-bureau/b1", 17) ==
        "county.example/data-bureau/b1/17");
  for (const char* text :
       {"", "/", "a/", "/17", "-1", "+1", "a/1x", "99999999999999999999"}) {
    INFO(text);
    CHECK(ReasonOf(ParseAuditId(text).status()) ==
          status::v1::REASON_CODE_MALFORMED);
  }
}

}  // namespace
}  // namespace sluice::audit_query
