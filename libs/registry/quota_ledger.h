// Who was granted what of agreements' limits, as the log alone decides it:
// every broker that applies the log comes to the same grants.
//
// What comes of a message depends on no message that may be gone by then:
// - records are counted from the beginning of the agreement's day on;
// - shares (records per second, streams) are counted from the beginning of the
//   hour on. In its first half minute a share is granted by what its author
//   says to hold, and none grows; by then shares of the hour before have run
//   out.
#ifndef SLUICE_LIBS_REGISTRY_QUOTA_LEDGER_H_
#define SLUICE_LIBS_REGISTRY_QUOTA_LEDGER_H_

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sluice/agreement/v1/agreement.pb.h"
#include "sluice/registry/v1/notice.pb.h"

namespace sluice::registry {

// Longest that a share is held; one asked for longer is held so long.
inline constexpr absl::Duration kShareTermMax = absl::Seconds(30);
// Shares of one agreement that are held at once.
inline constexpr size_t kQuotaHoldersMax = 256;

// One incarnation of a broker.
struct QuotaHolder {
  std::string key_id;
  std::string incarnation;
  friend auto operator<=>(const QuotaHolder&, const QuotaHolder&) = default;
};

struct QuotaShare {
  // Of the reservation; one with a number that is not higher came late.
  uint64_t number = 0;
  uint64_t records_per_second = 0;
  uint32_t streams = 0;
  // What was asked for, which may be more.
  uint64_t asked_records_per_second = 0;
  uint32_t asked_streams = 0;
  absl::Time until;
  friend bool operator==(const QuotaShare&, const QuotaShare&) = default;
};

// What is reserved of one agreement, whatever its version.
struct QuotaAccount {
  // Days since the epoch in the agreement's local time, and records granted in
  // that day.
  int64_t day = 0;
  uint64_t records = 0;
  // Hours since the epoch, and the shares granted in that hour.
  int64_t hour = 0;
  std::map<QuotaHolder, QuotaShare> shares;
  // From when on nothing of it counts any more.
  absl::Time until;
  friend bool operator==(const QuotaAccount&, const QuotaAccount&) = default;
};

// What a reservation brought.
struct QuotaGrant {
  // False if it brought nothing: no agreement of the name is in force or it has
  // no limits, or the reservation came behind a later one of its author.
  bool counts = false;
  // The log time it was judged by, and the end of that day.
  absl::Time time;
  absl::Time day_end;
  uint64_t records = 0;
  uint64_t records_per_second = 0;
  uint32_t streams = 0;
  // Of the shares.
  absl::Time until;
};

// An account at some moment, for a holder to decide what to ask for.
struct QuotaUse {
  // The log's time, and the end of the day in which it lies.
  absl::Time time;
  absl::Time day_end;
  // Granted in this day to all.
  uint64_t records = 0;
  // Whether no share can grow now: the hour has just begun.
  bool is_settling = false;
  // Those that have not run out.
  std::map<QuotaHolder, QuotaShare> shares;
};

// The end of the agreement's day in which `time` lies.
absl::Time QuotaDayEnd(const agreement::v1::Limits& limits, absl::Time time);

// Not thread-safe.
class QuotaLedger {
 public:
  // What a reservation changes.
  struct Change {
    QuotaGrant grant;
    // Only if grant.counts: the account as it then is.
    std::string agreement;
    QuotaAccount account;
    // Accounts that do not count any more; a few at a time.
    std::vector<std::string> over;
  };

  // `limits`: those in force, or null. Time does not run backwards: what was
  // seen last counts if it is later than `log_time`.
  Change Judge(const v1::ReserveQuota& reservation, absl::string_view key_id,
               absl::Time log_time, const agreement::v1::Limits* limits) const;

  void Commit(const Change& change);

  // One account as it was stored.
  void Load(const std::string& agreement, QuotaAccount account);
  void LoadTime(absl::Time time) { time_ = std::max(time_, time); }

  // `log_time`: that of the latest message of any kind. A local clock must not
  // come in: the next reservation is judged by the log's.
  QuotaUse GetUse(absl::string_view agreement, absl::Time log_time,
                  const agreement::v1::Limits& limits) const;

  absl::Time time() const { return time_; }
  size_t account_count() const { return accounts_.size(); }

 private:
  void Put(const std::string& agreement, QuotaAccount account);
  void Erase(const std::string& agreement);

  // Of the latest reservation.
  absl::Time time_ = absl::UnixEpoch();
  std::map<std::string, QuotaAccount, std::less<>> accounts_;
  std::set<std::pair<absl::Time, std::string>> by_end_;
};

// As stored in the state folder; docs/formats/registry.md. False if they do not
// parse.
std::string SerializeAccount(const QuotaAccount& account);
bool ParseAccount(absl::string_view bytes, QuotaAccount* account);

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_QUOTA_LEDGER_H_
