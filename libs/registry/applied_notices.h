// The notices of a registry that applies a log: judged and stored by its
// applying thread, read by everyone.
#ifndef SLUICE_LIBS_REGISTRY_APPLIED_NOTICES_H_
#define SLUICE_LIBS_REGISTRY_APPLIED_NOTICES_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/listeners.h"
#include "libs/registry/notice_book.h"
#include "libs/registry/notices.h"
#include "libs/registry/store.h"

namespace sluice::registry {

// Thread-safe; what changes it is called by one thread at a time.
class AppliedNotices : public Notices {
 public:
  // The limits of an agreement's version that is in force, if it has any.
  using LimitsOf = std::function<std::optional<agreement::v1::Limits>(
      absl::string_view agreement)>;

  // `store` outlives this. `log_time` is Registry::LogTime.
  AppliedNotices(Store* store, LimitsOf limits_of,
                 std::function<absl::Time()> log_time)
      : store_(store),
        limits_of_(std::move(limits_of)),
        log_time_(std::move(log_time)) {}

  // CORRUPT or STORAGE_FAILED.
  absl::Status Load();

  // As NoticeBook::Judge.
  std::optional<NoticeBook::Change> Judge(const bus::Message& message,
                                          const ParsedNotice& parsed,
                                          const State& state,
                                          absl::Time log_time) const;

  // Once its rows are written.
  void Commit(const NoticeBook::Change& change);
  void CallListeners(const LoggedNotice& notice) { listeners_.Call(notice); }

  // What the removal of this message changes.
  absl::StatusOr<NoticeRows> RemovalOf(const std::string& message_key) const;

  // The state digest behind the command at `offset`.
  void AddDigest(int64_t offset, const crypto::Digest& digest);

  uint64_t AddListener(Listener listener) override {
    return listeners_.Add(std::move(listener));
  }
  void RemoveListener(uint64_t id) override { listeners_.Remove(id); }
  std::vector<LoggedNotice> LastHeartbeats() const override;
  absl::StatusOr<std::string> TakeOver(const std::string& incarnation) override;
  QuotaUse GetQuotaUse(absl::string_view agreement) const override;
  std::vector<std::string> SpentReservations(absl::string_view key_id,
                                             size_t count_max) const override;
  Comparison CompareDigest(uint64_t command_offset,
                           absl::string_view digest) const override;

 private:
  Store* const store_;
  const LimitsOf limits_of_;
  const std::function<absl::Time()> log_time_;

  // Synchronizes itself.
  Listeners<const LoggedNotice&> listeners_;

  mutable Mutex mutex_;
  NoticeBook book_ ABSL_GUARDED_BY(mutex_);
  // By offset of the command; the newest ones.
  std::deque<std::pair<int64_t, crypto::Digest>> digests_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_APPLIED_NOTICES_H_
