// An exchange to measure: bus, registry, audit trail and broker as the
// standalone process wires them, with one resource, one agreement and one
// consumer, on a folder of its own.
#ifndef SLUICE_TESTS_BENCH_BENCH_EXCHANGE_H_
#define SLUICE_TESTS_BENCH_BENCH_EXCHANGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/audit/audit_log.h"
#include "libs/bus/event_log.h"
#include "libs/crypto/ed25519.h"
#include "libs/crypto/key_provider.h"
#include "libs/identity/test_certificates.h"
#include "libs/registry/registry.h"
#include "libs/rpc/credentials.h"
#include "services/broker/broker.h"
#include "services/standalone/own_keys.h"

namespace sluice::bench {

inline constexpr char kTrustDomain[] = "county.example";
inline constexpr char kResource[] = "public-security.population";
inline constexpr char kAgreement[] = "bench-people";
inline constexpr char kPurpose[] = "measuring";

struct BenchExchangeOptions {
  // Empty or missing; receives everything.
  std::string folder;
  // The resource file of the population, which names its CSV file as
  // ../../sources/population.csv, and the places where its people live.
  std::string resource_file;
  std::string divisions_file;
  uint64_t rows = 0;
  // `host:port,...` of an empty Kafka that is the bus; empty: the embedded one.
  std::string kafka;
};

// What is told of a step that takes long: how many of the rows are done.
using Progress = std::function<void(uint64_t rows_done)>;

// Of one thread.
class BenchExchange {
 public:
  // Starts everything; nothing is published yet.
  static absl::StatusOr<std::unique_ptr<BenchExchange>> Start(
      const BenchExchangeOptions& options);

  ~BenchExchange();
  BenchExchange(const BenchExchange&) = delete;
  BenchExchange& operator=(const BenchExchange&) = delete;

  // Writes the population's CSV file.
  absl::Status MakePopulation(const Progress& progress);

  // Lets an adapter publish it. An error unless every row was accepted.
  absl::Status Publish(const Progress& progress);

  // All twelve columns: one pseudonym, masks for whatever must be masked, a
  // year for the date of birth, the rest as it is.
  absl::Status Agree();

  // Writes `<folder>/clients/<name>.yaml`, with which the consumer reaches
  // `server`, and returns its path.
  absl::StatusOr<std::string> WriteClient(const std::string& name,
                                          const std::string& server) const;

  const std::string& address() const { return broker_->address(); }
  const rpc::TlsMaterial& tls() const { return tls_; }
  bus::EventLog* log() { return log_.get(); }
  const registry::Registry& registry() const { return *registry_; }
  uint64_t audit_entries() const { return audit_->size(); }

 private:
  explicit BenchExchange(const BenchExchangeOptions& options);

  std::string Path(const std::string& name) const;
  absl::Status WriteCertificates();
  absl::Status OpenLog();
  absl::Status Open();
  absl::Status Enrol();
  absl::Status SubmitAs(const crypto::SigningKey& key,
                        registry::v1::Command command);

  const BenchExchangeOptions options_;
  const identity::TestCa ca_;
  const crypto::SigningKey consumer_;
  const crypto::SigningKey approver_;
  rpc::TlsMaterial tls_;
  // In the order they are made; destroyed the other way round.
  std::unique_ptr<bus::EventLog> log_;
  std::unique_ptr<const standalone::OwnKeys> keys_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<crypto::KeyProvider> secrets_;
  std::unique_ptr<audit::AuditLog> audit_;
  std::unique_ptr<broker::Broker> broker_;
};

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_BENCH_EXCHANGE_H_
