// What a group member has said it is done with, on its way to Kafka.
#ifndef SLUICE_LIBS_BUS_KAFKA_COMMITS_H_
#define SLUICE_LIBS_BUS_KAFKA_COMMITS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/bus/kafka_connection.h"
#include "libs/bus/wakeup.h"

namespace sluice::bus {

// One request is on its way at a time; what is said meanwhile waits for it, the
// newest of each partition. A commit that Kafka could not take for the moment
// goes again with the next one, or after a while; one of a member that Kafka
// does not know any more is dropped, for its partitions are another's. Not
// thread-safe, but `wakeup` fires when a result is there.
class KafkaCommits {
 public:
  // `topic` as Kafka calls it. All must outlive this.
  KafkaCommits(KafkaConnection* connection, KafkaHandle* handle,
               std::string topic, Wakeup* wakeup);
  ~KafkaCommits();
  KafkaCommits(const KafkaCommits&) = delete;
  KafkaCommits& operator=(const KafkaCommits&) = delete;

  void Commit(int partition, int64_t offset);

  // The partition is another's from now on.
  void Forget(int partition);

  // Takes results and sends what waits. An error that will not pass by itself.
  absl::Status Serve();

  // Until everything is with Kafka, or `deadline`.
  void Finish(absl::Time deadline);

 private:
  void TakeResult(rd_kafka_event_t* event);
  void Send();

  KafkaConnection* const connection_;
  KafkaHandle* const handle_;
  const std::string topic_;
  const KafkaQueue results_;

  // By partition.
  std::map<int, int64_t> waiting_;
  std::map<int, int64_t> sent_;
  bool under_way_ = false;
  absl::Time not_before_ = absl::InfinitePast();
  absl::Status trouble_;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_COMMITS_H_
