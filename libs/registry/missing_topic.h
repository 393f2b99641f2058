// A topic of which the bus says that it is not there: for a moment, or gone.
#ifndef SLUICE_LIBS_REGISTRY_MISSING_TOPIC_H_
#define SLUICE_LIBS_REGISTRY_MISSING_TOPIC_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "libs/bus/event_log.h"

namespace sluice::registry {

// Believes that the topic is gone as bus::kMissingAnswersMax says, each answer
// one to a read and to a question about the topic. Not thread-safe.
class MissingTopic {
 public:
  // `log` must outlive this.
  MissingTopic(bus::EventLog* log, std::string topic)
      : log_(log), topic_(std::move(topic)) {}

  // Takes what a read of the topic came to and says what it means. NOT_FOUND
  // becomes STORAGE_FAILED, for which to try again, and CORRUPT once it was
  // confirmed so often in a row. All else is given back as it is; an answer
  // that the topic is there, or none at all, begins the count anew.
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
