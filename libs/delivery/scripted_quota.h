// A lease and a quota that say what a test wants.
#ifndef SLUICE_LIBS_DELIVERY_SCRIPTED_QUOTA_H_
#define SLUICE_LIBS_DELIVERY_SCRIPTED_QUOTA_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/registry/lease.h"
#include "libs/registry/quota.h"

namespace sluice::delivery {

class ScriptedLease : public registry::Lease {
 public:
  absl::Status Check() const override {
    if (live) return absl::OkStatus();
    return Error(status::v1::REASON_CODE_LEASE_LOST, "the test took it");
  }

  std::atomic<bool> live = true;
};

// Of one agreement. Thread-safe.
class ScriptedQuota : public registry::Quota {
 public:
  // From now on so many records, and whether what is beyond must wait for the
  // day or only for a moment. Tells the listener.
  void Allow(uint64_t records, Answer beyond) {
    Change([&] {
      mutex_.AssertHeld();
      left_ = records;
      beyond_ = beyond;
    });
  }
  // The day is over, and in the next one so many records are allowed.
  void BeginDay(uint64_t records, Answer beyond) {
    Change([&] {
      mutex_.AssertHeld();
      left_ = records;
      beyond_ = beyond;
      day_end_ += absl::Hours(24);
    });
  }
  void AllowStreams(int places) {
    Change([&] {
      mutex_.AssertHeld();
      places_ = places;
    });
  }
  // All places that are held now are lost.
  void LosePlaces() {
    Change([&] {
      mutex_.AssertHeld();
      ++term_;
    });
  }

  uint64_t taken() const {
    MutexLock lock(&mutex_);
    return taken_;
  }

  Taking TakeRecords(const agreement::v1::Agreement& /*agreement*/,
                     uint64_t records) override {
    MutexLock lock(&mutex_);
    if (records > left_) return {beyond_};
    left_ -= records;
    taken_ += records;
    return {Answer::kTaken, day_end_};
  }

  bool DayLasts(absl::Time day_end) const override {
    MutexLock lock(&mutex_);
    return day_end >= day_end_;
  }

  absl::StatusOr<std::unique_ptr<StreamPlace>> TakeStream(
      const agreement::v1::Agreement& /*agreement*/,
      absl::Duration /*timeout*/) override {
    MutexLock lock(&mutex_);
    if (places_ == 0) {
      return Error(status::v1::REASON_CODE_LIMIT_REACHED, "no place is left");
    }
    --places_;
    return std::make_unique<Place>(this, term_.load());
  }

  void SetListener(std::function<void(const std::string&)> listener) override {
    listener_ = std::move(listener);
  }

 private:
  class Place : public StreamPlace {
   public:
    Place(ScriptedQuota* quota, int term) : quota_(quota), term_(term) {}
    ~Place() override {
      MutexLock lock(&quota_->mutex_);
      ++quota_->places_;
    }
    bool held() const override { return quota_->term_ == term_; }

   private:
    ScriptedQuota* const quota_;
    const int term_;
  };

  void Change(const std::function<void()>& change) {
    {
      MutexLock lock(&mutex_);
      change();
    }
    if (listener_) listener_("health-people");
  }

  std::function<void(const std::string&)> listener_;
  mutable Mutex mutex_;
  uint64_t left_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  Answer beyond_ ABSL_GUARDED_BY(mutex_) = Answer::kDayUsedUp;
  absl::Time day_end_ ABSL_GUARDED_BY(mutex_) = absl::UnixEpoch();
  int places_ ABSL_GUARDED_BY(mutex_) = 0;
  std::atomic<int> term_ = 1;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_SCRIPTED_QUOTA_H_
