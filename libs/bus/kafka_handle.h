// librdkafka's objects with owners, and its errors as ours.
#ifndef SLUICE_LIBS_BUS_KAFKA_HANDLE_H_
#define SLUICE_LIBS_BUS_KAFKA_HANDLE_H_

#include <librdkafka/rdkafka.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/base/reason.h"
#include "libs/bus/event_log.h"
#include "libs/bus/kafka_config.h"

namespace sluice::bus {

template <typename T, void (*kDestroy)(T*)>
struct KafkaDelete {
  void operator()(T* object) const { kDestroy(object); }
};
template <typename T, void (*kDestroy)(T*)>
using KafkaOwned = std::unique_ptr<T, KafkaDelete<T, kDestroy>>;

using KafkaQueue = KafkaOwned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using KafkaEvent = KafkaOwned<rd_kafka_event_t, rd_kafka_event_destroy>;
using KafkaError = KafkaOwned<rd_kafka_error_t, rd_kafka_error_destroy>;
using KafkaMessage = KafkaOwned<rd_kafka_message_t, rd_kafka_message_destroy>;
using KafkaTopic = KafkaOwned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using KafkaPartitions = KafkaOwned<rd_kafka_topic_partition_list_t,
                                   rd_kafka_topic_partition_list_destroy>;

// Milliseconds left until `deadline`, for librdkafka: 0 if it has passed.
int MillisecondsUntil(absl::Time deadline);

// What librdkafka said about its connections lately, for error messages; and
// the way of its log into ours: a node that is away costs a line a minute.
// Thread-safe.
class KafkaComplaints {
 public:
  static constexpr size_t kEntriesMax = 32;

  // A line of librdkafka's log, with its syslog level.
  void Take(int level, absl::string_view facility, absl::string_view line);

  // What was said of each node in the last minutes; empty if nothing was.
  std::string Recent() const;

 private:
  struct Entry {
    std::string text;
    absl::Time said;
    absl::Time logged = absl::InfinitePast();
  };

  mutable Mutex mutex_;
  // By node or part of librdkafka.
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

// Takes a line of librdkafka's log from any of its threads.
void OnKafkaLogLine(const rd_kafka_t* handle, int level, const char* facility,
                    const char* line);

// A producer or consumer of librdkafka, with its threads. Everything taken from
// it must be gone before it is.
class KafkaHandle {
 public:
  // `prepare` may set callbacks, which find `owner` with OwnerOf; the
  // configuration's own opaque pointer is taken. `owner` must outlive the
  // handle. OUT_OF_BOUNDS for a setting that librdkafka refuses.
  static absl::StatusOr<std::unique_ptr<KafkaHandle>> Make(
      rd_kafka_type_t type, const KafkaSettings& settings,
      std::shared_ptr<KafkaComplaints> complaints,
      const std::function<void(rd_kafka_conf_t*)>& prepare = nullptr,
      void* owner = nullptr);

  static void* OwnerOf(const rd_kafka_t* handle);

  // A consumer that is in a group is closed by its owner before. librdkafka 2.0
  // may wait for ever, for one when a topic was deleted under a consumer: then
  // the handle and its threads are left behind after 5 s, with a line in the
  // log.
  ~KafkaHandle();
  KafkaHandle(const KafkaHandle&) = delete;
  KafkaHandle& operator=(const KafkaHandle&) = delete;

  rd_kafka_t* get() const { return handle_; }

 private:
  friend void OnKafkaLogLine(const rd_kafka_t* handle, int level,
                             const char* facility, const char* line);

  // What the opaque pointer leads to.
  struct Behind {
    std::shared_ptr<KafkaComplaints> complaints;
    void* owner;
  };

  KafkaHandle(rd_kafka_t* handle, std::shared_ptr<Behind> behind)
      : behind_(std::move(behind)), handle_(handle) {}

  const std::shared_ptr<Behind> behind_;
  rd_kafka_t* const handle_;
};

// What an error of librdkafka or Kafka means to a caller of the bus.
ReasonCode ReasonOfKafka(rd_kafka_resp_err_t err);

// Whether the same request may succeed a moment later.
bool IsPassing(rd_kafka_resp_err_t err);

// `what` could not be done because of `err`; with what to do about it.
absl::Status KafkaFailure(rd_kafka_resp_err_t err, absl::string_view what,
                          absl::string_view servers,
                          const KafkaComplaints& complaints);

// Wakes the thread that fetches `partition`. librdkafka 2.0 stops fetching when
// enough is queued and looks again only each second, or when there is something
// to send to the node: so this asks the node for an offset and does not wait
// for the answer.
void KickFetcher(rd_kafka_t* handle, const char* topic, int partition);

// A message as the bus hands it out. The value is copied: a message of
// librdkafka keeps all that was fetched with it in memory, and the handle's
// end would wait for it.
Message CopyMessage(const rd_kafka_message_t& message);

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_HANDLE_H_
