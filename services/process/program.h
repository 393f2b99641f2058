// What the service programs have in common from main to exit: arguments, the
// ready line, signals, exit codes.
#ifndef SLUICE_SERVICES_PROCESS_PROGRAM_H_
#define SLUICE_SERVICES_PROCESS_PROGRAM_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::process {

// A service that has started.
class Service {
 public:
  // As Stop.
  virtual ~Service() = default;

  // What stands behind "ready " on standard output:
  // "grpc=HOST:PORT http=URL genesis=SHA256".
  virtual std::string ready_line() const = 0;

  // Ends in good order and in bounded time. Call nothing else afterwards.
  virtual void Stop() = 0;
};

struct Program {
  std::string name;
  // One sentence for --help.
  std::string summary;
  // The configuration file's name in examples.
  std::string config_name;
  // Of the ready line, for --help: "grpc=HOST:PORT http=URL genesis=SHA256".
  std::string ready_line;

  // Reads and checks the configuration at a path without starting anything,
  // and returns what starts the service.
  using Start = std::function<absl::StatusOr<std::unique_ptr<Service>>()>;
  std::function<absl::StatusOr<Start>(const std::string& config_file)> read;
};

// Parses the arguments, and serves until SIGINT or SIGTERM unless they ask for
// something else. What main returns: 0, 1 if it failed (the error is on
// standard error), 2 for wrong usage.
int RunProgram(const Program& program, int argc, char** argv);

}  // namespace sluice::process

#endif  // SLUICE_SERVICES_PROCESS_PROGRAM_H_
