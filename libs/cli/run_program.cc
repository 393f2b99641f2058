#include "libs/cli/run_program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace sluice::cli {

ProgramOutcome RunProgram(const std::string& command) {
  const char* const folder = std::getenv("TEST_TMPDIR");
  std::string errors_file =
      std::string(folder == nullptr ? "/tmp" : folder) + "/errors.XXXXXX";
  const int descriptor = ::mkstemp(errors_file.data());
  if (descriptor >= 0) ::close(descriptor);
  ProgramOutcome outcome;
  const std::string shell =
      "env -u SLUICE_CONFIG " + command + " </dev/null 2>" + errors_file;
  FILE* const pipe = ::popen(shell.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer;
  size_t got = 0;
  while ((got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    outcome.output.append(buffer.data(), got);
  }
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  std::ostringstream errors;
  errors << std::ifstream(errors_file).rdbuf();
  outcome.errors = errors.str();
  ::unlink(errors_file.c_str());
  return outcome;
}

}  // namespace sluice::cli
