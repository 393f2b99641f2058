// What is logged while something runs, for tests.
#ifndef SLUICE_LIBS_BASE_CAPTURED_LOG_H_
#define SLUICE_LIBS_BASE_CAPTURED_LOG_H_

#include <string>

#include "absl/functional/function_ref.h"

namespace sluice {

// All that the process writes to standard error while `run` runs; none of it
// goes there. Fails the test where no file can be had for it.
std::string CapturedLog(absl::FunctionRef<void()> run);

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_CAPTURED_LOG_H_
