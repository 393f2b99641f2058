#include "libs/registry/quota_ledger.h"

#include <algorithm>

#include "libs/base/endian.h"
#include "libs/base/string_view.h"

namespace sluice::registry {
namespace {

// Accounts that are over and go with one reservation: more than come with it,
// so that they cannot pile up.
constexpr size_t kOverMax = 4;

constexpr size_t kKeyIdBytes = 16;
constexpr size_t kIncarnationBytes = 16;
constexpr size_t kShareBytes = kKeyIdBytes + kIncarnationBytes +
                               4 * sizeof(uint64_t) + 2 * sizeof(uint32_t);
constexpr size_t kAccountBytes = 5 * sizeof(uint64_t);

int64_t CountOf(absl::Duration unit, absl::Duration duration) {
  return absl::ToInt64Nanoseconds(absl::Floor(duration, unit)) /
         absl::ToInt64Nanoseconds(unit);
}

absl::Duration LocalOffset(const agreement::v1::Limits& limits) {
  return absl::Minutes(limits.utc_offset_minutes());
}

int64_t DayOf(const agreement::v1::Limits& limits, absl::Time time) {
  return CountOf(absl::Hours(24),
                 time - absl::UnixEpoch() + LocalOffset(limits));
}

int64_t HourOf(absl::Time time) {
  return CountOf(absl::Hours(1), time - absl::UnixEpoch());
}

bool IsSettling(absl::Time time) {
  return time <
         absl::UnixEpoch() + HourOf(time) * absl::Hours(1) + kShareTermMax;
}

// The account as of `time`: without what is over.
QuotaAccount AsOf(const QuotaAccount* stored, absl::Time time,
                  const agreement::v1::Limits& limits) {
  QuotaAccount account;
  if (stored != nullptr) account = *stored;
  const int64_t day = DayOf(limits, time);
  if (account.day < day || stored == nullptr) {
    account.day = day;
    account.records = 0;
  }
  const int64_t hour = HourOf(time);
  if (account.hour < hour || stored == nullptr) {
    account.hour = hour;
    account.shares.clear();
  }
  std::erase_if(account.shares, [time](const auto& share) {
    return share.second.until <= time;
  });
  return account;
}

uint64_t Left(uint64_t limit, uint64_t taken) {
  return limit > taken ? limit - taken : 0;
}

// The shares granted to `holder`, who holds none in `account` any more.
void GrantShares(const v1::ReserveQuota& asked,
                 const agreement::v1::Limits& limits,
                 const QuotaAccount& account, absl::Time time,
                 QuotaShare* share) {
  uint64_t records_per_second = limits.records_per_second();
  uint64_t streams = limits.concurrent_streams();
  if (IsSettling(time)) {
    const bool holds =
        asked.has_held() &&
        time < absl::FromUnixMillis(asked.held().until_unix_ms());
    records_per_second =
        std::min(records_per_second,
                 holds ? asked.held().records_per_second() : uint64_t{0});
    streams = std::min<uint64_t>(streams, holds ? asked.held().streams() : 0);
  } else {
    for (const auto& [holder, held] : account.shares) {
      records_per_second = Left(records_per_second, held.records_per_second);
      streams = Left(streams, held.streams);
    }
  }
  share->records_per_second =
      std::min(asked.records_per_second(), records_per_second);
  share->streams =
      static_cast<uint32_t>(std::min<uint64_t>(asked.streams(), streams));
}

}  // namespace

absl::Time QuotaDayEnd(const agreement::v1::Limits& limits, absl::Time time) {
  return absl::UnixEpoch() + (DayOf(limits, time) + 1) * absl::Hours(24) -
         LocalOffset(limits);
}

QuotaLedger::Change QuotaLedger::Judge(
    const v1::ReserveQuota& reservation, absl::string_view key_id,
    absl::Time log_time, const agreement::v1::Limits* limits) const {
  Change change;
  const absl::Time time = std::max(time_, log_time);
  change.grant.time = time;
  for (auto at = by_end_.begin(); at != by_end_.end() && at->first <= time &&
                                  change.over.size() < kOverMax;
       ++at) {
    if (at->second != reservation.agreement()) {
      change.over.push_back(at->second);
    }
  }
  if (limits == nullptr) return change;
  const auto found = accounts_.find(reservation.agreement());
  QuotaAccount account =
      AsOf(found == accounts_.end() ? nullptr : &found->second, time, *limits);
  const QuotaHolder holder{std::string(key_id), reservation.incarnation()};
  if (const auto earlier = account.shares.find(holder);
      earlier != account.shares.end()) {
    if (earlier->second.number >= reservation.number()) return change;
    account.shares.erase(earlier);
  } else if (account.shares.size() >= kQuotaHoldersMax) {
    return change;
  }

  QuotaShare share;
  share.number = reservation.number();
  share.asked_records_per_second = reservation.records_per_second();
  share.asked_streams = reservation.streams();
  share.until =
      time + std::min(kShareTermMax, absl::Milliseconds(reservation.term_ms()));
  GrantShares(reservation, *limits, account, time, &share);
  const uint64_t records = std::min(
      reservation.records(), Left(limits->records_per_day(), account.records));
  account.records += records;
  account.shares[holder] = share;
  account.until = std::max(account.until, share.until);
  change.grant.day_end = QuotaDayEnd(*limits, time);
  if (records > 0) {
    account.until = std::max(account.until, change.grant.day_end);
  }

  change.grant.counts = true;
  change.grant.records = records;
  change.grant.records_per_second = share.records_per_second;
  change.grant.streams = share.streams;
  change.grant.until = share.until;
  change.agreement = reservation.agreement();
  change.account = std::move(account);
  return change;
}

void QuotaLedger::Commit(const Change& change) {
  time_ = std::max(time_, change.grant.time);
  for (const std::string& agreement : change.over) Erase(agreement);
  if (change.grant.counts) Put(change.agreement, change.account);
}

void QuotaLedger::Load(const std::string& agreement, QuotaAccount account) {
  Put(agreement, std::move(account));
}

QuotaUse QuotaLedger::GetUse(absl::string_view agreement, absl::Time log_time,
                             const agreement::v1::Limits& limits) const {
  const absl::Time time = std::max(time_, log_time);
  const auto found = accounts_.find(AsStdView(agreement));
  QuotaAccount account =
      AsOf(found == accounts_.end() ? nullptr : &found->second, time, limits);
  QuotaUse use;
  use.time = time;
  use.day_end = QuotaDayEnd(limits, time);
  use.records = account.records;
  use.is_settling = IsSettling(time);
  use.shares = std::move(account.shares);
  return use;
}

void QuotaLedger::Put(const std::string& agreement, QuotaAccount account) {
  Erase(agreement);
  by_end_.emplace(account.until, agreement);
  accounts_[agreement] = std::move(account);
}

void QuotaLedger::Erase(const std::string& agreement) {
  const auto found = accounts_.find(agreement);
  if (found == accounts_.end()) return;
  by_end_.erase({found->second.until, agreement});
  accounts_.erase(found);
}

std::string SerializeAccount(const QuotaAccount& account) {
  const auto nanos = [](absl::Time time) {
    return static_cast<uint64_t>(absl::ToUnixNanos(time));
  };
  std::string bytes;
  AppendBig64(static_cast<uint64_t>(account.day), &bytes);
  AppendBig64(account.records, &bytes);
  AppendBig64(static_cast<uint64_t>(account.hour), &bytes);
  AppendBig64(nanos(account.until), &bytes);
  AppendBig64(account.shares.size(), &bytes);
  for (const auto& [holder, share] : account.shares) {
    bytes += holder.key_id;
    bytes += holder.incarnation;
    AppendBig64(share.number, &bytes);
    AppendBig64(share.records_per_second, &bytes);
    AppendBig64(share.asked_records_per_second, &bytes);
    AppendBig32(share.streams, &bytes);
    AppendBig32(share.asked_streams, &bytes);
    AppendBig64(nanos(share.until), &bytes);
  }
  return bytes;
}

bool ParseAccount(absl::string_view bytes, QuotaAccount* account) {
  if (bytes.size() < kAccountBytes ||
      (bytes.size() - kAccountBytes) % kShareBytes != 0) {
    return false;
  }
  const char* at = bytes.data();
  const auto take64 = [&at] {
    const uint64_t value = LoadBig64(at);
    at += sizeof(value);
    return value;
  };
  const auto take32 = [&at] {
    const uint32_t value = LoadBig32(at);
    at += sizeof(value);
    return value;
  };
  const auto take_time = [&] {
    return absl::FromUnixNanos(static_cast<int64_t>(take64()));
  };
  account->day = static_cast<int64_t>(take64());
  account->records = take64();
  account->hour = static_cast<int64_t>(take64());
  account->until = take_time();
  const uint64_t count = take64();
  if (count != (bytes.size() - kAccountBytes) / kShareBytes) return false;
  for (uint64_t i = 0; i < count; ++i) {
    QuotaHolder holder;
    holder.key_id.assign(at, kKeyIdBytes);
    holder.incarnation.assign(at + kKeyIdBytes, kIncarnationBytes);
    at += kKeyIdBytes + kIncarnationBytes;
    QuotaShare& share = account->shares[holder];
    share.number = take64();
    share.records_per_second = take64();
    share.asked_records_per_second = take64();
    share.streams = take32();
    share.asked_streams = take32();
    share.until = take_time();
  }
  return true;
}

}  // namespace sluice::registry
