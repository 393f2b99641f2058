#include "libs/registry/quota_holdings.h"

#include <algorithm>

namespace sluice::registry {
namespace {

// A holder stops using its shares somewhat before their term is over, should
// its clock be slower than the log's.
constexpr double kUsedOfTerm = 0.9;
// Chunks of the day's records, as parts of the limit.
constexpr uint64_t kChunkMinPart = 1'024;
constexpr uint64_t kChunkMaxPart = 16;
// A chunk asked for again so soon was too small; so late, too large.
constexpr absl::Duration kChunkSoon = absl::Seconds(2);
constexpr absl::Duration kChunkLate = absl::Seconds(20);
// Of what is left of a day, a chunk takes no more than this part.
constexpr uint64_t kLeftPart = 4;
// Who needs little keeps at least this part of the rate.
constexpr uint64_t kRateMinPart = 64;
// Who could not get a share asks again so much later, if nothing happens.
constexpr absl::Duration kAskAgain = absl::Seconds(2);
// How long an answer to a reservation is waited for.
constexpr absl::Duration kAwaitedMax = absl::Seconds(5);

uint64_t Less(uint64_t from, uint64_t what) {
  return from > what ? from - what : 0;
}

// `share` of a limit that is `now` and was `then`.
uint64_t Scaled(uint64_t share, uint64_t now, uint64_t then) {
  if (now >= then) return share;
  // Both are at most 10^9, so the product fits.
  return share * now / then;
}

}  // namespace

void QuotaHoldings::SetLimits(const agreement::v1::Limits& limits,
                              uint64_t granted) {
  limits_ = limits;
  chunk_ = 0;
  // Already over the new limit: what is left unused stays so.
  if (granted > limits.records_per_day()) records_ = 0;
}

uint64_t QuotaHoldings::UsableRate(absl::Duration now) const {
  if (!HoldsShare(now)) return 0;
  return Scaled(rate_, limits_.records_per_second(), rate_limit_);
}

uint32_t QuotaHoldings::usable_places(absl::Duration now) const {
  if (!HoldsShare(now)) return 0;
  return static_cast<uint32_t>(
      Scaled(places_, limits_.concurrent_streams(), places_limit_));
}

void QuotaHoldings::Refill(absl::Duration now) {
  const auto rate = static_cast<double>(UsableRate(now));
  const double seconds = absl::ToDoubleSeconds(now - tokens_at_);
  tokens_ = std::min(rate, tokens_ + rate * seconds);
  tokens_at_ = now;
}

QuotaHoldings::Taking QuotaHoldings::Take(uint64_t records, const QuotaUse& use,
                                          absl::Duration now) {
  wanted_at_ = now;
  const bool has_day = limits_.records_per_day() > 0;
  const bool has_rate = limits_.records_per_second() > 0;
  if (has_day) {
    if (const auto refused = CheckDay(records, use, now)) return *refused;
  }
  if (has_rate) {
    if (const auto refused = CheckRate(records, now)) return *refused;
    tokens_ -= static_cast<double>(records);
  }
  Taking taking;
  if (has_day) {
    records_ -= records;
    taking.day_end = day_end_;
  }
  taken_ += records;
  return taking;
}

std::optional<QuotaHoldings::Taking> QuotaHoldings::CheckDay(
    uint64_t records, const QuotaUse& use, absl::Duration now) {
  if (records > limits_.records_per_day()) {
    return Taking{Quota::Answer::kDayUsedUp, absl::InfiniteDuration()};
  }
  if (day_end_ != use.day_end) records_ = 0;
  const absl::Duration next_day = now + (use.day_end - use.time);
  if (use.day_end - use.time <= day_margin_) {
    return Taking{Quota::Answer::kLater, next_day};
  }
  if (records_ >= records) return std::nullopt;
  const uint64_t left = Less(limits_.records_per_day(), use.records);
  // The ledger knows of a grant a moment before it comes here.
  if (records_ + left + Awaited(now) < records) {
    return Taking{Quota::Answer::kDayUsedUp, next_day};
  }
  short_of_ = std::max(short_of_, records - records_);
  return Taking{Quota::Answer::kLater, now + kAskAgain};
}

uint64_t QuotaHoldings::Awaited(absl::Duration now) const {
  return now - asked_at_ <= kAwaitedMax ? awaited_ : 0;
}

std::optional<QuotaHoldings::Taking> QuotaHoldings::CheckRate(
    uint64_t records, absl::Duration now) {
  Refill(now);
  const uint64_t rate = UsableRate(now);
  if (rate == 0) {
    was_throttled_ = true;
    return Taking{Quota::Answer::kLater, now + kAskAgain};
  }
  const auto needed = static_cast<double>(std::min(records, rate));
  if (tokens_ >= needed) return std::nullopt;
  was_throttled_ = true;
  const double seconds = (needed - tokens_) / static_cast<double>(rate);
  return Taking{Quota::Answer::kLater,
                now + absl::Seconds(seconds) + absl::Milliseconds(1)};
}

uint64_t QuotaHoldings::ChunkToAsk(absl::Duration now) const {
  const uint64_t limit = limits_.records_per_day();
  const uint64_t least = std::max<uint64_t>(1, limit / kChunkMinPart);
  const uint64_t most = std::max<uint64_t>(1, limit / kChunkMaxPart);
  uint64_t chunk = chunk_;
  if (now - chunk_asked_at_ < kChunkSoon) {
    chunk *= 2;
  } else if (now - chunk_asked_at_ > kChunkLate) {
    chunk /= 2;
  }
  return std::clamp(chunk, least, most);
}

uint64_t QuotaHoldings::RecordsToAsk(const QuotaUse& use,
                                     absl::Duration now) const {
  if (limits_.records_per_day() == 0 || use.day_end - use.time <= day_margin_) {
    return 0;
  }
  const uint64_t left = Less(limits_.records_per_day(), use.records);
  const bool runs_low = day_end_ == use.day_end &&
                        records_ < std::min(chunk_, left / kLeftPart) / 2;
  if (short_of_ == 0 && !runs_low) return 0;
  const uint64_t chunk = std::min(ChunkToAsk(now), left / kLeftPart);
  return std::min(left, std::max(chunk, short_of_));
}

uint64_t QuotaHoldings::RateToAsk(const QuotaUse& use, const QuotaHolder& self,
                                  absl::Duration now, bool* is_urgent) const {
  const uint64_t limit = limits_.records_per_second();
  if (limit == 0 || now - wanted_at_ >= kShareTermMax) return 0;
  uint64_t others_asked = 0;
  uint64_t others_granted = 0;
  uint64_t others = 0;
  bool is_other_short = false;
  for (const auto& [holder, share] : use.shares) {
    if (holder == self || share.asked_records_per_second == 0) continue;
    ++others;
    others_asked += share.asked_records_per_second;
    others_granted += share.records_per_second;
    is_other_short = is_other_short ||
                     share.records_per_second < share.asked_records_per_second;
  }
  uint64_t wanted = limit;
  if (HoldsShare(now) && !was_throttled_) {
    const double seconds = absl::ToDoubleSeconds(now - asked_at_);
    const double used = static_cast<double>(taken_) / std::max(1.0, seconds);
    wanted = std::clamp(static_cast<uint64_t>(2 * used),
                        limit / kRateMinPart + 1, limit);
  }
  const uint64_t fair = std::max<uint64_t>(1, limit / (others + 1));
  const uint64_t target =
      std::min(wanted, std::max(fair, Less(limit, others_asked)));
  if (!HoldsShare(now)) {
    *is_urgent = true;
  } else if (target < rate_) {
    *is_urgent = is_other_short;
  } else if (target > rate_ && was_throttled_) {
    const bool is_free = Less(limit, others_granted) > rate_;
    *is_urgent = is_free || asked_rate_ != target;
  }
  return target;
}

std::optional<v1::ReserveQuota> QuotaHoldings::Ask(const QuotaUse& use,
                                                   const QuotaHolder& self,
                                                   absl::Duration now) const {
  v1::ReserveQuota ask;
  ask.set_term_ms(
      static_cast<uint32_t>(absl::ToInt64Milliseconds(kShareTermMax)));
  ask.set_records(RecordsToAsk(use, now));
  bool is_rate_urgent = false;
  ask.set_records_per_second(RateToAsk(use, self, now, &is_rate_urgent));
  const uint32_t places_needed =
      limits_.concurrent_streams() == 0
          ? 0
          : std::min(limits_.concurrent_streams(), used_places_ + waiting_);
  ask.set_streams(places_needed);

  const bool holds = HoldsShare(now);
  if (holds) {
    ask.mutable_held()->set_records_per_second(rate_);
    ask.mutable_held()->set_streams(places_);
    ask.mutable_held()->set_until_unix_ms(absl::ToUnixMillis(share_until_));
  }
  const bool needs_share = ask.records_per_second() > 0 || places_needed > 0;
  const bool is_due =
      needs_share && holds && share_end_ - now < kShareTermMax / 2;
  const bool is_short = is_rate_urgent || places_needed > (holds ? places_ : 0);
  // In its first half minute an hour gives no more than what is held.
  const bool can_grow =
      !use.is_settling && (now - asked_at_ >= kAskAgain || waiting_ > 0 ||
                           asked_rate_ != ask.records_per_second());
  const bool gives_back = holds && places_ > places_needed;
  if (ask.records() > 0 || is_due || gives_back || (is_short && can_grow)) {
    return ask;
  }
  return std::nullopt;
}

void QuotaHoldings::GiveBack(const v1::ReserveQuota& asked,
                             absl::Duration now) {
  Refill(now);
  rate_ = std::min(rate_, asked.records_per_second());
  places_ = std::min(places_, asked.streams());
  tokens_ = std::min(tokens_, static_cast<double>(rate_));
}

void QuotaHoldings::OnSending(const v1::ReserveQuota& asked,
                              absl::Duration now) {
  GiveBack(asked, now);
  awaited_ = asked.records();
  awaited_number_ = asked.number();
  asked_at_ = now;
  asked_rate_ = asked.records_per_second();
  taken_ = 0;
  was_throttled_ = false;
  if (asked.records() > 0) {
    chunk_ = ChunkToAsk(now);
    chunk_asked_at_ = now;
  }
}

void QuotaHoldings::OnGrant(const v1::ReserveQuota& asked,
                            const QuotaGrant& grant, absl::Duration sent_at,
                            absl::Duration now) {
  if (asked.records() > 0) short_of_ = 0;
  if (asked.number() == awaited_number_) awaited_ = 0;
  if (grant.records > 0 && grant.day_end > day_end_) {
    day_end_ = grant.day_end;
    records_ = 0;
  }
  if (grant.records > 0 && grant.day_end == day_end_) {
    records_ += grant.records;
  }
  if (!grant.counts || asked.number() <= share_number_) return;
  // The bucket keeps what came in at the rate before; the new one fills it from
  // now on.
  Refill(now);
  share_number_ = asked.number();
  rate_ = grant.records_per_second;
  rate_limit_ = limits_.records_per_second();
  places_ = grant.streams;
  places_limit_ = limits_.concurrent_streams();
  share_until_ = grant.until;
  share_end_ = sent_at + (grant.until - grant.time) * kUsedOfTerm;
  tokens_ = std::min(tokens_, static_cast<double>(rate_));
}

void QuotaHoldings::OnLogTime(absl::Time time) {
  if (time >= share_until_) share_end_ = absl::ZeroDuration();
}

bool QuotaHoldings::IsIdle(absl::Duration since) const {
  return used_places_ == 0 && waiting_ == 0 && wanted_at_ < since &&
         share_end_ < since;
}

}  // namespace sluice::registry
