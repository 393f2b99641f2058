#include "tests/fault/cluster.h"

#include <arpa/inet.h>
#include <re2/re2.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "libs/client/paging.h"
#include "tests/fault/file_tail.h"

namespace sluice::fault {
namespace {

using integration::Finished;
using integration::Process;
using integration::Runfile;

constexpr char kResource[] = R"(
resource:
  id: registry-office.%s
  kind: %s
  key: [id]
  partitions: %d
  title: 事件
  sharing_type: CONDITIONAL
  fields:
    - {id: 1, name: id, type: STRING, required: true, sensitivity: L1_PUBLIC}
    - {id: 2, name: number, type: INT64, required: true, sensitivity: L1_PUBLIC}
    - {id: 3, name: text, type: STRING, sensitivity: L1_PUBLIC}
source:
  csv: {path: ../sources/%s.csv}
)";

constexpr char kAgreement[] = R"(
id: %s
resource: registry-office.%s
purpose: grid management
legal_basis: county order 12
fields:
  id: {keep: {}}
  number: {keep: {}}
%s)";

constexpr char kKafka[] = R"(
kafka:
  bootstrap_servers: [%s]
  name_prefix: %s
  replication_factor: %d
  min_insync_replicas: %d
  request_timeout_ms: 5000
  session_timeout_ms: 3000
)";

constexpr char kBroker[] = R"(
data_dir: ../data/%s
trust: {genesis_sha256: "%s", genesis_file: ../genesis.bin}
ca_file: ../certs/ca.pem
broker:
  listen: %s
  tls: {cert_file: ../certs/%s.pem, key_file: ../certs/%s.key}
signing_key_file: ../keys/%s.pem
keys_dir: ../keys/shared
lease_ms: %d
)";

constexpr char kAdapter[] = R"(
data_dir: ../data/%s
trust: {genesis_sha256: "%s"}
adapter:
  department: registry-office
  resource_dir: ../resources
  scan_interval_ms: 50
signing_key_file: ../keys/adapter.pem
)";

void Require(const absl::Status& status) {
  INFO(std::string(status.message()));
  REQUIRE(status.ok());
}

void Require(const Finished& finished) {
  INFO(finished.out << finished.err);
  REQUIRE(finished.exit_code == 0);
}

// One that no outgoing connection is given, so that a process which was killed
// can have it again.
int FreePort() {
  std::random_device random;
  while (true) {
    const int port = 10'240 + static_cast<int>(random() % 20'000);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    const bool bound =
        ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    ::close(fd);
    if (bound) return port;
  }
}

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string OriginOf(const std::string& checkpoint) {
  return checkpoint.substr(0, checkpoint.find('\n'));
}

}  // namespace

Cluster::Cluster(const ClusterOptions& options) : network_(options.network) {
  for (const char* name : {"brokers", "adapters", "keys", "data", "journals"}) {
    std::filesystem::create_directories(county_.Path(name));
  }
  StartKafka(options);
  MakeGenesis();
  for (const char* key : {"adapter", "grid", "approver"}) CreateKey(key);
  AddBroker("b1");
  for (const auto& [id, name] : std::map<std::string, std::string>{
           {"registry-office", "民政局"}, {"grid", "社区网格中心"}}) {
    MustSluicectl("officer", {"department", "enrol", id, "--name", name});
  }
  Enrol("b1", "data-bureau", "broker", "b1");
  Enrol("adapter", "registry-office", "adapter", "adapter");
  Enrol("approver", "registry-office", "approver", "approver");
  Enrol("grid", "grid", "consumer", "grid");
  AwaitLease("b1");
}

Cluster::~Cluster() {
  members_.clear();
  const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (outputs == nullptr) return;
  static int clusters = 0;
  const std::filesystem::path to =
      std::filesystem::path(outputs) / std::to_string(++clusters);
  std::error_code ignored;
  std::filesystem::create_directories(to, ignored);
  for (const auto& [folder, extension] :
       std::map<std::string, std::string>{{".", ".err"}, {"journals", ""}}) {
    for (const auto& file :
         std::filesystem::directory_iterator(county_.Path(folder), ignored)) {
      if (file.path().extension() != extension || !file.is_regular_file() ||
          file.path().filename().string().rfind("run-", 0) == 0) {
        continue;
      }
      std::filesystem::copy(file, to, ignored);
    }
  }
}

void Cluster::StartKafka(const ClusterOptions& options) {
  auto started = bus::TestKafka::Start(options.kafka);
  Require(started.status());
  kafka_ = *std::move(started);
  bootstrap_ = kafka_->bootstrap();
  if (options.network != nullptr) ListenFor(*options.network);
}

