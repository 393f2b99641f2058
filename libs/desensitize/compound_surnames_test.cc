#include "libs/desensitize/compound_surnames.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"

namespace sluice::desensitize {
namespace {

TEST_CASE("every listed compound surname is found and is listed once") {
  const std::vector<std::string> names = absl::StrSplit(kCompoundSurnames, ' ');
  CHECK(names.size() > 100);
  std::set<std::string> seen;
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(name.size() == kCompoundSurnameBytes);
    CHECK(IsCompoundSurname(name.data()));
    CHECK(seen.insert(name).second);
  }
}

TEST_CASE("the well known compound surnames are listed") {
  for (const char* name : {"欧阳", "司马", "上官", "诸葛", "东方", "皇甫",
                           "尉迟", "公孙", "慕容", "令狐", "歐陽", "諸葛"}) {
    CAPTURE(name);
    CHECK(IsCompoundSurname(name));
  }
}

TEST_CASE("two characters that are no compound surname are not found") {
  for (const char* name : {"张伟", "王孙", "贺兰", "欧马", "阳欧", "李四",
                           "一丁", "\xEF\xBF\xBD\xEF\xBF\xBD"}) {
    CAPTURE(name);
    CHECK_FALSE(IsCompoundSurname(name));
  }
}

}  // namespace
}  // namespace sluice::desensitize
