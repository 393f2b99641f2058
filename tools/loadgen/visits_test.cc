#include "tools/loadgen/visits.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "tools/loadgen/temp_file.h"

namespace sluice::loadgen {
namespace {

using Catch::Matchers::Contains;

constexpr char kPeople[] =
    "resident_id,name\n11010519491231002X,a\n360426199101010071,b\n";

std::string Make(uint64_t seed, uint64_t rows) {
  const auto residents = ReadResidents(TempFile("people.csv", kPeople));
  REQUIRE(residents.ok());
  const std::string path = TempPath("visits.csv");
  auto writer = CsvWriter::Open(path);
  REQUIRE(writer.ok());
  Visits visits(seed, rows, &*residents);
  for (uint64_t i = 0; i < rows; ++i) {
    REQUIRE(visits.WriteRow(writer->get()).ok());
  }
  REQUIRE((*writer)->Finish().ok());
  return Content(path);
}

TEST_CASE("visits are by people of the file, in the order of their time") {
  std::istringstream lines(Make(3, 1000));
  std::string last_time;
  int both = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string id = line.substr(14, 18);
    if (id == "11010519491231002X") both |= 1;
    if (id == "360426199101010071") both |= 2;
    REQUIRE_THAT(std::string(kPeople), Contains(id + ","));
    const std::string time = line.substr(33, 25);
    REQUIRE(time.substr(0, 5) == "2023-");
    REQUIRE(time.substr(19) == "+08:00");
    REQUIRE(time >= last_time);
    last_time = time;
  }
  CHECK(both == 3);
  CHECK(last_time.substr(0, 7) == "2023-12");
}

TEST_CASE("a seed makes the same visits, another seed others") {
  CHECK(Make(3, 100) == Make(3, 100));
  CHECK(Make(3, 100) != Make(4, 100));
}

TEST_CASE("a population file that is wrong is refused, without its values") {
  const auto wrong = ReadResidents(
      TempFile("wrong.csv", std::string(kPeople) + "110105194912310021,c\n"));
  REQUIRE_FALSE(wrong.ok());
  const std::string message(wrong.status().message());
  CHECK_THAT(message, Contains("wrong.csv:4"));
  CHECK_THAT(message, !Contains("110105194912310021"));
  CHECK_FALSE(ReadResidents(TempFile("header.csv", "name,resident_id\n")).ok());
  CHECK_FALSE(ReadResidents(TempFile("empty.csv", "resident_id,name\n")).ok());
  CHECK_FALSE(ReadResidents(TempPath("absent.csv")).ok());
}

}  // namespace
}  // namespace sluice::loadgen
