// How long the fault tests go on: as long as tools/test has patience for, or as
// long as somebody asks for.
#ifndef SLUICE_TESTS_FAULT_ROUNDS_H_
#define SLUICE_TESTS_FAULT_ROUNDS_H_

#include <cstdlib>
#include <string>

namespace sluice::fault {

// The number in the environment variable `name`, or `otherwise`.
inline int FromEnvironment(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

inline std::string FromEnvironment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_ROUNDS_H_
