// A topic of which the bus says that it is not there: for a moment, or gone.
#ifndef SLUICE_LIBS_REGISTRY_MISSING_TOPIC_H_
#define SLUICE_LIBS_REGISTRY_MISSING_TOPIC_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "libs/bus/event_log.h"

namespace sluice::registry {

// So many answers in a row, each to a read and to a question about the topic,
// say that it is gone. With a second between two of them Kafka has long moved a
// leader or started a node.
inline constexpr int kMissingAnswersMax = 30;

// Kafka says "unknown topic" also of one that is there: by a node that has just
// started, or while a leader moves. So one such answer is evidence of nothing.
// Not thread-safe.
class MissingTopic {
 public:
  // `log` must outlive this.
  MissingTopic(bus::EventLog* log, std::string topic)
      : log_(log), topic_(std::move(topic)) {}

  // Takes what a read of the topic came to and says what it means. NOT_FOUND
  // becomes STORAGE_FAILED, for which to try again, and CORRUPT once it was
  // confirmed kMissingAnswersMax times in a row. All else is given back as it
  // is; an answer that the topic is there, or none at all, begins the count
  // anew.
  absl::Status Judge(const absl::Status& read);

  // From the first NOT_FOUND until a read is OK: the topic may have been
  // deleted and made anew.
  bool suspected() const { return suspected_; }

 private:
  bus::EventLog* const log_;
  const std::string topic_;
  bool suspected_ = false;
  int answers_ = 0;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_MISSING_TOPIC_H_
