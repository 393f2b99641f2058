// Whether a topic of which the bus has said that it is not there is gone, or
// another one by now, asked in threads that may wait for the answer.
#ifndef SLUICE_LIBS_DELIVERY_TOPIC_INQUIRY_H_
#define SLUICE_LIBS_DELIVERY_TOPIC_INQUIRY_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "libs/bus/event_log.h"
#include "libs/delivery/bus_threads.h"

namespace sluice::delivery {

// Of a stream, which reads `topic` as a member of `group`. Not thread-safe.
class TopicInquiry {
 public:
  // `log` outlives the threads, and they this.
  TopicInquiry(bus::EventLog* log, std::string topic, std::string group,
               BusThreads* threads)
      : log_(log),
        topic_(std::move(topic)),
        group_(std::move(group)),
        threads_(threads) {}

  // The bus has said that it has no such topic.
  void Suspect() {
    suspected_ = true;
    was_suspected_ = true;
  }

  // From Suspect until an answer says that the topic is there.
  bool suspected() const { return suspected_; }
  // The topic may have been deleted and made anew.
  bool was_suspected() const { return was_suspected_; }

  enum class Verdict { kOpen, kThere, kGone };
  // While it is suspected, once a second: takes the answer to the question
  // before, if it has come, and asks again. Does not wait. The topic is gone
  // once bus::kMissingAnswersMax answers in a row have said so, or where it is
  // there and the group has no commit of `witness`, a partition of which it had
  // one: Kafka forgets that only with the topic, so this is another one of the
  // same name. A question that the bus does not answer says nothing.
  Verdict Look(const std::optional<bus::TopicPartition>& witness);

 private:
  class Question;

  bus::EventLog* const log_;
  const std::string topic_;
  const std::string group_;
  BusThreads* const threads_;
  bool suspected_ = false;
  bool was_suspected_ = false;
  int answers_ = 0;
  // Null: none is under way.
  std::shared_ptr<Question> question_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_TOPIC_INQUIRY_H_
