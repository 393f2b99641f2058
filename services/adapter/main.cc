// The `sluice-adapter` process.

#include <string>
#include <utility>

#include "libs/base/status.h"
#include "services/adapter/adapter_process.h"

int main(int argc, char** argv) {
  sluice::process::Program program;
  program.name = "sluice-adapter";
  program.summary =
      "publishes one department's files as signed batches on Kafka";
  program.config_name = "sluice-adapter.yaml";
  program.ready_line = "http=URL genesis=SHA256";
  program.read = [](const std::string& config_file)
      -> absl::StatusOr<sluice::process::Program::Start> {
    ASSIGN_OR_RETURN(auto files,
                     sluice::adapter::ReadAdapterFiles(config_file));
    return [files = std::move(files)] {
      return sluice::adapter::StartAdapterProcess(files);
    };
  };
  return sluice::process::RunProgram(program, argc, argv);
}
