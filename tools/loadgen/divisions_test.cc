#include "tools/loadgen/divisions.h"

#include <catch2/catch.hpp>

#include "tools/loadgen/temp_file.h"

namespace sluice::loadgen {
namespace {

using Catch::Matchers::Contains;

constexpr char kStreets[] =
    "code,name,level,parent_code\n"
    "31,上海市,province,\n"
    "3101,市辖区,city,31\n"
    "310101,黄浦区,district,3101\n"
    "310101002,南京东路街道,street,310101\n"
    "310101013,外滩街道,street,310101\n";

TEST_CASE("without villages people live in the streets") {
  const auto communities = ReadCommunities(TempFile("streets.csv", kStreets));
  REQUIRE(communities.ok());
  REQUIRE(communities->size() == 2);
  CHECK((*communities)[0].code == "310101002");
  CHECK((*communities)[0].address == "上海市黄浦区南京东路街道");
}

TEST_CASE("with villages people live in those alone") {
  const auto communities = ReadCommunities(TempFile(
      "villages.csv",
      std::string(kStreets) + "310101013001,某居委会,village,310101013\n"));
  REQUIRE(communities.ok());
  REQUIRE(communities->size() == 1);
  CHECK((*communities)[0].code == "310101013001");
  CHECK((*communities)[0].address == "上海市黄浦区外滩街道");
}

TEST_CASE("a wrong line is refused with its number and what is wrong with it") {
  struct Wrong {
    const char* line;
    const char* message;
  };
  for (const Wrong& wrong :
       {Wrong{"31,上海市,province", "four fields"},
        Wrong{"31,上海市,planet,", "unknown level 'planet'"},
        Wrong{"3201,南京市,city,32", "parent's code '32'"}}) {
    const auto communities = ReadCommunities(
        TempFile("wrong.csv", std::string(kStreets) + wrong.line + "\n"));
    REQUIRE_FALSE(communities.ok());
    CHECK_THAT(std::string(communities.status().message()),
               Contains("wrong.csv:7") && Contains(wrong.message));
  }
}

TEST_CASE(
    "a file with another header, with no street or not there is refused") {
  CHECK_FALSE(ReadCommunities(TempFile("header.csv", "code,name\n")).ok());
  CHECK_FALSE(ReadCommunities(TempFile("empty.csv", "")).ok());
  CHECK_FALSE(ReadCommunities(TempFile("none.csv",
                                       "code,name,level,parent_code\n"
                                       "31,上海市,province,\n"))
                  .ok());
  CHECK_FALSE(ReadCommunities(TempPath("absent.csv")).ok());
}

}  // namespace
}  // namespace sluice::loadgen
