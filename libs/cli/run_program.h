// Runs a program as a person would, for tests of command-line tools.
#ifndef SLUICE_LIBS_CLI_RUN_PROGRAM_H_
#define SLUICE_LIBS_CLI_RUN_PROGRAM_H_

#include <string>

namespace sluice::cli {

struct ProgramOutcome {
  // -1 if it was ended by a signal.
  int exit_code = -1;
  std::string output;
  std::string errors;
};

// Runs `command` in a shell, with nothing on standard input and without
// SLUICE_CONFIG, and waits for its end.
ProgramOutcome RunProgram(const std::string& command);

}  // namespace sluice::cli

#endif  // SLUICE_LIBS_CLI_RUN_PROGRAM_H_
