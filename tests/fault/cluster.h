// Sluice as a set of services on a real Kafka, each a process that a test can
// start, kill and stop.
#ifndef SLUICE_TESTS_FAULT_CLUSTER_H_
#define SLUICE_TESTS_FAULT_CLUSTER_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "libs/bus/test_kafka.h"
#include "libs/client/connection.h"
#include "sluice/registry/v1/registry_service.pb.h"
#include "tests/fault/journal.h"
#include "tests/fault/ledger.h"
#include "tests/fault/network.h"
#include "tests/integration/county.h"
#include "tests/integration/process.h"

namespace sluice::fault {

// Longest wait for what must happen, far above what it takes on a busy machine.
inline constexpr absl::Duration kPatience = absl::Seconds(90);
// What the brokers are configured with.
inline constexpr absl::Duration kLease = absl::Seconds(2);

inline constexpr char kTopicPrefix[] = "fault-";

struct ClusterOptions {
  bus::TestKafkaOptions kafka;
  // If there is one, brokers can be put into it, and Kafka listens for them.
  const Network* network = nullptr;
};

struct ConsumerOptions {
  std::string agreement;
  std::string group;
  // Of clients/<config>.yaml.
  std::string config = "grid";
  int batches = 16;
  int pause_ms = 0;
};

// Department registry-office provides, brokers are data-bureau's, grid
// receives. Whatever fails in here fails the test. Not thread-safe.
class Cluster {
 public:
  // Starts Kafka and the broker b1, and enrols who belongs to the trust domain.
  explicit Cluster(const ClusterOptions& options = {});
  // Leaves logs and journals with the test's outputs, for who looks into a
  // failure.
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  bus::TestKafka& kafka() { return *kafka_; }
  const integration::County& county() const { return county_; }
  // Where Kafka is for the processes of this cluster.
  const std::string& bootstrap() const { return bootstrap_; }

  // Enrols and starts a broker; one inside the network if it says so. Clients
  // know all brokers that were added, the first first; as `<who>-<broker>` that
  // one alone.
  void AddBroker(const std::string& name, bool in_network = false);

  // A resource registry-office.<name>, read from what FeedPath names.
  void Offer(const std::string& name, int partitions,
             const std::string& kind = "EVENTS");
  std::string FeedPath(const std::string& name) const;
  // An adapter of the one identity that all of them have here.
  void AddAdapter(const std::string& name);

  // Requests and approves `id` for registry-office.<resource>. `limits` is what
  // stands in YAML's `{...}` behind `limits:`, or nothing.
  void Agree(const std::string& id, const std::string& resource,
             const std::string& limits = "");

  // A process of //tests/fault:consumer; it has its journal under its name.
  void AddConsumer(const std::string& name, const ConsumerOptions& options);
  std::string JournalPath(const std::string& name) const;
  std::vector<JournalDelivery> Journal(const std::string& name) const;
  // Waits until the consumer has so many records in all.
  void AwaitRecords(const std::string& consumer, uint64_t records) const;

  // Of a process that was added, by its name. Start waits until a broker or an
  // adapter is ready.
  void Start(const std::string& name);
  void Kill(const std::string& name);
  integration::Finished Stop(const std::string& name);
  void Signal(const std::string& name, int signal_number);
  // Waits for it to end by itself.
  integration::Finished AwaitEnd(const std::string& name);
  // Its standard error of all its runs.
  std::string LogPath(const std::string& name) const;

  // As one of officer, auditor, grid and approver, or `<who>-<broker>`.
  integration::Finished Sluicectl(const std::string& who,
                                  std::vector<std::string> arguments) const;
  // The same; it must succeed.
  integration::Finished MustSluicectl(const std::string& who,
                                      std::vector<std::string> arguments) const;
  std::unique_ptr<client::Connection> Connect(const std::string& who) const;

  // Disclosures in the trails of all brokers, which must run.
  Disclosures ReadDisclosures() const;
  // Checks that every broker's trail is what its signed checkpoint says.
  void CheckTrails() const;
  registry::v1::GetRegistryStatusResponse RegistryStatus(
      const std::string& broker) const;
  // Waits until all brokers have applied the same, and checks that it led them
  // to the same state. Nothing may be appended meanwhile.
  void CheckSameState() const;
  // Waits until the broker says that it has a lease.
  void AwaitLease(const std::string& broker) const;

 private:
  struct Member {
    std::vector<std::string> command;
    // Whether it prints a line when it is ready.
    bool announces = true;
    std::unique_ptr<integration::Process> process;
  };

  void StartKafka(const ClusterOptions& options);
  void ListenFor(const Network& network);
  void MakeGenesis();
  void Enrol(const std::string& holder, const std::string& department,
             const std::string& role, const std::string& key_file) const;
  void CreateKey(const std::string& key_file) const;
  void WriteClients() const;
  void WriteClient(const std::string& file, const std::string& who,
                   const std::string& servers) const;
  std::string KafkaYaml() const;
  std::string BrokerYaml(const std::string& name,
                         const std::string& address) const;
  Member& Find(const std::string& name);

  const Network* const network_;
  integration::County county_;
  std::unique_ptr<bus::TestKafka> kafka_;
  std::string bootstrap_;
  std::string genesis_;
  // Brokers in the order of their being added, and their addresses.
  std::vector<std::string> brokers_;
  std::map<std::string, std::string> addresses_;
  std::map<std::string, Member> members_;
};

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_CLUSTER_H_
