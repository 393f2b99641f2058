// The `sluice` process: arguments, signals, exit code.

#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include "libs/base/log.h"
#include "libs/base/mutex.h"
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

// SIGINT and SIGTERM. Until the process serves they end it at once: to apply a
// long log takes its time, and a start that is cut off is gone on with by the
// next one. Made before any other thread, which inherits that they are blocked.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    // Lives until the process ends: it waits in Receive.
    std::thread([this] { Receive(); }).detach();
  }

  // From here on a signal is for Wait. Call before anyone is told that the
  // process serves.
  void Serving() {
    sluice::MutexLock lock(&mutex_);
    serving_ = true;
  }

  // The first signal.
  int Wait() {
    sluice::MutexLock lock(&mutex_);
    while (received_ == 0) changed_.Wait(&mutex_);
    return received_;
  }

 private:
  void Receive() {
    pthread_setname_np(pthread_self(), "signals");
    int number = 0;
    sigwait(&signals_, &number);
    sluice::MutexLock lock(&mutex_);
    if (!serving_) {
      // With its default action, so that who sent it sees it taken.
      pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
      raise(number);
    }
    received_ = number;
    changed_.SignalAll();
  }

  sigset_t signals_;
  sluice::Mutex mutex_;
  sluice::CondVar changed_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  int received_ ABSL_GUARDED_BY(mutex_) = 0;
};

int Serve(const std::string& config_file, bool check_only) {
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
  // Never destroyed: its thread may outlive this function.
  static StopSignals& stop_signals = *new StopSignals();
  auto process = sluice::standalone::Standalone::Start(*config);
  if (!process.ok()) {
    std::fprintf(stderr, "error: %s\n",
                 std::string(process.status().message()).c_str());
    return kExitFailed;
  }
  stop_signals.Serving();
  std::printf(
      "ready grpc=%s http=%s genesis=%s\n", (*process)->grpc_address().c_str(),
      (*process)->http_url().c_str(), (*process)->genesis_sha256().c_str());
  std::fflush(stdout);
  sluice::LogInfo("stopping", {{"signal", stop_signals.Wait()}});
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
