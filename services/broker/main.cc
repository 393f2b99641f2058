// The `sluice-broker` process.

#include <string>
#include <utility>

#include "libs/base/status.h"
#include "services/broker/broker_process.h"

int main(int argc, char** argv) {
  sluice::process::Program program;
  program.name = "sluice-broker";
  program.summary =
      "delivers records to those who may have them; one of any number of "
      "brokers on the same Kafka";
  program.config_name = "sluice-broker.yaml";
  program.ready_line = "grpc=HOST:PORT http=URL genesis=SHA256";
  program.read = [](const std::string& config_file)
      -> absl::StatusOr<sluice::process::Program::Start> {
    ASSIGN_OR_RETURN(auto files, sluice::broker::ReadBrokerFiles(config_file));
    return [files = std::move(files)] {
      return sluice::broker::StartBrokerProcess(files);
    };
  };
  return sluice::process::RunProgram(program, argc, argv);
}
