#include "libs/delivery/topic_inquiry.h"

#include <optional>

#include "libs/base/mutex.h"
#include "libs/base/status.h"

namespace sluice::delivery {

// Thread-safe. Its thread keeps it alive.
class TopicInquiry::Question {
 public:
  enum class Answer { kNone, kThere, kMissing, kAnother };

  void Ask(bus::EventLog* log, const std::string& topic,
           const std::string& group,
           const std::optional<bus::TopicPartition>& witness) {
    const Answer answer = [&] {
      const absl::Status described = log->DescribeTopic(topic).status();
      if (!described.ok() || !witness.has_value()) {
        return Means(described, Answer::kMissing);
      }
      return Means(log->CommittedOffset(group, *witness).status(),
                   Answer::kAnother);
    }();
    MutexLock lock(&mutex_);
    answer_ = answer;
  }
  // Nothing before it is there.
  std::optional<Answer> answer() const {
    MutexLock lock(&mutex_);
    return answer_;
  }

 private:
  static Answer Means(const absl::Status& status, Answer not_found) {
    if (status.ok()) return Answer::kThere;
    return ReasonOf(status) == status::v1::REASON_CODE_NOT_FOUND
               ? not_found
               : Answer::kNone;
  }

  mutable Mutex mutex_;
  std::optional<Answer> answer_ ABSL_GUARDED_BY(mutex_);
};

TopicInquiry::Verdict TopicInquiry::Look(
    const std::optional<bus::TopicPartition>& witness) {
  using Answer = Question::Answer;
  if (!suspected_) return Verdict::kThere;
  if (question_ != nullptr) {
    const std::optional<Answer> answer = question_->answer();
    if (!answer.has_value()) return Verdict::kOpen;
    question_.reset();
    answers_ = *answer == Answer::kMissing ? answers_ + 1 : 0;
    if (*answer == Answer::kAnother || answers_ >= bus::kMissingAnswersMax) {
      return Verdict::kGone;
    }
    suspected_ = *answer != Answer::kThere;
    if (!suspected_) return Verdict::kThere;
  }
  const auto question = std::make_shared<Question>();
  const bool runs = threads_->Run(
      [question, witness, log = log_, topic = topic_, group = group_] {
        question->Ask(log, topic, group, witness);
      });
  if (runs) question_ = question;
  return Verdict::kOpen;
}

}  // namespace sluice::delivery
