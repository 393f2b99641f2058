#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "libs/base/clock.h"
#include "libs/bus/embedded_log.h"
#include "libs/bus/event_log_contract.h"
#include "libs/storage/test_folder.h"

namespace sluice::bus {
namespace {

class EmbeddedHarness : public ContractHarness {
 public:
  EmbeddedHarness() { Reopen(); }

  EventLog* log() override { return log_.get(); }

  // A folder of its own: every name is unique.
  std::string Unique(const std::string& name) override { return name; }

  void Reopen() override {
    log_.reset();
    EmbeddedLogOptions options;
    options.path = folder_.path();
    options.clock = &clock_;
    options.maintenance_interval = absl::InfiniteDuration();
    auto opened = OpenEmbeddedLog(options);
    INFO(opened.status().ToString());
    REQUIRE(opened.ok());
    log_ = std::move(*opened);
  }

  bool OffsetsAreContiguous() const override { return true; }

  bool AdvanceClock(absl::Duration by) override {
    clock_.Advance(by);
    return true;
  }

  bool ApplyRetention() override {
    const absl::Status status = log_->RunRetention();
    INFO(status.ToString());
    REQUIRE(status.ok());
    return true;
  }

 private:
  storage::TestFolder folder_;
  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<EmbeddedLog> log_;
};

TEST_CASE("the embedded log keeps the contract of the event log") {
  RunEventLogContract([] { return std::make_unique<EmbeddedHarness>(); });
}

}  // namespace
}  // namespace sluice::bus
