// The `sluice` process: arguments, signals, exit code.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "libs/base/log.h"
#include "services/standalone/standalone.h"

namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

constexpr char kExamples[] = R"(Examples:
  sluice --config sluice.yaml           serve until SIGINT or SIGTERM
  sluice --config sluice.yaml --check   say whether the configuration is good

When it serves it prints one line to standard output:
  ready grpc=HOST:PORT http=URL genesis=SHA256
)";

// SIGINT and SIGTERM go to sigwait alone. Before any thread is made: threads
// inherit it.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int Serve(const std::string& config_file, bool check_only) {
  const sigset_t stop_signals = BlockStopSignals();
  signal(SIGPIPE, SIG_IGN);
  const auto config = sluice::standalone::Standalone::ReadConfig(config_file);
  if (!config.ok()) {
    std::fprintf(stderr, "error: %s\n",
                 std::string(config.status().message()).c_str());
    return kExitFailed;
  }
  if (check_only) {
    std::printf("%s is good\n", config_file.c_str());
    return 0;
  }
  auto process = sluice::standalone::Standalone::Start(*config);
  if (!process.ok()) {
    std::fprintf(stderr, "error: %s\n",
                 std::string(process.status().message()).c_str());
    return kExitFailed;
  }
  std::printf(
      "ready grpc=%s http=%s genesis=%s\n", (*process)->grpc_address().c_str(),
      (*process)->http_url().c_str(), (*process)->genesis_sha256().c_str());
  std::fflush(stdout);
  int signal_number = 0;
  sigwait(&stop_signals, &signal_number);
  sluice::LogInfo("stopping", {{"signal", signal_number}});
  (*process)->Stop();
  sluice::LogInfo("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "sluice: adapters and a broker in one process, on an embedded bus");
  std::string config_file;
  bool check_only = false;
  app.add_option("--config", config_file, "Configuration (YAML)")->required();
  app.add_flag("--check", check_only, "Only read and check the configuration");
  app.set_version_flag("--version", std::string("sluice 0.1.0"));
  app.footer(kExamples);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  return Serve(config_file, check_only);
}
