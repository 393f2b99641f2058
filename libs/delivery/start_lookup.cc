#include "libs/delivery/start_lookup.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"

namespace sluice::delivery {
namespace {

// For a commit that goes back, which is rare, to be on the bus. One that a
// change of the group has dropped is made again after so long.
constexpr absl::Duration kMoveBackWait = absl::Seconds(2);
constexpr absl::Duration kMoveBackPause = absl::Milliseconds(5);

// The log as one lookup sees it: once that is broken off, no further call
// begins.
class BreakableLog : public bus::EventLog {
 public:
  BreakableLog(bus::EventLog* log, const std::atomic<bool>* broken_off)
      : log_(log), broken_off_(broken_off) {}

  absl::Status CreateTopic(const bus::TopicSpec& spec) override {
    RETURN_IF_ERROR(Check());
    return log_->CreateTopic(spec);
  }
  absl::StatusOr<bus::TopicSpec> DescribeTopic(
      const std::string& name) override {
    RETURN_IF_ERROR(Check());
    return log_->DescribeTopic(name);
  }
  absl::StatusOr<std::unique_ptr<bus::Producer>> OpenProducer(
      const std::string& producer_id) override {
    RETURN_IF_ERROR(Check());
    return log_->OpenProducer(producer_id);
  }
  absl::StatusOr<std::unique_ptr<bus::Appender>> OpenAppender() override {
    RETURN_IF_ERROR(Check());
    return log_->OpenAppender();
  }
  absl::StatusOr<bus::OffsetRange> Offsets(
      const bus::TopicPartition& partition) override {
    RETURN_IF_ERROR(Check());
    return log_->Offsets(partition);
  }
  absl::StatusOr<std::vector<bus::Message>> Read(
      const bus::TopicPartition& partition, int64_t from, size_t count_max,
      size_t bytes_max, absl::Duration wait) override {
    RETURN_IF_ERROR(Check());
    return log_->Read(partition, from, count_max, bytes_max, wait);
  }
  absl::StatusOr<std::unique_ptr<bus::GroupMember>> JoinGroup(
      const std::string& group, const std::string& topic) override {
    RETURN_IF_ERROR(Check());
    return log_->JoinGroup(group, topic);
  }
  absl::StatusOr<int64_t> CommittedOffset(
      const std::string& group, const bus::TopicPartition& partition) override {
    RETURN_IF_ERROR(Check());
    return log_->CommittedOffset(group, partition);
  }

 private:
  absl::Status Check() const {
    if (!*broken_off_) return absl::OkStatus();
    return Error(status::v1::REASON_CODE_SHUTTING_DOWN,
                 "nobody asks any more where to begin");
  }

  bus::EventLog* const log_;
  const std::atomic<bool>* const broken_off_;
};

// Whether a consumer that has `a` of a partition has less than one with `b`.
bool IsBefore(const PartitionProgress& a, const PartitionProgress& b) {
  const auto rows = [](const PartitionProgress& progress) {
    return progress.row == 0 ? UINT32_MAX : progress.row;
  };
  return std::tuple(a.generation, a.sequence, rows(a)) <
         std::tuple(b.generation, b.sequence, rows(b));
}

absl::StatusOr<StartPoint> FindOwnStart(bus::EventLog* log,
                                        const StartLookup::Question& question) {
  ASSIGN_OR_RETURN(StartPoint start,
                   ResolveStart(log, question.group, question.partition,
                                question.start, question.regained));
  if (!question.had.has_value() || !IsBefore(start.before, *question.had)) {
    return start;
  }
  // It has what the group's commits do not say yet. Others get that again if
  // the partition goes to them now.
  StartSpec spec;
  spec.from = exchange::v1::START_FROM_POSITION;
  spec.position
      .partitions[static_cast<uint32_t>(question.partition.partition)] =
      *question.had;
  ASSIGN_OR_RETURN(StartPoint own,
                   ResolveStart(log, question.group, question.partition, spec,
                                /*regained=*/false));
  own.committed = start.committed;
  return own;
}

absl::StatusOr<StartPoint> FindStart(bus::EventLog* log,
                                     const StartLookup::Question& question) {
  ASSIGN_OR_RETURN(StartPoint start, FindOwnStart(log, question));
  if (question.wants_history && !start.is_fresh) {
    ASSIGN_OR_RETURN(const bus::OffsetRange range,
                     log->Offsets(question.partition));
    start.history_from = std::min(start.offset, range.begin);
  }
  return start;
}

absl::StatusOr<StartPoint> WaitUntilMovedBack(
    bus::EventLog* log, const StartLookup::Question& question,
    StartPoint start) {
  const absl::Time give_up = absl::Now() + kMoveBackWait;
  while (true) {
    const absl::StatusOr<int64_t> committed =
        log->CommittedOffset(question.group, question.partition);
    if (committed.ok() && *committed <= start.offset) return start;
    // Nothing is committed: this is on its way too.
    if (ReasonOf(committed.status()) != status::v1::REASON_CODE_NOT_FOUND) {
      RETURN_IF_ERROR(committed.status());
    }
    if (absl::Now() >= give_up) {
      return Error(
          status::v1::REASON_CODE_STORAGE_FAILED,
          absl::StrCat("the bus did not take back what group ", question.group,
                       " had acknowledged of ", question.partition.topic, "/",
                       question.partition.partition,
                       ": subscribe again from the same position"));
    }
    absl::SleepFor(kMoveBackPause);
  }
}

}  // namespace

std::shared_ptr<StartLookup> StartLookup::Find(Question question,
                                               BusThreads* threads,
                                               std::function<void()> answered) {
  bus::EventLog* const log = question.log;
  return Begin(
      log,
      [question = std::move(question)](bus::EventLog* breakable) {
        return FindStart(breakable, question);
      },
      threads, std::move(answered));
}

std::shared_ptr<StartLookup> StartLookup::AwaitMovedBack(
    Question question, StartPoint start, BusThreads* threads,
    std::function<void()> answered) {
  bus::EventLog* const log = question.log;
  return Begin(
      log,
      [question = std::move(question),
       start = std::move(start)](bus::EventLog* breakable) {
        return WaitUntilMovedBack(breakable, question, start);
      },
      threads, std::move(answered));
}

std::shared_ptr<StartLookup> StartLookup::Begin(
    bus::EventLog* log, Ask ask, BusThreads* threads,
    std::function<void()> answered) {
  std::shared_ptr<StartLookup> lookup(new StartLookup());
  const bool runs = threads->Run([lookup, log, ask = std::move(ask), answered] {
    BreakableLog breakable(log, &lookup->broken_off_);
    lookup->Answer(ask(&breakable));
    if (!lookup->broken_off_) answered();
  });
  if (!runs) {
    lookup->Answer(Error(status::v1::REASON_CODE_STORAGE_FAILED,
                         "too many streams ask the bus at once where to "
                         "begin: this one asks again in a moment"));
    answered();
  }
  return lookup;
}

void StartLookup::Answer(absl::StatusOr<StartPoint> answer) {
  MutexLock lock(&mutex_);
  answer_ = std::move(answer);
}

std::optional<absl::StatusOr<StartPoint>> StartLookup::Take() {
  MutexLock lock(&mutex_);
  return std::exchange(answer_, std::nullopt);
}

}  // namespace sluice::delivery
