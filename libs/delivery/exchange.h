// The exchange: opens streams for those who may have them, and closes them when
// they may not any more. What a broker is, without the network.
#ifndef SLUICE_LIBS_DELIVERY_EXCHANGE_H_
#define SLUICE_LIBS_DELIVERY_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/audit/audit_log.h"
#include "libs/audit/refusal_coalescer.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/worker_pool.h"
#include "libs/bus/event_log.h"
#include "libs/crypto/key_provider.h"
#include "libs/delivery/admission.h"
#include "libs/delivery/caller.h"
#include "libs/delivery/gate.h"
#include "libs/delivery/plan.h"
#include "libs/delivery/stream.h"
#include "libs/registry/registry.h"

namespace sluice::delivery {

struct ExchangeOptions {
  // All of these outlive the exchange.
  registry::Registry* registry = nullptr;
  bus::EventLog* log = nullptr;
  audit::AuditLog* audit = nullptr;
  // Root of the pseudonym keys.
  crypto::KeyProvider* keys = nullptr;
  Clock* clock = Clock::System();
  // Streams open at once; at least 1.
  size_t streams_max = 256;
  // Threads that treat batches; at least 1.
  int worker_threads = 2;
};

// Thread-safe.
class Exchange {
 public:
  explicit Exchange(const ExchangeOptions& options);

  // As Stop, for as long as it takes.
  ~Exchange();

  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Opens a stream that writes to `sink`, or says why not: as Admit, and
  // TOO_MANY, SHUTTING_DOWN, POSITION_INVALID, or what is wrong with the
  // agreement's plan. A refusal is in the audit trail. The stream waits for its
  // Run, which must be called; `sink` must live until its Finish was called.
  struct Opened {
    std::shared_ptr<Stream> stream;
    exchange::v1::Started started;
  };
  absl::StatusOr<Opened> Subscribe(const Caller& caller,
                                   const exchange::v1::Start& start,
                                   Sink* sink);

  // Records a refusal that was decided elsewhere: a caller without an identity,
  // a role that may not call a method.
  void RecordRefusal(const Caller& caller, const std::string& method,
                     const absl::Status& why);

  // Takes no further streams, ends those there are with SHUTTING_DOWN, and
  // returns when all have ended, or after `timeout`: false then.
  bool Stop(absl::Duration timeout);

  const DeliveryCounters& counters() const { return counters_; }
  size_t open_streams() const;

 private:
  void RefuseSubscription(const Caller& caller,
                          const exchange::v1::Start& start,
                          const absl::Status& why);
  absl::StatusOr<Opened> Open(const Caller& caller,
                              const exchange::v1::Start& start, Sink* sink);
  std::shared_ptr<Stream> MakeStream(uint64_t number, const Caller& caller,
                                     const exchange::v1::Start& start,
                                     const Grant& grant, StreamOptions options);
  absl::StatusOr<std::shared_ptr<const Plan>> PlanFor(
      const agreement::v1::Agreement& agreement, uint32_t schema_version);
  absl::Status ReserveStream(uint64_t* number);
  void OnStreamEnd(uint64_t number);
  std::string StreamId(uint64_t number) const;
  void OnCommand(const registry::v1::Command& command);
  void RunTicker();

  const ExchangeOptions options_;
  // Names this run in stream ids, so that they are never used again.
  const std::string run_id_;
  DeliveryCounters counters_;
  GateTable gates_;
  audit::RefusalCoalescer refusals_;
  WorkerPool pool_;
  uint64_t listener_id_ = 0;

  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool ticker_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  // Null while the stream is being opened.
  std::map<uint64_t, std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
  using PlanKey = std::tuple<std::string, uint32_t, uint32_t>;
  // Bounded by kPlansMax: emptied when full, plans are cheap to make again.
  std::map<PlanKey, std::shared_ptr<const Plan>> plans_ ABSL_GUARDED_BY(mutex_);

  std::thread ticker_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_EXCHANGE_H_
