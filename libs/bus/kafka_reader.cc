#include "libs/bus/kafka_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"

namespace sluice::bus {
namespace {

// A cursor that nobody used for so long stops fetching.
constexpr absl::Duration kIdleStop = absl::Seconds(30);
constexpr absl::Duration kAskAgain = absl::Milliseconds(20);

absl::Status Expired(const TopicPartition& partition, int64_t from,
                     int64_t begin) {
  const std::string name =
      absl::StrCat(partition.topic, "/", partition.partition);
  return FieldError(
      status::v1::REASON_CODE_POSITION_EXPIRED, name,
      absl::StrCat("offset ", from, " of ", name,
                   " is gone: retention has removed what was before ", begin));
}

}  // namespace

absl::StatusOr<std::vector<Message>> KafkaReader::Read(
    const TopicPartition& partition, int64_t from, size_t count_max,
    size_t bytes_max, absl::Duration wait) {
  RETURN_IF_ERROR(connection_->Require(partition));
  const absl::Time now = absl::Now();
  Query query = {partition,  std::max<int64_t>(from, 0), count_max,   bytes_max,
                 now + wait, connection_->Deadline(),    std::nullopt};
  if (count_max == 0 || bytes_max == 0) return std::vector<Message>();
  Pool* pool = wait > absl::ZeroDuration() ? &tail_ : &point_;
  ASSIGN_OR_RETURN(std::unique_ptr<KafkaCursor> cursor, Acquire(pool, query));
  absl::StatusOr<std::vector<Message>> messages = std::vector<Message>();
  const absl::StatusOr<bool> placed = Place(cursor.get(), &query);
  if (!placed.ok()) {
    messages = placed.status();
  } else if (*placed) {
    messages = Collect(cursor.get(), &query);
  }
  const bool at_end = !query.end.has_value() || cursor->next() >= *query.end;
  // At the end it would go on asking for nothing.
  if (!messages.ok() || (!pool->tail && at_end)) cursor->Stop();
  Release(pool, std::move(cursor));
  return messages;
}

absl::StatusOr<std::unique_ptr<KafkaCursor>> KafkaReader::Acquire(
    Pool* pool, const Query& query) {
  const MutexLock lock(&mutex_);
  while (true) {
    const absl::Time now = absl::Now();
    for (const auto& cursor : pool->idle) {
      if (cursor->started() && now - cursor->last_used() > kIdleStop) {
        cursor->Stop();
      }
    }
    auto chosen = std::find_if(
        pool->idle.begin(), pool->idle.end(), [&](const auto& cursor) {
          return cursor->StandsAt(query.partition, query.from);
        });
    // What another reader left in the middle is kept for it while there may be
    // more cursors.
    if (chosen == pool->idle.end() && pool->made >= pool->cursors_max) {
      chosen = std::min_element(pool->idle.begin(), pool->idle.end(),
                                [](const auto& a, const auto& b) {
                                  return a->last_used() < b->last_used();
                                });
    } else if (chosen == pool->idle.end()) {
      chosen =
          std::find_if(pool->idle.begin(), pool->idle.end(),
                       [](const auto& cursor) { return !cursor->started(); });
    }
    if (chosen != pool->idle.end()) {
      std::unique_ptr<KafkaCursor> cursor = std::move(*chosen);
      pool->idle.erase(chosen);
      return cursor;
    }
    if (pool->made < pool->cursors_max) {
      ASSIGN_OR_RETURN(std::unique_ptr<KafkaCursor> cursor,
                       KafkaCursor::Make(connection_, pool->tail));
      ++pool->made;
      return cursor;
    }
    if (now >= query.give_up) {
      return Error(
          status::v1::REASON_CODE_STORAGE_FAILED,
          absl::StrCat("reading ", query.partition.topic, "/",
                       query.partition.partition, ": ", pool->cursors_max,
                       " reads run already, the most at a time; try "
                       "again"));
    }
    released_.WaitFor(&mutex_, query.give_up - now);
  }
}

void KafkaReader::Release(Pool* pool, std::unique_ptr<KafkaCursor> cursor) {
  cursor->Touch();
  const MutexLock lock(&mutex_);
  pool->idle.push_back(std::move(cursor));
  released_.Signal();
}

absl::StatusOr<bool> KafkaReader::Place(KafkaCursor* cursor, Query* query) {
  const bool stands = cursor->StandsAt(query->partition, query->from);
  // Only who will not wait must know where the end is: what was acknowledged
  // before the call must not be missed because it is on its way.
  if (stands && query->deadline > absl::Now()) return true;
  while (true) {
    ASSIGN_OR_RETURN(const OffsetRange range,
                     connection_->Offsets(query->partition));
    if (query->from < range.begin) {
      return Expired(query->partition, query->from, range.begin);
    }
    query->end = range.end;
    const absl::Time now = absl::Now();
    if (query->from >= range.end && now >= query->deadline) return false;
    if (query->from <= range.end) break;
    // Kafka refuses to fetch from beyond the end.
    absl::SleepFor(std::min(kAskAgain, query->deadline - now));
  }
  if (!stands) RETURN_IF_ERROR(cursor->Start(query->partition, query->from));
  return true;
}

absl::StatusOr<std::vector<Message>> KafkaReader::Collect(KafkaCursor* cursor,
                                                          Query* query) {
  const std::string what = absl::StrCat("reading ", query->partition.topic, "/",
                                        query->partition.partition);
  std::vector<Message> messages;
  size_t bytes = 0;
  while (messages.size() < query->count_max && bytes < query->bytes_max) {
    const bool at_hand = query->end.has_value() && cursor->next() < *query->end;
    KafkaCursor::Taken taken = cursor->Take(
        at_hand ? query->give_up
                : (messages.empty() ? query->deadline : absl::InfinitePast()));
    switch (taken.kind) {
      case KafkaCursor::Taken::kMessage:
        bytes += taken.message.value.size();
        messages.push_back(std::move(taken.message));
        continue;
      case KafkaCursor::Taken::kEnd:
        // An older end than the one asked for may still be in the queue.
        if (query->end.has_value() && taken.end >= *query->end) {
          query->end.reset();
        }
        continue;
      case KafkaCursor::Taken::kNothing:
        if (at_hand && messages.empty()) {
          return connection_->Failure(RD_KAFKA_RESP_ERR__TIMED_OUT, what);
        }
        return messages;
      case KafkaCursor::Taken::kError:
        break;
    }
    if (!messages.empty()) {
      // The next read meets it again.
      cursor->Stop();
      return messages;
    }
    absl::Status failure = connection_->Failure(taken.err, what);
    switch (ReasonOf(failure)) {
      case status::v1::REASON_CODE_POSITION_EXPIRED:
        return OutOfRange(*query, cursor->next());
      case status::v1::REASON_CODE_NOT_FOUND:
        // As one node says; whether it is gone is known where topics are asked
        // about.
        connection_->Forget(query->partition.topic);
        RETURN_IF_ERROR(connection_->Require(query->partition));
        if (absl::Now() >= query->give_up) {
          return connection_->Failure(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                                      what);
        }
        absl::SleepFor(kAskAgain);
        RETURN_IF_ERROR(cursor->Start(query->partition, cursor->next()));
        continue;
      default:
        return failure;
    }
  }
  return messages;
}

absl::Status KafkaReader::OutOfRange(const Query& query, int64_t place) {
  ASSIGN_OR_RETURN(const OffsetRange range,
                   connection_->Offsets(query.partition));
  if (place < range.begin) {
    return Expired(query.partition, place, range.begin);
  }
  return Error(status::v1::REASON_CODE_STORAGE_FAILED,
               absl::StrCat("offset ", place, " of ", query.partition.topic,
                            "/", query.partition.partition,
                            ", which was there, is beyond the end: Kafka has "
                            "lost messages; look at the logs of its nodes"));
}

}  // namespace sluice::bus
