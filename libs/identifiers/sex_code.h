// A person's sex as GB/T 2261.1 writes it: the code 0 (unknown), 1 (male), 2
// (female) or 9 (not stated), or its name.
//
// All functions are pure and thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_SEX_CODE_H_
#define SLUICE_LIBS_IDENTIFIERS_SEX_CODE_H_

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

// 1, 男 or 男性; 2, 女 or 女性; 0, 未知 or 未知的性别; 9, 未说明 or
// 未说明的性别.
bool IsSex(absl::string_view text);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_SEX_CODE_H_
