#include "tools/loadgen/population.h"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "libs/identifiers/resident_id.h"
#include "tools/loadgen/temp_file.h"

namespace sluice::loadgen {
namespace {

const std::vector<Community>& Communities() {
  static const auto* const communities =
      new std::vector<Community>{{"310101002001", "上海市黄浦区南京东路街道"},
                                 {"310101013001", "上海市黄浦区外滩街道"}};
  return *communities;
}

std::string Make(uint64_t seed, int rows) {
  const std::string path = TempPath("people.csv");
  auto writer = CsvWriter::Open(path);
  REQUIRE(writer.ok());
  Population population(seed, &Communities());
  for (int i = 0; i < rows; ++i)
    REQUIRE(population.WriteRow(writer->get()).ok());
  REQUIRE((*writer)->Finish().ok());
  return Content(path);
}

std::vector<std::vector<std::string>> Rows(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string>& row = rows.emplace_back();
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) {
      row.push_back(field);
    }
  }
  return rows;
}

TEST_CASE("people are whole, consistent and different from each other") {
  std::set<std::string> ids;
  std::set<std::string> phones;
  const auto rows = Rows(Make(7, 20000));
  REQUIRE(rows.size() == 20000);
  for (const auto& row : rows) {
    REQUIRE(row.size() == 12);
    const std::string& id = row[0];
    REQUIRE(identifiers::IsValidResidentId(id));
    REQUIRE(id.substr(0, 2) == "99");
    REQUIRE(row[2] == ((id[16] - '0') % 2 == 1 ? "男" : "女"));
    REQUIRE(row[3] ==
            id.substr(6, 4) + "-" + id.substr(10, 2) + "-" + id.substr(12, 2));
    REQUIRE(row[4].size() == 11);
    REQUIRE(row[11] >= row[3]);
    REQUIRE(row[11] <= "2023-12-31");
    ids.insert(id);
    phones.insert(row[4]);
  }
  CHECK(ids.size() == rows.size());
  CHECK(phones.size() == rows.size());
}

TEST_CASE(
    "a household lives in one place, and its community has that address") {
  std::string household;
  std::string address;
  for (const auto& row : Rows(Make(7, 2000))) {
    if (row[8] == household) CHECK(row[10] == address);
    household = row[8];
    address = row[10];
    const Community& community =
        Communities()[row[9] == Communities()[0].code ? 0 : 1];
    CHECK(row[9] == community.code);
    CHECK(address.rfind(community.address, 0) == 0);
  }
}

TEST_CASE("names are of every kind that a mask must treat") {
  const std::string csv = Make(7, 20000);
  CHECK(csv.find("欧阳") != std::string::npos);
  CHECK(csv.find("·") != std::string::npos);
}

TEST_CASE("a seed makes the same people, another seed others") {
  const std::string people = Make(7, 1000);
  CHECK(Make(7, 1000) == people);
  CHECK(Make(7, 2000).substr(0, people.size()) == people);
  CHECK(Make(8, 1000) != people);
}

TEST_CASE("the same rows come out on every machine") {
  CHECK(Make(1, 3) ==
        "99492519770410650X,黄晶,女,1977-04-10,15418347499,汉族,已婚,大学,"
        "0000000001,310101013001,上海市黄浦区外滩街道和平路794号1308室,"
        "1980-05-09\n"
        "994333195601133482,孙娜佳,女,1956-01-13,15474469493,汉族,已婚,大学,"
        "0000000001,310101013001,上海市黄浦区外滩街道和平路794号1308室,"
        "1996-08-31\n"
        "995153198605227151,徐凯林,男,1986-05-22,15402931246,汉族,已婚,高中,"
        "0000000001,310101013001,上海市黄浦区外滩街道和平路794号1308室,"
        "2018-10-20\n");
}

}  // namespace
}  // namespace sluice::loadgen
