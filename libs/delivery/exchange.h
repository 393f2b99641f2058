// The exchange: opens streams for those who may have them, and closes them when
// they may not any more. What a broker is, without the network.
#ifndef SLUICE_LIBS_DELIVERY_EXCHANGE_H_
#define SLUICE_LIBS_DELIVERY_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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
#include "libs/delivery/batch_cache.h"
#include "libs/delivery/bus_threads.h"
#include "libs/delivery/byte_budget.h"
#include "libs/delivery/caller.h"
#include "libs/delivery/gate.h"
#include "libs/delivery/plan_table.h"
#include "libs/delivery/stream.h"
#include "libs/delivery/write_gate.h"
#include "libs/registry/lease.h"
#include "libs/registry/quota.h"
#include "libs/registry/registry.h"

namespace sluice::delivery {

struct ExchangeOptions {
  // All of these outlive the exchange.
  registry::Registry* registry = nullptr;
  bus::EventLog* log = nullptr;
  audit::AuditLog* audit = nullptr;
  // Root of the pseudonym keys.
  crypto::KeyProvider* keys = nullptr;
  // Asked before a stream opens and before each write. Null: no other broker
  // can be at this bus, so there is nothing to prove.
  const registry::Lease* lease = nullptr;
  // Keeps the limits of agreements. Null: an agreement with limits is not
  // served. Its listener is the exchange's.
  registry::Quota* quota = nullptr;
  // Suspends an agreement whose day is used up and that asks for it, by a
  // signed command. Called from a thread of the exchange that waits for it;
  // never twice at a time for one version. The streams that came to the limit
  // end with what came of it; after an error they may come again, and it is
  // asked again when the next one comes to the limit. Null: an agreement that
  // asks for it is not served.
  std::function<absl::Status(const agreement::v1::Agreement& agreement,
                             const std::string& reason)>
      suspend;
  Clock* clock = Clock::System();
  // Streams open at once; at least 1.
  size_t streams_max = 256;
  // Threads that treat batches; at least 1.
  int worker_threads = 2;
  // Of batches that several streams read; 0: none are kept.
  size_t batch_cache_bytes_max = size_t{64} << 20;
  // Memory in which streams under row filters keep count of the records that
  // their consumers have. A stream that needs more than is left ends.
  size_t held_keys_bytes_max = size_t{1} << 30;
  // How long a stream waits for a lease, the registry or the bus before it
  // ends.
  absl::Duration pause_max = kPauseMaxDefault;
};

// Thread-safe.
class Exchange {
 public:
  explicit Exchange(const ExchangeOptions& options);

  // As Stop, for as long as it takes; also waits until the streams' members
  // have left their groups on the bus, all at once, and for the calls of the
  // bus that are under way. Both began with Stop.
  ~Exchange();

  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Opens a stream that writes to `sink`, or says why not: as Admit, and
  // LEASE_LOST, TOO_MANY, LIMIT_REACHED, SHUTTING_DOWN, POSITION_INVALID, or
  // what is wrong with the agreement's plan. A refusal is in the audit trail.
  // The stream waits for its Run, which must be called; `sink` must live until
  // its Finish was called. May wait for the bus and for a place among the
  // agreement's streams, for seconds: not for a thread that must not block.
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
  // returns when all have ended, or after `timeout`: false then. No stream's
  // end waits for the bus.
  bool Stop(absl::Duration timeout);

  const DeliveryCounters& counters() const { return counters_; }
  size_t open_streams() const;
  // Of held_keys_bytes_max.
  size_t held_keys_bytes() const { return held_keys_.bytes(); }

 private:
  void RefuseSubscription(const Caller& caller,
                          const exchange::v1::Start& start,
                          const absl::Status& why);
  absl::StatusOr<Opened> Open(const Caller& caller,
                              const exchange::v1::Start& start, Sink* sink);
  // Whether all of the agreement's limits can be kept here.
  absl::Status CheckLimits(const agreement::v1::Agreement& agreement) const;
  absl::StatusOr<std::shared_ptr<Stream>> Join(
      uint64_t number, const Caller& caller, const exchange::v1::Start& start,
      const Grant& grant, uint64_t applied, StreamOptions options);
  void SetLimits(const registry::Registry::AgreementPtr& agreement,
                 StreamOptions* options);
  void OnDayUsedUp(const agreement::v1::Agreement& agreement,
                   StreamOptions::EndWith end);
  void Suspend(const agreement::v1::Agreement& agreement);
  // What streams end with when that failed.
  absl::Status NotSuspended(const agreement::v1::Agreement& agreement,
                            const absl::Status& error) const;
  void OnQuota(const std::string& agreement);
  absl::Status ReserveStream(uint64_t* number);
  void OnStreamEnd(uint64_t number);
  std::string StreamId(uint64_t number) const;
  void OnCommand(uint64_t offset, const registry::v1::Command& command);
  // False if the command closes no gate.
  bool CloseGates(uint64_t offset, const registry::v1::Command& command);
  std::vector<std::shared_ptr<Stream>> StreamsOf(
      const std::string& agreement) const;
  void RunTicker();

  // What the quota's listener finds, also when the exchange is gone.
  struct Listening {
    Mutex mutex;
    Exchange* exchange ABSL_GUARDED_BY(mutex) = nullptr;
  };

  const ExchangeOptions options_;
  // Names this run in stream ids, so that they are never used again.
  const std::string run_id_;
  const Standing standing_;
  DeliveryCounters counters_;
  GateTable gates_;
  audit::RefusalCoalescer refusals_;
  // Null: none.
  const std::unique_ptr<BatchCache> cache_;
  PlanTable plans_;
  ByteBudget held_keys_;
  // In which members of streams that have ended leave their groups.
  BusThreads leaving_;
  WorkerPool pool_;
  // For what waits for the registry: suspensions.
  WorkerPool slow_pool_;
  // In which streams ask the bus where to begin, and whether their topic is
  // gone.
  BusThreads asking_;
  const std::shared_ptr<Listening> listening_ = std::make_shared<Listening>();
  uint64_t listener_id_ = 0;

  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool ticker_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  // Null while the stream is being opened.
  std::map<uint64_t, std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
  // Being suspended now, and the streams that end with what comes of it.
  std::map<std::pair<std::string, uint32_t>,
           std::vector<StreamOptions::EndWith>>
      suspending_ ABSL_GUARDED_BY(mutex_);

  std::thread ticker_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_EXCHANGE_H_
