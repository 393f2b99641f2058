#include "tests/integration/kafka_county.h"

#include <httplib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

namespace sluice::integration {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

constexpr char kBroker[] = R"(
data_dir: ../data/%s
ca_file: ../certs/ca.pem
broker:
  listen: 127.0.0.1:0
  tls: {cert_file: ../certs/%s.pem, key_file: ../certs/%s.key}
signing_key_file: ../keys/%s.pem
keys_dir: ../keys/shared
lease_ms: 3000
)";

constexpr char kAdapter[] = R"(
data_dir: ../data/adapter
adapter:
  department: registry-office
  resource_dir: ../resources
  scan_interval_ms: 200
signing_key_file: ../keys/adapter.pem
trust: {genesis_sha256: "%s"}
)";

std::string ProgramOf(const std::string& name) {
  return Runfile(name == "adapter" ? "services/adapter/sluice-adapter"
                                   : "services/broker/sluice-broker");
}

std::string ValueOf(const std::string& line, const std::string& name) {
  const size_t at = line.find(name + "=");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 1;
  return line.substr(begin, line.find(' ', begin) - begin);
}

void Require(const Finished& finished) {
  INFO(finished.out << finished.err);
  REQUIRE(finished.exit_code == 0);
}

std::string UniquePrefix() {
  static int count = 0;
  return absl::StrCat("county-", ::getpid(), "-", ++count, ".");
}

}  // namespace

KafkaCounty::KafkaCounty(std::string bootstrap)
    : bootstrap_(std::move(bootstrap)), name_prefix_(UniquePrefix()) {
  for (const char* folder : {"keys", "services"}) {
    std::filesystem::create_directories(files_.Path(folder));
  }
  Require(
      Tool({"genesis", "create", "--trust-domain", County::kTrustDomain,
            "--ca-file", "certs/ca.pem", "--officer-department", "data-bureau",
            "--officer-key", "keys/officer.pem", "--out", "genesis.bin"}));
  const Finished shown =
      Tool({"genesis", "show", "genesis.bin", "--output", "csv"});
  Require(shown);
  // A header line, then the digest first.
  genesis_ = shown.out.substr(shown.out.find('\n') + 1, 64);
  Require(Tool({"key", "make-root", "keys/shared"}));
  for (const char* name : {"b1", "b2", "adapter", "grid", "approver"}) {
    Require(Tool({"key", "create", absl::StrCat("keys/", name, ".pem")}));
  }
  for (const char* name : {"b1", "b2"}) {
    files_.IssueCertificate(files_.ca(), name,
                            absl::StrCat("data-bureau/broker/", name),
                            {.ip_addresses = {"127.0.0.1"}});
    WriteBroker(name);
  }
  WriteAdapter();
}

Finished KafkaCounty::Tool(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), Runfile("tools/sluicectl/sluicectl"));
  return RunProgram(arguments, files_.Path("."));
}

std::string KafkaCounty::KafkaYaml() const {
  return absl::StrCat("kafka: {bootstrap_servers: [", bootstrap_,
                      "], name_prefix: ", name_prefix_,
                      ", replication_factor: 1, min_insync_replicas: 1}\n");
}

void KafkaCounty::WriteBroker(const std::string& name, const std::string& trust,
                              const std::string& kafka) const {
  files_.Write(
      "services/" + name + ".yaml",
      absl::StrCat(absl::StrFormat(kBroker, name, name, name, name),
                   trust.empty()
                       ? absl::StrCat("trust: {genesis_sha256: \"", genesis_,
                                      "\", genesis_file: ../genesis.bin}\n")
                       : trust,
                   kafka.empty() ? KafkaYaml() : kafka));
}

void KafkaCounty::WriteAdapter(const std::string& kafka) const {
  files_.Write("services/adapter.yaml",
               absl::StrCat(absl::StrFormat(kAdapter, genesis_),
                            kafka.empty() ? KafkaYaml() : kafka));
}

void KafkaCounty::Start(const std::string& name) {
  Running& running = running_[name];
  running.process = std::make_unique<Process>(
      std::vector<std::string>{ProgramOf(name), "--config",
                               absl::StrCat("services/", name, ".yaml")},
      files_.Path("."), name);
  running.ready = running.process->ReadFirstLine();
  INFO(log(name));
  REQUIRE(running.ready.rfind("ready ", 0) == 0);
  CHECK(ValueOf(running.ready, "genesis") == genesis_);
  WriteClients();
}

