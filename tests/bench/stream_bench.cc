// Records per second from the bus through policy, desensitization and the
// synced audit trail over mutual TLS to a consumer process, beside a bare relay
// in alternating runs. Run it with tools/bench stream.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/file.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/cli/progress_bar.h"
#include "libs/cli/terminal.h"
#include "tests/bench/bench_exchange.h"
#include "tests/bench/consumer_run.h"
#include "tests/bench/relay.h"
#include "tests/bench/report.h"

namespace sluice::bench {
namespace {

struct Options {
  uint64_t rows = 1'000'000;
  int runs = 5;
  std::string json;
  std::string dir = "/tmp";
  std::string consumer;
  std::string resource;
  std::string divisions;
  std::string kafka;
};

// A folder that goes with its content.
class WorkFolder {
 public:
  explicit WorkFolder(const std::string& parent)
      : path_(absl::StrCat(parent, "/sluice-bench.XXXXXX")) {
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~WorkFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  // Empty if it could not be made.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

double LoadAverage() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : -1;
}

absl::Status WithProgress(
    const std::string& what, uint64_t rows,
    const std::function<absl::Status(const Progress&)>& step) {
  std::cerr << what << '\n';
  cli::ProgressBar bar("rows", rows, cli::DetectTerminal(STDERR_FILENO),
                       &std::cerr);
  const absl::Status status = step([&](uint64_t done) { bar.Update(done); });
  bar.Clear();
  return status;
}

// Both servers over one bus, and the consumer's ways to them.
class Comparison {
 public:
  absl::Status Prepare(const Options& options, const std::string& folder) {
    options_ = options;
    BenchExchangeOptions exchange_options;
    exchange_options.folder = folder;
    exchange_options.resource_file = options.resource;
    exchange_options.divisions_file = options.divisions;
    exchange_options.rows = options.rows;
    exchange_options.kafka = options.kafka;
    ASSIGN_OR_RETURN(exchange_, BenchExchange::Start(exchange_options));
    RETURN_IF_ERROR(
        WithProgress(absl::StrCat("Making ", options.rows, " synthetic people"),
                     options.rows, [this](const Progress& progress) {
                       return exchange_->MakePopulation(progress);
                     }));
    RETURN_IF_ERROR(WithProgress(
        options.kafka.empty() ? "Publishing them on the embedded bus"
                              : "Publishing them on Kafka",
        options.rows, [this](const Progress& progress) {
          return exchange_->Publish(progress);
        }));
    RETURN_IF_ERROR(exchange_->Agree());
    RelayOptions relay_options;
    relay_options.log = exchange_->log();
    ASSIGN_OR_RETURN(relay_options.resource,
                     exchange_->registry().GetResource(kResource));
    relay_options.tls = exchange_->tls();
    ASSIGN_OR_RETURN(relay_, Relay::Start(relay_options));
    ASSIGN_OR_RETURN(policy_client_,
                     exchange_->WriteClient("policy", exchange_->address()));
    ASSIGN_OR_RETURN(relay_client_,
                     exchange_->WriteClient("relay", relay_->address()));
    return absl::OkStatus();
  }

  // `runs` pairs behind one that warms up and does not count.
  absl::StatusOr<std::vector<RunPair>> Run() {
    std::vector<RunPair> pairs;
    for (int run = 0; run <= options_.runs; ++run) {
      RunPair pair;
      ASSIGN_OR_RETURN(pair.relay, RunOnce("relay", run, relay_client_));
      const uint64_t entries_before = exchange_->audit_entries();
      ASSIGN_OR_RETURN(pair.policy, RunOnce("policy", run, policy_client_));
      if (exchange_->audit_entries() == entries_before) {
        return Error(status::v1::REASON_CODE_WRONG_STATE,
                     "the broker delivered and wrote no audit entry");
      }
      if (run > 0) pairs.push_back(pair);
    }
    return pairs;
  }

 private:
  absl::StatusOr<ConsumerRun> RunOnce(const std::string& side, int run,
                                      const std::string& client) {
    ASSIGN_OR_RETURN(
        const ConsumerRun result,
        RunConsumer(options_.consumer, client, absl::StrCat(side, "-", run)));
    std::cerr << absl::StrFormat(
        "%-7s %-6s  %s records in %.3f s, %s records/s\n",
        run == 0 ? std::string("warm-up") : absl::StrCat("run ", run), side,
        cli::WithSeparators(result.records), result.seconds,
        cli::WithSeparators(
            static_cast<uint64_t>(result.records_per_second())));
    if (result.records == options_.rows) return result;
    return Error(status::v1::REASON_CODE_WRONG_STATE,
                 absl::StrCat("the ", side, " delivered ", result.records,
                              " of ", options_.rows, " records"));
  }

  Options options_;
  std::unique_ptr<BenchExchange> exchange_;
  std::unique_ptr<Relay> relay_;
  std::string policy_client_;
  std::string relay_client_;
};

absl::Status Measure(const Options& options) {
  const WorkFolder folder(options.dir);
  if (folder.path().empty()) {
    return ErrnoError(errno, "making a folder in", AsView(options.dir));
  }
  Comparison comparison;
  RETURN_IF_ERROR(comparison.Prepare(options, folder.path()));
  const double load = LoadAverage();
  std::cerr << "Measuring, with a load average of "
            << absl::StrFormat("%.2f", load) << '\n';
  ASSIGN_OR_RETURN(const std::vector<RunPair> pairs, comparison.Run());
  std::cout << '\n';
  PrintReport(pairs, cli::DetectTerminal(STDOUT_FILENO), &std::cout);
  if (options.json.empty()) return absl::OkStatus();
  return WriteFileAtomically(options.json, AsView(JsonReport(pairs, load)),
                             0644);
}

int Main(int argc, char** argv) {
  CLI::App app("Records per second through policy and audit, beside a relay.");
  Options options;
  app.add_option("--rows", options.rows, "Records to publish and deliver")
      ->check(CLI::Range(uint64_t{1}, uint64_t{100'000'000}))
      ->capture_default_str();
  app.add_option("--runs", options.runs, "Runs of each side that count")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--json", options.json, "Write the figures to this file");
  app.add_option("--dir", options.dir, "Where data lies meanwhile")
      ->capture_default_str();
  app.add_option("--consumer", options.consumer, "The consumer program")
      ->required();
  app.add_option("--resource", options.resource,
                 "The population's resource file")
      ->required();
  app.add_option("--divisions", options.divisions, "Where its people live")
      ->required();
  app.add_option("--kafka", options.kafka,
                 "host:port of an empty Kafka to use as the bus");
  CLI11_PARSE(app, argc, argv);
  ConfigureLog(LogFormat::kText, LogLevel::kWarning);
  const absl::Status status = Measure(options);
  if (status.ok()) return 0;
  std::cerr << "stream_bench: " << status.message() << '\n';
  return 1;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }
