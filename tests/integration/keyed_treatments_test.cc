// Keys behind treatments, from the broker's key folder to what consumers
// receive: a domain that two agreements share, and tokens.

#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/county.h"

namespace sluice::integration {
namespace {

using Catch::Matchers::Contains;

constexpr int kRows = 50;

// Publishes people and enrols who takes part.
void Begin(County* county) {
  county->OfferPeople(kRows, 1);
  county->Start();
  county->Enrol();
  county->AwaitPublished(kRows);
}

void AgreeOn(County* county, const std::string& id, const std::string& fields) {
  county->Write(
      "agreements/" + id + ".yaml",
      absl::StrCat("id: ", id, "\nresource: registry-office.people\n",
                   "purpose: ", County::kPurpose,
                   "\nlegal_basis: county order 12\nfields: {", fields, "}\n"));
  county->Agree(id);
}

Finished Subscribe(const County& county, const std::string& id) {
  return county.Sluicectl(
      "grid", {"subscribe", id, "--purpose", County::kPurpose, "--from",
               "beginning", "--until-caught-up", "--output", "csv"});
}

// The cells of a column, from the records that `id` gives.
std::vector<std::string> Column(const County& county, const std::string& id,
                                size_t column) {
  const Finished received = Subscribe(county, id);
  INFO(received.err);
  REQUIRE(received.exit_code == 0);
  std::istringstream lines(received.out);
  std::vector<std::string> cells;
  std::string line;
  std::getline(lines, line);  // The header.
  while (std::getline(lines, line)) {
    // The marks at both ends of the state are rows too.
    if (line.compare(0, 9, "baseline_") == 0) continue;
    std::istringstream row(line);
    std::string cell;
    for (size_t i = 0; i <= column; ++i) std::getline(row, cell, ',');
    cells.push_back(cell);
  }
  REQUIRE(cells.size() == kRows);
  return cells;
}

TEST_CASE("agreements that name one domain can be joined, and no others can") {
  County county;
  Begin(&county);
  const std::string fields = R"(
    id: {pseudonym: {domain: %}}, phone: {fpe: {phone: {}, domain: %}})";
  const auto in_domain = [&fields](const std::string& domain) {
    std::string text = fields;
    for (size_t at = text.find('%'); at != std::string::npos;
         at = text.find('%')) {
      text.replace(at, 1, domain);
    }
    return text;
  };
  AgreeOn(&county, "grid-tax", in_domain("one-window"));
  AgreeOn(&county, "grid-health", in_domain("one-window"));
  AgreeOn(&county, "grid-roads", in_domain("other-window"));
  AgreeOn(&county, "grid-alone", in_domain("\"\""));
  // An agreement's own domain is no name that another could share.
  AgreeOn(&county, "grid-thief", in_domain("grid-alone"));

  for (const size_t column : {1, 2}) {
    INFO("column " << column);
    const auto tax = Column(county, "grid-tax", column);
    const std::set<std::string> distinct(tax.begin(), tax.end());
    CHECK(distinct.size() == kRows);
    CHECK(Column(county, "grid-health", column) == tax);
    std::set<std::string> seen = distinct;
    for (const char* id : {"grid-roads", "grid-alone", "grid-thief"}) {
      INFO(id);
      const auto other = Column(county, id, column);
      for (size_t row = 0; row < kRows; ++row) CHECK(other[row] != tax[row]);
      // A pseudonym of 128 bits is in one domain's list alone.
      if (column == 1) {
        for (const std::string& cell : other) CHECK(seen.insert(cell).second);
      }
    }
  }
  county.Stop(SIGTERM);
}

TEST_CASE("a token is refused without its key, and opens again with it alone") {
  County county;
  Begin(&county);
  AgreeOn(&county, "grid-people", "id: {keep: {}}, phone: {token: {}}");
  const Finished refused = Subscribe(county, "grid-people");
  CHECK(refused.exit_code == 1);
  CHECK(refused.out.empty());
  CHECK_THAT(refused.err, Contains("TREATMENT_UNFIT") && Contains("phone") &&
                              Contains("token"));

  // What whoever turns tokens back decides to give the broker.
  const auto put_key = [&county](const std::string& name, char digit) {
    const std::string folder = "data/keys/token/" + name;
    std::filesystem::create_directories(county.Path(folder));
    for (const std::string& made : {std::string("data/keys/token"), folder}) {
      REQUIRE(::chmod(county.Path(made).c_str(), 0700) == 0);
    }
    county.Write(folder + "/1.key", std::string(64, digit) + "\n");
    return folder + "/1.key";
  };
  const std::string key = put_key("grid-people", 'a');
  const std::string other_key = put_key("other", 'b');
  const auto tokens = Column(county, "grid-people", 2);
  std::string lines;
  for (const std::string& token : tokens) {
    CHECK(token.substr(0, 2) == "1.");
    lines += token + "\n";
  }
  county.Write("tokens.txt", lines);
  const auto open = [&county](const std::string& with) {
    return RunProgram(
        {"/bin/sh", "-c", "exec \"$0\" open-tokens --key \"$1\" < tokens.txt",
         Runfile("tools/sluicectl/sluicectl"), with},
        county.Path(""));
  };
  const Finished opened = open(key);
  INFO(opened.err);
  REQUIRE(opened.exit_code == 0);
  std::string phones;
  for (int row = 0; row < kRows; ++row) {
    absl::StrAppend(&phones, 13800000000 + row, "\n");
  }
  CHECK(opened.out == phones);
  const Finished closed = open(other_key);
  CHECK(closed.exit_code == 1);
  CHECK(closed.out.empty());
  county.Stop(SIGTERM);
}

}  // namespace
}  // namespace sluice::integration