Finished KafkaCounty::StartExpectingFailure(const std::string& name,
                                            const std::string& argument) const {
  std::vector<std::string> arguments = {
      ProgramOf(name), "--config", absl::StrCat("services/", name, ".yaml")};
  if (!argument.empty()) arguments.push_back(argument);
  return RunProgram(arguments, files_.Path("."));
}

Finished KafkaCounty::Stop(const std::string& name, int signal_number) {
  Running& running = running_.at(name);
  running.process->Signal(signal_number);
  Finished finished = running.process->Wait();
  running.process.reset();
  return finished;
}

std::string KafkaCounty::Readyz(const std::string& name) const {
  httplib::Client client(ValueOf(running_.at(name).ready, "http"));
  const auto answer = client.Get("/readyz");
  REQUIRE(answer);
  return answer->status == 200 ? "200" : answer->body;
}

void KafkaCounty::AwaitReady(const std::string& name) const {
  const absl::Time until = absl::Now() + kPatience;
  std::string ready = Readyz(name);
  while (ready != "200") {
    INFO(ready << log(name));
    REQUIRE(absl::Now() < until);
    std::this_thread::yield();
    ready = Readyz(name);
  }
}

double KafkaCounty::Metric(const std::string& name,
                           const std::string& metric) const {
  httplib::Client client(ValueOf(running_.at(name).ready, "http"));
  const auto scraped = client.Get("/metrics");
  REQUIRE(scraped);
  double sum = 0;
  std::istringstream lines(scraped->body);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(metric, 0) == 0) {
      sum += std::atof(line.substr(line.rfind(' ') + 1).c_str());
    }
  }
  return sum;
}

std::string KafkaCounty::log(const std::string& name) const {
  std::ifstream file(files_.Path(name + ".err"));
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

void KafkaCounty::WriteClients() const {
  const auto write = [&](const std::string& file, const std::string& who,
                         const std::string& servers) {
    std::string yaml = absl::StrCat(
        "servers: [", servers, "]\nca_file: ../certs/ca.pem\n",
        "tls: {cert_file: ../certs/", who, ".pem, key_file: ../certs/", who,
        ".key}\ngenesis_sha256: \"", genesis_, "\"\n");
    if (who != "auditor") {
      absl::StrAppend(&yaml, "signing_key_file: ../keys/", who, ".pem\n");
    }
    files_.Write("clients/" + file + ".yaml", yaml);
  };
  std::vector<std::string> all;
  for (const auto& [name, running] : running_) {
    if (name == "adapter") continue;
    const std::string address = ValueOf(running.ready, "grpc");
    all.push_back(address);
    for (const char* who : {"officer", "auditor", "grid", "approver"}) {
      write(absl::StrCat(who, "-", name), who, address);
    }
  }
  for (const char* who : {"officer", "auditor", "grid", "approver"}) {
    write(who, who, absl::StrJoin(all, ", "));
  }
}

Finished KafkaCounty::Sluicectl(const std::string& who,
                                std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(),
                   {"--config", absl::StrCat("clients/", who, ".yaml")});
  return Tool(std::move(arguments));
}

Finished KafkaCounty::MustSluicectl(const std::string& who,
                                    std::vector<std::string> arguments) const {
  Finished finished = Sluicectl(who, std::move(arguments));
  Require(finished);
  return finished;
}

void KafkaCounty::EnrolKey(const std::string& name,
                           const std::string& department,
                           const std::string& role) const {
  MustSluicectl("officer", {"key", "enrol", "--department", department,
                            "--role", role, "--holder", name, "--key-file",
                            absl::StrCat("keys/", name, ".pem")});
}

void KafkaCounty::EnrolAll() const {
  MustSluicectl("officer",
                {"department", "enrol", "registry-office", "--name", "民政局"});
  MustSluicectl("officer",
                {"department", "enrol", "grid", "--name", "社区网格中心"});
  EnrolKey("b1", "data-bureau", "broker");
  EnrolKey("b2", "data-bureau", "broker");
  EnrolKey("adapter", "registry-office", "adapter");
  EnrolKey("approver", "registry-office", "approver");
  EnrolKey("grid", "grid", "consumer");
}

}  // namespace sluice::integration
