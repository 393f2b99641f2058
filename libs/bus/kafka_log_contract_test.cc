#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/bus/event_log_contract.h"
#include "libs/bus/kafka_log.h"
#include "libs/bus/test_kafka.h"

namespace sluice::bus {
namespace {

// All on one Kafka, which keeps topics, groups and producers.
class KafkaHarness : public ContractHarness {
 public:
  KafkaHarness() { Reopen(); }

  EventLog* log() override { return log_.get(); }

  std::string Unique(const std::string& name) override {
    static std::atomic<int> count = 0;
    // In front, so that what is wrong about a name stays so.
    return name.empty() ? name : absl::StrCat("t", ++count, "-", name);
  }

  void Reopen() override {
    log_.reset();
    KafkaLogOptions options;
    options.bootstrap_servers = {SharedTestKafka().bootstrap()};
    options.replication_factor = 1;
    options.min_insync_replicas = 1;
    options.name_prefix = "contract.";
    auto opened = OpenKafkaLog(options);
    INFO(opened.status().ToString());
    REQUIRE(opened.ok());
    log_ = std::move(*opened);
  }

  absl::Duration Patience() const override { return absl::Seconds(60); }

 private:
  std::unique_ptr<EventLog> log_;
};

TEST_CASE("Kafka keeps the contract of the event log") {
  RunEventLogContract([] { return std::make_unique<KafkaHarness>(); });
}

}  // namespace
}  // namespace sluice::bus
