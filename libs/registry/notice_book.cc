#include "libs/registry/notice_book.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/endian.h"
#include "libs/base/string_view.h"

namespace sluice::registry {
namespace {

// First byte of a row's key.
constexpr char kHeartbeatRow = 'h';
constexpr char kSpentRow = 'm';
constexpr char kAccountRow = 'q';
constexpr char kSpentByTimeRow = 's';
constexpr char kTimeRow = 't';

constexpr size_t kKeyIdBytes = 16;
constexpr size_t kIncarnationBytes = 16;

// A broker silent for so long is not spoken of any more.
constexpr absl::Duration kSilenceMax = absl::Hours(24);
// After the end of the day, or the hour, for which a reservation counts.
constexpr absl::Duration kKeptAfterDay = absl::Hours(24);
constexpr absl::Duration kKeptAfterHour = absl::Minutes(10);

std::string Row(char row, absl::string_view rest = "") {
  return absl::StrCat(absl::string_view(&row, 1), rest);
}

std::string TimeBytes(absl::Time time) {
  std::string bytes;
  AppendBig64(static_cast<uint64_t>(absl::ToUnixNanos(time)), &bytes);
  return bytes;
}

absl::Time TimeFrom(absl::string_view bytes) {
  return absl::FromUnixNanos(static_cast<int64_t>(LoadBig64(bytes.data())));
}

std::string HeartbeatRow(const QuotaHolder& holder) {
  return Row(kHeartbeatRow, absl::StrCat(holder.key_id, holder.incarnation));
}

}  // namespace

const agreement::v1::Limits* LimitsInForce(const State& state,
                                           absl::string_view agreement) {
  const AgreementHistory* history = state.FindAgreement(agreement);
  if (history == nullptr || history->approved == 0) return nullptr;
  const agreement::v1::Agreement& terms =
      history->versions[history->approved - 1]->agreement();
  return terms.has_limits() ? &terms.limits() : nullptr;
}

std::optional<NoticeBook::Change> NoticeBook::Judge(const bus::Message& message,
                                                    const ParsedNotice& parsed,
                                                    const State& state,
                                                    absl::Time log_time) const {
  Change change;
  change.time = message.time;
  change.logged.offset = static_cast<uint64_t>(message.offset);
  change.logged.key_id = parsed.signed_notice.key_id();
  change.logged.notice = parsed.notice;
  if (parsed.notice.has_reserve_quota()) {
    JudgeReservation(message, parsed, state, std::max(log_time, message.time),
                     &change);
    return change;
  }
  if (!JudgeHeartbeat(parsed, message.time, &change)) return std::nullopt;
  return change;
}

bool NoticeBook::JudgeHeartbeat(const ParsedNotice& parsed, absl::Time time,
                                Change* change) const {
  const v1::Heartbeat& heartbeat = parsed.notice.heartbeat();
  const QuotaHolder holder{change->logged.key_id, heartbeat.incarnation()};
  const auto found = heard_.find(holder);
  if (found == heard_.end()) {
    for (const QuotaHolder& silent : LongSilent(time)) {
      change->rows.erase.push_back(HeartbeatRow(silent));
    }
  } else if (found->second.logged.notice.heartbeat().nonce() >=
             heartbeat.nonce()) {
    return false;
  }
  std::string value;
  AppendBig64(change->logged.offset, &value);
  value += TimeBytes(time);
  value += parsed.signed_notice.notice();
  change->rows.put.emplace_back(HeartbeatRow(holder), std::move(value));
  return true;
}

void NoticeBook::JudgeReservation(const bus::Message& message,
                                  const ParsedNotice& parsed,
                                  const State& state, absl::Time log_time,
                                  Change* change) const {
  const v1::ReserveQuota& reservation = parsed.notice.reserve_quota();
  change->quota =
      ledger_.Judge(reservation, AsView(change->logged.key_id), log_time,
                    LimitsInForce(state, AsView(reservation.agreement())));
  const QuotaGrant& grant = change->quota.grant;
  change->logged.grant = grant;
  for (const std::string& agreement : change->quota.over) {
    change->rows.erase.push_back(Row(kAccountRow, AsView(agreement)));
  }
  if (grant.counts) {
    change->rows.put.emplace_back(
        Row(kAccountRow, AsView(change->quota.agreement)),
        SerializeAccount(change->quota.account));
  }
  change->rows.put.emplace_back(Row(kTimeRow), TimeBytes(grant.time));
  const absl::Time hour_end =
      absl::UnixEpoch() +
      absl::Floor(grant.time - absl::UnixEpoch(), absl::Hours(1)) +
      absl::Hours(1);
  AddSpentRows(message.key,
               grant.records > 0 ? grant.day_end + kKeptAfterDay
                                 : hour_end + kKeptAfterHour,
               &change->rows);
}

void NoticeBook::Commit(const Change& change) {
  if (change.logged.notice.has_reserve_quota()) {
    ledger_.Commit(change.quota);
    return;
  }
  const QuotaHolder holder{change.logged.key_id,
                           change.logged.notice.heartbeat().incarnation()};
  if (heard_.find(holder) == heard_.end()) {
    for (const QuotaHolder& silent : LongSilent(change.time)) {
      heard_.erase(silent);
    }
  }
  heard_[holder] = Heard{change.logged, change.time};
}

std::vector<QuotaHolder> NoticeBook::LongSilent(absl::Time now) const {
  std::vector<QuotaHolder> silent;
  auto oldest = heard_.end();
  for (auto at = heard_.begin(); at != heard_.end(); ++at) {
    if (at->second.time + kSilenceMax < now) silent.push_back(at->first);
    if (oldest == heard_.end() ||
        at->second.logged.offset < oldest->second.logged.offset) {
      oldest = at;
    }
  }
  if (silent.empty() && heard_.size() >= kHeartbeatsKeptMax) {
    silent.push_back(oldest->first);
  }
  return silent;
}

bool NoticeBook::Load(absl::string_view key, absl::string_view value) {
  if (key.empty()) return false;
  const absl::string_view rest = key.substr(1);
  switch (key[0]) {
    case kHeartbeatRow: {
      constexpr size_t kFixed = 2 * sizeof(uint64_t);
      if (rest.size() != kKeyIdBytes + kIncarnationBytes ||
          value.size() < kFixed) {
        return false;
      }
      Heard heard;
      heard.logged.key_id = std::string(rest.substr(0, kKeyIdBytes));
      heard.logged.offset = LoadBig64(value.data());
      heard.time = TimeFrom(value.substr(sizeof(uint64_t)));
      const absl::string_view notice = value.substr(kFixed);
      if (!heard.logged.notice.ParseFromArray(
              notice.data(), static_cast<int>(notice.size()))) {
        return false;
      }
      heard_[{heard.logged.key_id, std::string(rest.substr(kKeyIdBytes))}] =
          std::move(heard);
      return true;
    }
    case kAccountRow: {
      QuotaAccount account;
      if (!ParseAccount(value, &account)) return false;
      ledger_.Load(std::string(rest), std::move(account));
      return true;
    }
    case kTimeRow:
      if (value.size() != sizeof(uint64_t)) return false;
      ledger_.LoadTime(TimeFrom(value));
      return true;
    case kIncarnationRow[0]:
    case kSpentRow:
    case kSpentByTimeRow:
      return true;
    default:
      return false;
  }
}

std::vector<LoggedNotice> NoticeBook::LastHeartbeats() const {
  std::vector<LoggedNotice> heartbeats;
  for (const auto& [holder, heard] : heard_) {
    heartbeats.push_back(heard.logged);
  }
  std::sort(heartbeats.begin(), heartbeats.end(),
            [](const LoggedNotice& a, const LoggedNotice& b) {
              return a.offset < b.offset;
            });
  return heartbeats;
}

std::string SpentRowOf(const std::string& message_key) {
  return Row(kSpentRow, AsView(message_key));
}

void AddSpentRows(const std::string& message_key, absl::Time spent_at,
                  NoticeRows* rows) {
  const std::string time = TimeBytes(spent_at);
  rows->put.emplace_back(SpentRowOf(message_key), time);
  rows->put.emplace_back(Row(kSpentByTimeRow, absl::StrCat(time, message_key)),
                         "");
}

void EraseSpentRows(const std::string& message_key,
                    absl::string_view stored_spent_at, NoticeRows* rows) {
  rows->erase.push_back(SpentRowOf(message_key));
  rows->erase.push_back(
      Row(kSpentByTimeRow, absl::StrCat(stored_spent_at, message_key)));
}

std::optional<std::pair<absl::Time, std::string>> ParseSpentByTime(
    absl::string_view row_key) {
  if (row_key.size() <= 1 + sizeof(uint64_t) || row_key[0] != kSpentByTimeRow) {
    return std::nullopt;
  }
  return std::make_pair(TimeFrom(row_key.substr(1)),
                        std::string(row_key.substr(1 + sizeof(uint64_t))));
}

}  // namespace sluice::registry
