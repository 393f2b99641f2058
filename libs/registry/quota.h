// A broker's part of what an agreement's limits allow all brokers together.
//
// Parts are reserved through the registry's log: records of the day in chunks,
// which are spent whether used or not, records per second and streams as shares
// that are held for a term and renewed while they are used. Taking from what is
// reserved costs nothing; what is short is reserved in the background.
#ifndef SLUICE_LIBS_REGISTRY_QUOTA_H_
#define SLUICE_LIBS_REGISTRY_QUOTA_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sluice/agreement/v1/agreement.pb.h"

namespace sluice::registry {

// Thread-safe. Agreements without a limit of a kind are not bounded by it.
class Quota {
 public:
  virtual ~Quota() = default;

  enum class Answer {
    kTaken,
    // Not now; the reservation is on its way, or the second is used up. The
    // listener says when to ask again.
    kLater,
    // The day's limit is reached. Asked again it may be kTaken on the next day;
    // the listener says when that may be.
    kDayUsedUp,
  };

  struct Taking {
    Answer answer = Answer::kTaken;
    // With kTaken: the end of the day for which the records count, in the log's
    // time; without a limit of the day they count for ever.
    absl::Time day_end = absl::InfiniteFuture();
  };

  // Takes `records` of what may be delivered now, all or nothing. More at once
  // than the limit of a second allows are taken as soon as a full second is
  // there, and owed; more than the limit of a day are kDayUsedUp for ever.
  virtual Taking TakeRecords(const agreement::v1::Agreement& agreement,
                             uint64_t records) = 0;

  // Whether records that were taken for the day that ends at `day_end` may be
  // sent now: by the log the day is not over, should its clock also be ahead,
  // by a lease, of what was read of it. So ask while there is a lease. Once
  // false it stays false: records that were not sent must be taken again.
  virtual bool DayLasts(absl::Time day_end) const = 0;

  // A place among the agreement's concurrent streams, held while it lives.
  class StreamPlace {
   public:
    virtual ~StreamPlace() = default;
    // False once the place could not be renewed in time: the stream must end.
    virtual bool held() const = 0;
  };

  // Waits for the reservation, at most `timeout`. LIMIT_REACHED if all places
  // are taken, STORAGE_FAILED if the log cannot be written. Null where the
  // agreement has no limit on streams.
  virtual absl::StatusOr<std::unique_ptr<StreamPlace>> TakeStream(
      const agreement::v1::Agreement& agreement, absl::Duration timeout) = 0;

  // `listener` is called, without a lock held, when a kLater or kDayUsedUp for
  // the agreement named may have become kTaken, or a StreamPlace of it was
  // lost. Set once, before use.
  virtual void SetListener(
      std::function<void(const std::string& agreement)> listener) = 0;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_QUOTA_H_
