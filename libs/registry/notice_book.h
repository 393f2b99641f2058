// The notices a registry has applied: the last heartbeat of each broker, and
// what reservations add up to. Kept in the state folder beside what the
// commands add up to, with the same offset.
#ifndef SLUICE_LIBS_REGISTRY_NOTICE_BOOK_H_
#define SLUICE_LIBS_REGISTRY_NOTICE_BOOK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/bus/event_log.h"
#include "libs/registry/notice.h"
#include "libs/registry/notices.h"
#include "libs/registry/quota_ledger.h"
#include "libs/registry/state.h"
#include "libs/registry/store.h"

namespace sluice::registry {

// The limits of the version of `agreement` that is in force; null if none is,
// or it has none. Lives until the next Commit of `state`.
const agreement::v1::Limits* LimitsInForce(const State& state,
                                           absl::string_view agreement);

// Not thread-safe.
class NoticeBook {
 public:
  struct Change {
    NoticeRows rows;
    LoggedNotice logged;
    absl::Time time;
    QuotaLedger::Change quota;
  };

  // What a genuine notice changes; nothing if it came behind a later one of its
  // author. `log_time` is the last command's.
  std::optional<Change> Judge(const bus::Message& message,
                              const ParsedNotice& parsed, const State& state,
                              absl::Time log_time) const;

  void Commit(const Change& change);

  // A row as Change held it. False if it does not parse.
  bool Load(absl::string_view key, absl::string_view value);

  std::vector<LoggedNotice> LastHeartbeats() const;
  const QuotaLedger& ledger() const { return ledger_; }

 private:
  struct Heard {
    LoggedNotice logged;
    absl::Time time;
  };
  using HeardMap = std::map<QuotaHolder, Heard>;

  bool JudgeHeartbeat(const ParsedNotice& parsed, absl::Time time,
                      Change* change) const;
  void JudgeReservation(const bus::Message& message, const ParsedNotice& parsed,
                        const State& state, absl::Time log_time,
                        Change* change) const;
  // Whom to forget when a new one comes.
  std::vector<QuotaHolder> LongSilent(absl::Time now) const;

  HeardMap heard_;
  QuotaLedger ledger_;
};

// The row that holds the incarnation which uses the state folder.
inline constexpr char kIncarnationRow[] = "i";

// Rows that say when the message of a reservation is of no use any more.
void AddSpentRows(const std::string& message_key, absl::Time spent_at,
                  NoticeRows* rows);
// What takes them away. `spent_at` as stored.
void EraseSpentRows(const std::string& message_key,
                    absl::string_view stored_spent_at, NoticeRows* rows);
// The row that holds the spent_at of a message.
std::string SpentRowOf(const std::string& message_key);
// Rows of what is spent, in order of time, have keys that begin with this.
inline constexpr char kSpentByTimePrefix[] = "s";
// Time and message key in a key that begins so; nothing if it does not parse.
std::optional<std::pair<absl::Time, std::string>> ParseSpentByTime(
    absl::string_view row_key);

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_NOTICE_BOOK_H_
