// Text out of any bytes.
#ifndef SLUICE_TESTS_FUZZ_UTF8_MEND_H_
#define SLUICE_TESTS_FUZZ_UTF8_MEND_H_

#include <cstddef>
#include <string>

namespace sluice::fuzz {

// `bytes` with a ? for each byte that is not part of a character in UTF-8, cut
// between characters to at most `bytes_max`.
std::string MendUtf8(const std::string& bytes, size_t bytes_max);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_UTF8_MEND_H_
