// What one broker holds of one agreement's limits, and what it asks for next.
// Pure: times are given. Days are counted in log time, a Time, shares and rates
// in boot time, a Duration.
#ifndef SLUICE_LIBS_REGISTRY_QUOTA_HOLDINGS_H_
#define SLUICE_LIBS_REGISTRY_QUOTA_HOLDINGS_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "libs/registry/quota.h"
#include "libs/registry/quota_ledger.h"
#include "sluice/agreement/v1/agreement.pb.h"
#include "sluice/registry/v1/notice.pb.h"

namespace sluice::registry {

// Not thread-safe.
class QuotaHoldings {
 public:
  // Nothing is taken within `day_margin` of the end of a day: so far the log's
  // clock may be ahead of what this broker knows of it.
  QuotaHoldings(const agreement::v1::Limits& limits, absl::Duration day_margin)
      : day_margin_(day_margin), limits_(limits) {}

  const agreement::v1::Limits& limits() const { return limits_; }

  // Another version is in force. `granted` to all brokers in this day.
  void SetLimits(const agreement::v1::Limits& limits, uint64_t granted);

  struct Taking {
    Quota::Answer answer = Quota::Answer::kTaken;
    // When to ask again, if no grant comes before.
    absl::Duration again_at = absl::InfiniteDuration();
    // Of the day for which what was taken counts.
    absl::Time day_end = absl::InfiniteFuture();
  };
  Taking Take(uint64_t records, const QuotaUse& use, absl::Duration now);

  // Places for streams.
  uint32_t usable_places(absl::Duration now) const;
  uint32_t used_places() const { return used_places_; }
  uint32_t waiting() const { return waiting_; }
  void AddWaiting(int by) { waiting_ += static_cast<uint32_t>(by); }
  void UsePlace() { ++used_places_; }
  void FreePlace() { --used_places_; }
  // Boot time when the shares end that are held.
  absl::Duration share_end() const { return share_end_; }

  // What should be reserved now; nothing if nothing needs to be.
  std::optional<v1::ReserveQuota> Ask(const QuotaUse& use,
                                      const QuotaHolder& self,
                                      absl::Duration now) const;

  // `asked` is about to be sent: what it gives back is not used any more.
  void OnSending(const v1::ReserveQuota& asked, absl::Duration now);

  // What of the shares `asked` gives back is not used any more, whatever an
  // earlier reservation brings.
  void GiveBack(const v1::ReserveQuota& asked, absl::Duration now);

  // What an own reservation brought, which was sent at `sent_at`.
  void OnGrant(const v1::ReserveQuota& asked, const QuotaGrant& grant,
               absl::Duration sent_at, absl::Duration now);

  // Someone's reservation of the agreement was judged at this log time: what
  // ran out by then may be another's.
  void OnLogTime(absl::Time time);

  // Nothing held, nor asked for since `since`.
  bool IsIdle(absl::Duration since) const;

 private:
  bool HoldsShare(absl::Duration now) const { return now < share_end_; }
  // What the limit in force leaves of a share of an earlier, higher one.
  uint64_t UsableRate(absl::Duration now) const;
  void Refill(absl::Duration now);
  std::optional<Taking> CheckDay(uint64_t records, const QuotaUse& use,
                                 absl::Duration now);
  std::optional<Taking> CheckRate(uint64_t records, absl::Duration now);

  // Records asked for that may be granted without this being known here.
  uint64_t Awaited(absl::Duration now) const;
  uint64_t RecordsToAsk(const QuotaUse& use, absl::Duration now) const;
  uint64_t RateToAsk(const QuotaUse& use, const QuotaHolder& self,
                     absl::Duration now, bool* is_urgent) const;
  uint64_t ChunkToAsk(absl::Duration now) const;

  const absl::Duration day_margin_;
  agreement::v1::Limits limits_;

  // Records of the day that ends at day_end_.
  uint64_t records_ = 0;
  absl::Time day_end_ = absl::InfinitePast();
  uint64_t chunk_ = 0;
  absl::Duration chunk_asked_at_ = -absl::InfiniteDuration();
  // Records that someone waits for.
  uint64_t short_of_ = 0;
  // Asked for by the reservation that was sent last; 0 once it is answered.
  uint64_t awaited_ = 0;
  uint64_t awaited_number_ = 0;

  // Shares, the limits they were granted under, and when they end.
  uint64_t rate_ = 0;
  uint64_t rate_limit_ = 0;
  uint32_t places_ = 0;
  uint32_t places_limit_ = 0;
  uint64_t share_number_ = 0;
  absl::Duration share_end_ = absl::ZeroDuration();
  absl::Time share_until_ = absl::InfinitePast();

  // A bucket that holds a second's worth at most; below zero what is owed.
  double tokens_ = 0;
  absl::Duration tokens_at_ = absl::ZeroDuration();

  // Since the last reservation.
  absl::Duration asked_at_ = -absl::InfiniteDuration();
  uint64_t asked_rate_ = 0;
  uint64_t taken_ = 0;
  bool was_throttled_ = false;

  absl::Duration wanted_at_ = -absl::InfiniteDuration();
  uint32_t used_places_ = 0;
  uint32_t waiting_ = 0;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_QUOTA_HOLDINGS_H_
