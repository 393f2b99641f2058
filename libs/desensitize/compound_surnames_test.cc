#include "libs/desensitize/compound_surnames.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "libs/base/endian.h"

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

TEST_CASE("the filter passes every compound surname and few other names") {
  const std::vector<std::string> names = absl::StrSplit(kCompoundSurnames, ' ');
  const auto passes = [](const std::string& name) {
    return kCompoundSurnameFilter.Passes(
        LoadLittle<uint32_t>(name.data() + CompoundSurnameFilter::kAt));
  };
  for (const std::string& name : names) CHECK(passes(name));
  size_t passed = 0;
  size_t others = 0;
  for (const std::string& first : names) {
    for (const std::string& second : names) {
      const std::string name = first.substr(0, 3) + second.substr(3);
      if (IsCompoundSurname(name.data())) continue;
      ++others;
      passed += passes(name) ? 1 : 0;
    }
  }
  CHECK(passed < others / 10);
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
