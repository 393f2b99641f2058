// Whether much text is UTF-8, at a few bytes a cycle: a batch from outside
// holds hundreds of kilobytes, and Han characters are three bytes each, where
// deciding byte by byte costs more than all other checks together.
#ifndef SLUICE_LIBS_RECORDS_UTF8_SCAN_H_
#define SLUICE_LIBS_RECORDS_UTF8_SCAN_H_

#include "absl/strings/string_view.h"

namespace sluice::records {

// As IsValidUtf8 of libs/base/encoding.h, which decides where the processor has
// no SSSE3. Thread-safe.
bool ScanUtf8(absl::string_view text);

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_UTF8_SCAN_H_
