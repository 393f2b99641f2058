#include "libs/identifiers/person_name.h"

#include <catch2/catch.hpp>
#include <string>

namespace sluice::identifiers {
namespace {

TEST_CASE("Han names of one to many characters, with parts, are names") {
  for (const char* name :
       {"李", "张伟", "欧阳修", "买买提·艾力", "阿依古丽·买买提·艾力", "𠮷田",
        "〇某", "㐱", "司马相如"}) {
    INFO(name);
    CHECK(IsPersonName(name));
  }
}

TEST_CASE("Latin names are names") {
  for (const char* name : {"Smith", "SMITH, JOHN", "Jean-Luc O'Neil Jr.",
                           "José Müller", "Łukasz"}) {
    INFO(name);
    CHECK(IsPersonName(name));
  }
}

TEST_CASE("signs, digits and other dots are in no name") {
  for (const char* wrong : {"",
                            "·",
                            "张·",
                            "·张",
                            "买买提··艾力",
                            "买买提•艾力",
                            "买买提・艾力",
                            "买买提.艾力",
                            "张 伟",
                            "张伟1",
                            "张伟（男）",
                            "张*",
                            "张伟 ",
                            "Smith1",
                            "-Smith",
                            " Smith",
                            "张Wei",
                            "Smith伟",
                            "12345",
                            "x×y",
                            "无\n"}) {
    INFO(wrong);
    CHECK_FALSE(IsPersonName(wrong));
  }
}

TEST_CASE("a name has fifty characters at most") {
  std::string han;
  for (size_t i = 0; i < kNameCharactersMax; ++i) han += "𠮷";
  CHECK(IsPersonName(han));
  CHECK_FALSE(IsPersonName(han + "一"));
  CHECK(IsPersonName(std::string(kNameCharactersMax, 'a')));
  CHECK_FALSE(IsPersonName(std::string(kNameCharactersMax + 1, 'a')));
}

}  // namespace
}  // namespace sluice::identifiers
