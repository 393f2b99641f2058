#include "libs/identifiers/sex_code.h"

#include "absl/strings/strip.h"

namespace sluice::identifiers {

bool IsSex(absl::string_view text) {
  if (text.size() == 1) return text.find_first_of("0129") == 0;
  if (!absl::ConsumeSuffix(&text, "的性别")) {
    return text == "男" || text == "女" || text == "男性" || text == "女性" ||
           text == "未知" || text == "未说明";
  }
  return text == "未知" || text == "未说明";
}

}  // namespace sluice::identifiers