// Kafka names itself by one address, so all processes use the one that is
// reached from inside the network too.
void Cluster::ListenFor(const Network& network) {
  Require(kafka_->StopNode());
  const std::string path = kafka_->folder() + "/node-1/server.properties";
  const std::string port = bootstrap_.substr(bootstrap_.rfind(':') + 1);
  const std::string loopback = "CLIENT://127.0.0.1:" + port;
  std::string settings = ReadWhole(path);
  const size_t advertised = settings.find("\nadvertised.listeners=");
  REQUIRE(advertised != std::string::npos);
  const std::string head = absl::StrReplaceAll(
      settings, {{"advertised.listeners=" + loopback,
                  "advertised.listeners=CLIENT://" + network.kafka_address() +
                      ":" + port}});
  std::ofstream(path) << absl::StrReplaceAll(
      head,
      {{"\nlisteners=" + loopback, "\nlisteners=CLIENT://0.0.0.0:" + port}});
  Require(kafka_->StartNode());
  bootstrap_ = network.kafka_address() + ":" + port;
}

void Cluster::MakeGenesis() {
  const std::string sluicectl = Runfile("tools/sluicectl/sluicectl");
  const Finished made = integration::RunProgram(
      {sluicectl, "genesis", "create", "--trust-domain",
       integration::County::kTrustDomain, "--ca-file", "certs/ca.pem",
       "--officer-department", "data-bureau", "--officer-key",
       "keys/officer.pem", "--out", "genesis.bin"},
      county_.Path("."));
  Require(made);
  REQUIRE(RE2::PartialMatch(made.out, "([0-9a-f]{64})", &genesis_));
  Require(integration::RunProgram(
      {sluicectl, "key", "make-root", "keys/shared"}, county_.Path(".")));
}

void Cluster::CreateKey(const std::string& key_file) const {
  Require(integration::RunProgram({Runfile("tools/sluicectl/sluicectl"), "key",
                                   "create", "keys/" + key_file + ".pem"},
                                  county_.Path(".")));
}

void Cluster::Enrol(const std::string& holder, const std::string& department,
                    const std::string& role,
                    const std::string& key_file) const {
  MustSluicectl("officer", {"key", "enrol", "--department", department,
                            "--role", role, "--holder", holder, "--key-file",
                            "keys/" + key_file + ".pem"});
}

std::string Cluster::KafkaYaml() const {
  const int nodes = 1 + static_cast<int>(std::count(bootstrap_.begin(),
                                                    bootstrap_.end(), ','));
  return absl::StrFormat(kKafka, bootstrap_, kTopicPrefix, nodes,
                         nodes > 1 ? nodes - 1 : 1);
}

std::string Cluster::BrokerYaml(const std::string& name,
                                const std::string& address) const {
  return absl::StrCat(
      absl::StrFormat(kBroker, name, genesis_, address, name, name, name,
                      absl::ToInt64Milliseconds(kLease)),
      KafkaYaml());
}

void Cluster::AddBroker(const std::string& name, bool in_network) {
  const std::string host =
      in_network ? network_->client_address() : std::string("127.0.0.1");
  const std::string address = absl::StrCat(host, ":", FreePort());
  county_.IssueCertificate(county_.ca(), name, "data-bureau/broker/" + name,
                           {.ip_addresses = {host}});
  CreateKey(name);
  county_.Write("brokers/" + name + ".yaml", BrokerYaml(name, address));
  if (!brokers_.empty()) Enrol(name, "data-bureau", "broker", name);
  Member& member = members_[name];
  if (in_network) member.command = network_->Enter();
  for (const std::string& word :
       {Runfile("services/broker/sluice-broker"), std::string("--config"),
        "brokers/" + name + ".yaml"}) {
    member.command.push_back(word);
  }
  brokers_.push_back(name);
  addresses_[name] = address;
  WriteClients();
  Start(name);
  if (brokers_.size() > 1) AwaitLease(name);
}

void Cluster::Offer(const std::string& name, int partitions,
                    const std::string& kind) {
  county_.Write("resources/" + name + ".yaml",
                absl::StrFormat(kResource, name, kind, partitions, name));
}

std::string Cluster::FeedPath(const std::string& name) const {
  return county_.Path("sources/" + name + ".csv");
}

