// A trust domain with one resource, one agreement and a bus, for tests of
// delivery: everything real, in a folder of its own, with a clock and a disk
// that do what the test says.
#ifndef SLUICE_LIBS_DELIVERY_DELIVERY_FIXTURE_H_
#define SLUICE_LIBS_DELIVERY_DELIVERY_FIXTURE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/audit/audit_log.h"
#include "libs/base/mutex.h"
#include "libs/base/worker_pool.h"
#include "libs/crypto/key_provider.h"
#include "libs/delivery/bus_threads.h"
#include "libs/delivery/caller.h"
#include "libs/delivery/gate.h"
#include "libs/delivery/plan.h"
#include "libs/delivery/policy_processor.h"
#include "libs/delivery/sink.h"
#include "libs/delivery/stream.h"
#include "libs/records/batch_builder.h"
#include "libs/records/envelope.h"
#include "libs/registry/test_bus.h"
#include "libs/storage/fault_env.h"

namespace sluice::delivery {

// Longest that a test waits for what must come.
inline constexpr absl::Duration kTestWait = absl::Seconds(60);

// `rows` people of a district, the first of them number `first`.
records::Batch PeopleBatch(const catalog::v1::Resource& resource,
                           uint64_t first, uint32_t rows);

// Signs messages into the chain of one partition of `resource`.
class ChainWriter {
 public:
  // `key` must outlive this.
  ChainWriter(catalog::v1::Resource resource, uint32_t partition,
              const crypto::SigningKey* key, records::ChainHead head = {});

  // A batch of `rows` new people, as it lies on the bus.
  SharedBytes Batch(uint32_t rows = 1);
  SharedBytes Baseline(records::v1::MessageKind kind);
  SharedBytes Seal(const records::Batch& batch);

  const records::ChainHead& head() const { return signer_.head(); }
  // Said by the messages that follow.
  uint64_t registry_offset = 0;

 private:
  const catalog::v1::Resource resource_;
  records::EnvelopeSigner signer_;
  uint64_t next_person_ = 1;
};

// A consumer: takes a stream's frames apart and answers its writes, at once or
// when the test says so. Fails the process if the stream breaks its promises to
// a sink. Thread-safe.
class ScriptedSink : public Sink {
 public:
  void Attach(const std::shared_ptr<Stream>& stream);

  // Before Run: writes wait for Answer. False again: the one that waits is
  // answered, and those that follow.
  void Hold(bool hold);
  void Answer(bool ok);

  // Called in each Write of a delivery, while it starts. Before Run.
  std::function<void(const ReceivedResponse& delivery)> on_delivery;

  void Write(Frame frame) override;
  void Finish(const absl::Status& status) override;

  // These wait, at most kTestWait.
  std::vector<ReceivedResponse> WaitForDeliveries(size_t count);
  void WaitForCaughtUp(size_t count);
  void WaitForWrites(size_t count);
  absl::Status WaitForFinish();

  std::vector<ReceivedResponse> deliveries() const;
  std::vector<exchange::v1::CaughtUp> caught_up() const;
  // "started", "delivery" or "caught_up" of every frame in order.
  std::vector<std::string> kinds() const;
  size_t writes() const;
  bool finished() const;

 private:
  bool WaitUntil(const std::function<bool()>& done);

  mutable Mutex mutex_;
  CondVar changed_;
  std::weak_ptr<Stream> stream_ ABSL_GUARDED_BY(mutex_);
  bool hold_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // The write that is under way waits for Answer.
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::vector<ReceivedResponse> received_ ABSL_GUARDED_BY(mutex_);
};

// Departments, keys and the resource civil-affairs.people, which health may
// receive by the agreement health-people: see registry::TestDomain.
struct DeliveryFixture {
  explicit DeliveryFixture(uint32_t partitions = 1);
  ~DeliveryFixture();

  // On the bus, behind what is there.
  void Publish(uint32_t partition, const SharedBytes& message);
  // `count` batches of one row each, by the adapter of civil-affairs.
  void PublishBatches(uint32_t partition, int count);

  registry::Submitted Submit(const registry::v1::Command& command,
                             const crypto::SigningKey& key);
  void Approve(const agreement::v1::Agreement& agreement);
  // The next version of health-people: requested and approved.
  void ApproveVersion(uint32_t version,
                      const agreement::v1::Limits* limits = nullptr);
  // The same with a row filter, in protobuf's text format.
  void ApproveFilter(uint32_t version, const std::string& row_filter);

  bus::TopicPartition Partition(uint32_t partition) const;
  registry::Registry::AgreementPtr Agreement(uint32_t version = 1) const;
  Caller HealthConsumer() const;
  exchange::v1::Start StartRequest() const;

  PolicyContext Context(uint32_t version = 1);

  // A stream of health-people with `sink`, not yet run, and its membership in
  // the group "test".
  StreamOptions Options(ScriptedSink* sink, uint32_t version = 1);
  std::shared_ptr<Stream> Open(StreamOptions options, ScriptedSink* sink,
                               uint32_t batches);
  std::shared_ptr<Stream> Open(ScriptedSink* sink, uint32_t batches) {
    return Open(Options(sink), sink, batches);
  }

  // Every step that is scheduled in the pool has run.
  void Drain();
  // Until the group "test" has committed `offset` at least.
  void WaitForCommit(uint32_t partition, int64_t offset);
  // The entries of the trail.
  std::vector<audit::v1::Entry> Entries() const;

  registry::TestBus bus;
  storage::FaultEnv disk;
  crypto::SigningKey audit_key = crypto::SigningKey::Generate();
  std::unique_ptr<registry::Registry> registry;
  catalog::v1::Resource resource;
  std::unique_ptr<audit::AuditLog> audit;
  std::unique_ptr<crypto::KeyProvider> keys;
  std::unique_ptr<bus::Producer> producer;
  std::vector<std::unique_ptr<ChainWriter>> chains;
  DeliveryCounters counters;
  Gate gate;
  // Ends first, in the destructor. One thread: what runs is in order.
  WorkerPool pool{"test", 1};
  BusThreads bus_threads{"test/start", 16};
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_DELIVERY_FIXTURE_H_
