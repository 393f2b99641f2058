// The `sluice` process.

#include <string>

#include "libs/base/status.h"
#include "services/standalone/standalone.h"

int main(int argc, char** argv) {
  sluice::process::Program program;
  program.name = "sluice";
  program.summary = "adapters and a broker in one process, on an embedded bus";
  program.config_name = "sluice.yaml";
  program.ready_line = "grpc=HOST:PORT http=URL genesis=SHA256";
  program.read = [](const std::string& config_file)
      -> absl::StatusOr<sluice::process::Program::Start> {
    ASSIGN_OR_RETURN(const auto config,
                     sluice::standalone::ReadConfig(config_file));
    return [config] { return sluice::standalone::Start(config); };
  };
  return sluice::process::RunProgram(program, argc, argv);
}