void Cluster::AddAdapter(const std::string& name) {
  county_.Write(
      "adapters/" + name + ".yaml",
      absl::StrCat(absl::StrFormat(kAdapter, name, genesis_), KafkaYaml()));
  members_[name].command = {Runfile("services/adapter/sluice-adapter"),
                            "--config", "adapters/" + name + ".yaml"};
  Start(name);
}

void Cluster::Agree(const std::string& id, const std::string& resource,
                    const std::string& limits) {
  const std::string file = "agreements/" + id + ".yaml";
  county_.Write(
      file, absl::StrFormat(
                kAgreement, id, resource,
                limits.empty() ? std::string() : "limits: {" + limits + "}\n"));
  // The adapter may still be about to enter the resource in the catalog.
  FileTail catalog(LogPath("a1"));
  const absl::Time until = absl::Now() + kPatience;
  while (Sluicectl("grid", {"catalog", "show", "registry-office." + resource})
             .exit_code != 0) {
    REQUIRE(absl::Now() < until);
    catalog.AwaitLines(1, absl::Milliseconds(200));
  }
  MustSluicectl("grid", {"agreement", "request", file});
  MustSluicectl("approver", {"agreement", "approve", id, "--yes"});
}

void Cluster::AddConsumer(const std::string& name,
                          const ConsumerOptions& options) {
  Member& member = members_[name];
  member.announces = false;
  member.command = {Runfile("tests/fault/consumer"),
                    "--config",
                    "clients/" + options.config + ".yaml",
                    "--agreement",
                    options.agreement,
                    "--purpose",
                    integration::County::kPurpose,
                    "--group",
                    options.group,
                    "--journal",
                    "journals/" + name,
                    "--batches",
                    absl::StrCat(options.batches),
                    "--pause-ms",
                    absl::StrCat(options.pause_ms)};
  Start(name);
}

std::string Cluster::JournalPath(const std::string& name) const {
  return county_.Path("journals/" + name);
}

std::vector<JournalDelivery> Cluster::Journal(const std::string& name) const {
  const auto journal = ReadJournal(JournalPath(name));
  Require(journal.status());
  return *journal;
}

void Cluster::AwaitRecords(const std::string& consumer,
                           uint64_t records) const {
  FileTail journal(JournalPath(consumer));
  uint64_t got = 0;
  const bool enough = journal.Await(
      [&](absl::string_view line) {
        // Behind the delivery's six words each word is a record.
        const auto words = std::count(line.begin(), line.end(), ' ') + 1;
        got += static_cast<uint64_t>(words) - 6;
        return got >= records;
      },
      records == 0 ? absl::ZeroDuration() : kPatience);
  INFO(consumer << " has " << got << " of " << records << " records; it says:\n"
                << ReadWhole(LogPath(consumer)));
  REQUIRE((enough || records == 0));
}

Cluster::Member& Cluster::Find(const std::string& name) {
  const auto found = members_.find(name);
  INFO(name);
  REQUIRE(found != members_.end());
  return found->second;
}

void Cluster::Start(const std::string& name) {
  Member& member = Find(name);
  REQUIRE(member.process == nullptr);
  member.process =
      std::make_unique<Process>(member.command, county_.Path("."), name);
  if (!member.announces) return;
  const std::string line = member.process->ReadFirstLine();
  INFO(name << " says:\n" << ReadWhole(LogPath(name)));
  REQUIRE(line.rfind("ready ", 0) == 0);
}

void Cluster::Kill(const std::string& name) {
  Member& member = Find(name);
  REQUIRE(member.process != nullptr);
  member.process->Signal(SIGKILL);
  const Finished finished = member.process->Wait();
  INFO(name << " says:\n" << finished.err);
  CHECK(finished.exit_code == 128 + SIGKILL);
  member.process.reset();
}

Finished Cluster::Stop(const std::string& name) {
  Signal(name, SIGTERM);
  return AwaitEnd(name);
}

void Cluster::Signal(const std::string& name, int signal_number) {
  Member& member = Find(name);
  REQUIRE(member.process != nullptr);
  member.process->Signal(signal_number);
}

Finished Cluster::AwaitEnd(const std::string& name) {
  Member& member = Find(name);
  REQUIRE(member.process != nullptr);
  Finished finished = member.process->Wait();
  member.process.reset();
  return finished;
}

std::string Cluster::LogPath(const std::string& name) const {
  return county_.Path(name + ".err");
}

Finished Cluster::Sluicectl(const std::string& who,
                            std::vector<std::string> arguments) const {
  return county_.Sluicectl(who, std::move(arguments));
}

Finished Cluster::MustSluicectl(const std::string& who,
                                std::vector<std::string> arguments) const {
  Finished finished = Sluicectl(who, std::move(arguments));
  Require(finished);
  return finished;
}

