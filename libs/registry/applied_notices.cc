#include "libs/registry/applied_notices.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"

namespace sluice::registry {
namespace {

// State digests kept to compare with what other brokers found.
constexpr size_t kDigestsMax = 1'024;
// Rows looked at to find reservations that are spent.
constexpr size_t kSpentScanMax = 10'000;
// How much later than its author others remove a spent reservation.
constexpr absl::Duration kOthersAfter = absl::Hours(24);

// Whether `message_key` is one of a reservation by `key_id`.
bool IsReservationOf(absl::string_view message_key, absl::string_view key_id) {
  return absl::ConsumePrefix(&message_key, "quota/") &&
         absl::ConsumePrefix(&message_key, key_id);
}

}  // namespace

absl::Status AppliedNotices::Load() {
  const MutexLock lock(&mutex_);
  bool parses = true;
  RETURN_IF_ERROR(store_->VisitNoticeRows(
      "", [&](absl::string_view key, absl::string_view value)
              ABSL_NO_THREAD_SAFETY_ANALYSIS {
                parses = book_.Load(key, value);
                return parses;
              }));
  if (parses) return absl::OkStatus();
  return Error(status::v1::REASON_CODE_CORRUPT,
               "the registry's state is damaged (a notice does not parse): "
               "stop the broker and delete that folder; it is rebuilt from "
               "the bus");
}

std::optional<NoticeBook::Change> AppliedNotices::Judge(
    const bus::Message& message, const ParsedNotice& parsed, const State& state,
    absl::Time log_time) const {
  const MutexLock lock(&mutex_);
  return book_.Judge(message, parsed, state, log_time);
}

void AppliedNotices::Commit(const NoticeBook::Change& change) {
  const MutexLock lock(&mutex_);
  book_.Commit(change);
}

absl::StatusOr<NoticeRows> AppliedNotices::RemovalOf(
    const std::string& message_key) const {
  NoticeRows rows;
  ASSIGN_OR_RETURN(const auto spent_at,
                   store_->FindNoticeRow(AsView(SpentRowOf(message_key))));
  if (spent_at.has_value()) {
    EraseSpentRows(message_key, AsView(*spent_at), &rows);
  }
  return rows;
}

void AppliedNotices::AddDigest(int64_t offset, const crypto::Digest& digest) {
  const MutexLock lock(&mutex_);
  digests_.emplace_back(offset, digest);
  if (digests_.size() > kDigestsMax) digests_.pop_front();
}

std::vector<LoggedNotice> AppliedNotices::LastHeartbeats() const {
  const MutexLock lock(&mutex_);
  return book_.LastHeartbeats();
}

absl::StatusOr<std::string> AppliedNotices::TakeOver(
    const std::string& incarnation) {
  ASSIGN_OR_RETURN(auto before, store_->FindNoticeRow(kIncarnationRow));
  RETURN_IF_ERROR(store_->WriteNoticeRow(kIncarnationRow, AsView(incarnation)));
  return before.has_value() ? *std::move(before) : std::string();
}

QuotaUse AppliedNotices::GetQuotaUse(absl::string_view agreement) const {
  const auto limits = limits_of_(agreement);
  const absl::Time log_time = log_time_();
  const MutexLock lock(&mutex_);
  return book_.ledger().GetUse(agreement, log_time,
                               limits.value_or(agreement::v1::Limits()));
}

std::vector<std::string> AppliedNotices::SpentReservations(
    absl::string_view key_id, size_t count_max) const {
  // By the log's time: what a clock that is ahead takes for spent may count
  // for whoever reads the log from its beginning.
  absl::Time now;
  {
    const MutexLock lock(&mutex_);
    now = book_.ledger().time();
  }
  std::vector<std::string> keys;
  size_t scanned = 0;
  const absl::Status status = store_->VisitNoticeRows(
      kSpentByTimePrefix, [&](absl::string_view row, absl::string_view) {
        auto spent = ParseSpentByTime(row);
        if (!spent.has_value() || spent->first > now ||
            keys.size() == count_max || ++scanned > kSpentScanMax) {
          return false;
        }
        if (spent->first + kOthersAfter <= now ||
            IsReservationOf(AsView(spent->second), key_id)) {
          keys.push_back(std::move(spent->second));
        }
        return true;
      });
  if (!status.ok()) {
    LogWarning("spent reservations not found", {{"error", status}});
  }
  return keys;
}

Notices::Comparison AppliedNotices::CompareDigest(
    uint64_t command_offset, absl::string_view digest) const {
  const auto offset = static_cast<int64_t>(command_offset);
  const MutexLock lock(&mutex_);
  if (digests_.empty() || offset < digests_.front().first) {
    return Comparison::kUnknown;
  }
  const auto found = std::lower_bound(
      digests_.begin(), digests_.end(), offset,
      [](const auto& entry, int64_t value) { return entry.first < value; });
  const bool is_same = found != digests_.end() && found->first == offset &&
                       crypto::DigestView(found->second) == digest;
  return is_same ? Comparison::kSame : Comparison::kDiffers;
}

}  // namespace sluice::registry
