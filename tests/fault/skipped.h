// A test that cannot run here.
#ifndef SLUICE_TESTS_FAULT_SKIPPED_H_
#define SLUICE_TESTS_FAULT_SKIPPED_H_

#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

namespace sluice::fault {

// Says that the test case that runs is skipped, and why, in the words that
// tools/test looks for. The case returns then.
inline void SaySkipped(const std::string& why) {
  std::fprintf(stderr, "SKIPPED %s: %s\n",
               Catch::getResultCapture().getCurrentTestName().c_str(),
               why.c_str());
}

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_SKIPPED_H_
