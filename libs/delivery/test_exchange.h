// An exchange on the fixture's bus and registry, and how a test subscribes.
#ifndef SLUICE_LIBS_DELIVERY_TEST_EXCHANGE_H_
#define SLUICE_LIBS_DELIVERY_TEST_EXCHANGE_H_

#include <functional>
#include <memory>
#include <vector>

#include "libs/delivery/delivery_fixture.h"
#include "libs/delivery/exchange.h"
#include "libs/delivery/scripted_quota.h"

namespace sluice::delivery {

// A broker without network, and its consumers.
struct TestExchange {
  // `change` sees the options before the exchange is made of them.
  explicit TestExchange(
      uint32_t partitions = 1,
      const std::function<void(ExchangeOptions*)>& change = nullptr)
      : domain(partitions) {
    options.registry = domain.registry.get();
    options.log = domain.bus.log.get();
    options.audit = domain.audit.get();
    options.keys = domain.keys.get();
    options.clock = &domain.bus.clock;
    options.streams_max = 8;
    options.lease = &lease;
    options.quota = &quota;
    if (change) change(&options);
    exchange = std::make_unique<Exchange>(options);
  }

  // As when the broker's process ends and another starts: keys are read anew.
  void Restart() {
    REQUIRE(exchange->Stop(kTestWait));
    exchange.reset();
    auto keys = crypto::OpenFileKeyProvider(domain.bus.folder.path() + "/keys");
    REQUIRE(keys.ok());
    domain.keys = *std::move(keys);
    options.keys = domain.keys.get();
    exchange = std::make_unique<Exchange>(options);
  }

  absl::Status Subscribe(ScriptedSink* sink, const Caller& caller,
                         const exchange::v1::Start& start) {
    auto opened = exchange->Subscribe(caller, start, sink);
    if (!opened.ok()) return opened.status();
    started = opened->started;
    sink->Attach(opened->stream);
    opened->stream->AddCredit(start.credit());
    stream = opened->stream;
    opened->stream->Run(opened->started);
    return absl::OkStatus();
  }
  absl::Status Subscribe(ScriptedSink* sink) {
    return Subscribe(sink, domain.HealthConsumer(), domain.StartRequest());
  }

  // The refusals that reach the trail, at least `count` of them.
  std::vector<audit::v1::Refusal> Refusals(size_t count) {
    const absl::Time deadline = absl::Now() + kTestWait;
    std::vector<audit::v1::Refusal> refusals;
    while (refusals.size() < count && absl::Now() < deadline) {
      REQUIRE(domain.audit->AppendAndWait(audit::v1::Entry()).ok());
      refusals.clear();
      for (const auto& entry : domain.Entries()) {
        if (entry.has_refusal()) refusals.push_back(entry.refusal());
      }
    }
    return refusals;
  }

  // Until `holds`, which some thread of the exchange brings about. Each round
  // waits for the disk.
  bool WaitFor(const std::function<bool()>& holds) {
    const absl::Time deadline = absl::Now() + kTestWait;
    while (!holds()) {
      if (absl::Now() >= deadline) return false;
      REQUIRE(domain.audit->AppendAndWait(audit::v1::Entry()).ok());
    }
    return true;
  }

  // Outlive the exchange.
  ScriptedLease lease;
  ScriptedQuota quota;
  DeliveryFixture domain;
  ExchangeOptions options;
  std::unique_ptr<Exchange> exchange;
  exchange::v1::Started started;
  std::shared_ptr<Stream> stream;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_TEST_EXCHANGE_H_
