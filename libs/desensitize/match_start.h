// Which bytes the matches of a regular expression can begin with, so that an
// expression need not be asked about texts that have none of them.
#ifndef SLUICE_LIBS_DESENSITIZE_MATCH_START_H_
#define SLUICE_LIBS_DESENSITIZE_MATCH_START_H_

#include <re2/re2.h>

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::desensitize {

// Constant after construction.
class MatchStart {
 public:
  explicit MatchStart(const RE2& expression);

  // Whether anything is known of them. If not, every byte is one.
  bool is_known() const { return first_ > 0 || last_ < 0xFF; }

  // Where from `at` on the first of them stands; the text's end if none does.
  size_t Next(absl::string_view text, size_t at) const {
    while (at < text.size() && static_cast<uint8_t>(text[at] - first_) >
                                   static_cast<uint8_t>(last_ - first_)) {
      ++at;
    }
    return at;
  }

 private:
  // Both are among them.
  uint8_t first_ = 0;
  uint8_t last_ = 0xFF;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_MATCH_START_H_