void Cluster::WriteClient(const std::string& file, const std::string& who,
                          const std::string& servers) const {
  std::string yaml = absl::StrCat(
      "servers: [", servers, "]\nca_file: ../certs/ca.pem\n",
      "tls: {cert_file: ../certs/", who, ".pem, key_file: ../certs/", who,
      ".key}\ngenesis_sha256: \"", genesis_, "\"\n");
  if (who != "auditor") {
    absl::StrAppend(&yaml, "signing_key_file: ../keys/", who, ".pem\n");
  }
  county_.Write("clients/" + file + ".yaml", yaml);
}

void Cluster::WriteClients() const {
  std::vector<std::string> all;
  for (const std::string& name : brokers_) all.push_back(addresses_.at(name));
  for (const char* who : {"officer", "auditor", "grid", "approver"}) {
    WriteClient(who, who, absl::StrJoin(all, ", "));
    for (const std::string& name : brokers_) {
      WriteClient(absl::StrCat(who, "-", name), who, addresses_.at(name));
    }
  }
}

std::unique_ptr<client::Connection> Cluster::Connect(
    const std::string& who) const {
  auto config =
      client::ReadClientConfig(county_.Path("clients/" + who + ".yaml"));
  Require(config.status());
  auto connection = client::Connection::Open(*std::move(config));
  Require(connection.status());
  return *std::move(connection);
}

Disclosures Cluster::ReadDisclosures() const {
  using Stub = audit::v1::AuditService::Stub;
  Disclosures disclosures;
  for (const std::string& broker : brokers_) {
    const auto connection = Connect("auditor-" + broker);
    const auto checkpoint = connection->Call(&Stub::GetCheckpoint,
                                             audit::v1::GetCheckpointRequest());
    Require(checkpoint.status());
    const std::string origin = OriginOf(checkpoint->checkpoint());
    audit::v1::ListEntriesRequest request;
    request.mutable_filter()->add_kinds("disclosure");
    request.set_page_size(1000);
    Require(client::ForEachPage(
        connection.get(), &Stub::ListEntries, request,
        [&](const audit::v1::ListEntriesResponse& page) {
          for (const audit::v1::IndexedEntry& indexed : page.entries()) {
            disclosures[absl::StrCat(origin, "/", indexed.index())] =
                indexed.entry();
          }
          return true;
        }));
  }
  return disclosures;
}

void Cluster::CheckTrails() const {
  for (const std::string& broker : brokers_) {
    const Finished verified = integration::RunProgram(
        {Runfile("tools/audit_query/audit-query"), "--config",
         "clients/auditor-" + broker + ".yaml", "verify"},
        county_.Path("."));
    INFO(broker << "\n" << verified.out << verified.err);
    CHECK(verified.exit_code == 0);
  }
}

registry::v1::GetRegistryStatusResponse Cluster::RegistryStatus(
    const std::string& broker) const {
  const auto connection = Connect("grid-" + broker);
  auto status =
      connection->Call(&registry::v1::RegistryService::Stub::GetRegistryStatus,
                       registry::v1::GetRegistryStatusRequest());
  Require(status.status());
  return *status;
}

void Cluster::CheckSameState() const {
  const absl::Time until = absl::Now() + kPatience;
  while (true) {
    uint64_t newest = 0;
    uint64_t oldest = UINT64_MAX;
    std::map<std::string, std::string> digests;
    for (const std::string& broker : brokers_) {
      const auto status = RegistryStatus(broker);
      newest = std::max(newest, status.applied_offset());
      oldest = std::min(oldest, status.applied_offset());
      digests[status.state_digest()] = broker;
    }
    if (newest == oldest) {
      CHECK(digests.size() == 1);
      return;
    }
    REQUIRE(absl::Now() < until);
  }
}

void Cluster::AwaitLease(const std::string& broker) const {
  const auto connection = Connect("grid-" + broker);
  const absl::Time until = absl::Now() + kPatience;
  while (true) {
    const auto brokers =
        connection->Call(&registry::v1::RegistryService::Stub::ListBrokers,
                         registry::v1::ListBrokersRequest());
    // The one that is asked comes first.
    if (brokers.ok() && brokers->brokers_size() > 0 &&
        brokers->brokers(0).has_lease()) {
      return;
    }
    INFO(broker << " says:\n" << ReadWhole(LogPath(broker)));
    REQUIRE(absl::Now() < until);
  }
}

}  // namespace sluice::fault
