#include "services/process/program.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "libs/base/log.h"
#include "libs/base/software_version.h"
#include "libs/base/string_view.h"
#include "services/process/stop_signals.h"

namespace sluice::process {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

std::string Examples(const Program& program) {
  const std::string call =
      absl::StrCat("  ", program.name, " --config ", program.config_name);
  return absl::StrCat("Examples:\n", call,
                      "           serve until SIGINT or SIGTERM\n", call,
                      " --check   say whether the configuration is good\n"
                      "\n"
                      "When it serves it prints one line to standard output:\n"
                      "  ready ",
                      program.ready_line, "\n");
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return kExitFailed;
}

int Serve(const Program& program, const std::string& config_file,
          bool check_only) {
  signal(SIGPIPE, SIG_IGN);
  const auto start = program.read(config_file);
  if (!start.ok()) return Fail(start.status());
  if (check_only) {
    std::printf("%s is good\n", config_file.c_str());
    return 0;
  }
  // Never destroyed: its thread may outlive this function.
  static StopSignals& stop_signals = *new StopSignals();
  auto service = (*start)();
  if (!service.ok()) return Fail(service.status());
  stop_signals.Serving();
  std::printf("ready %s\n", (*service)->ready_line().c_str());
  std::fflush(stdout);
  LogInfo("stopping", {{"signal", stop_signals.Wait()}});
  (*service)->Stop();
  LogInfo("stopped");
  return 0;
}

}  // namespace

int RunProgram(const Program& program, int argc, char** argv) {
  CLI::App app(absl::StrCat(program.name, ": ", program.summary), program.name);
  std::string config_file;
  bool check_only = false;
  app.add_option("--config", config_file, "Configuration (YAML)")->required();
  app.add_flag("--check", check_only, "Only read and check the configuration");
  app.set_version_flag("--version",
                       absl::StrCat(program.name, " ", kSoftwareVersion));
  app.footer(Examples(program));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  return Serve(program, config_file, check_only);
}

}  // namespace sluice::process
