// What brokers tell each other through the registry's log, as a registry hands
// it on to those who act on it.
#ifndef SLUICE_LIBS_REGISTRY_NOTICES_H_
#define SLUICE_LIBS_REGISTRY_NOTICES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/quota_ledger.h"
#include "sluice/registry/v1/notice.pb.h"

namespace sluice::registry {

// A notice that holds, as it stands in the log.
struct LoggedNotice {
  uint64_t offset = 0;
  // Who signed it.
  std::string key_id;
  v1::Notice notice;
  // Of a reservation.
  QuotaGrant grant;
};

// Heartbeats of which a registry keeps the last, one for each incarnation. Far
// more brokers than there ever are at once; the one heard of longest ago goes.
inline constexpr size_t kHeartbeatsKeptMax = 1'024;

// Thread-safe.
class Notices {
 public:
  virtual ~Notices() = default;

  // `listener` is called for every notice that is applied from now on, in
  // order, from the applying thread, when everything that stands before the
  // notice is applied and every listener was told of it. It must not block for
  // long. Returns an id for RemoveListener, after which it is not called.
  using Listener = std::function<void(const LoggedNotice&)>;
  virtual uint64_t AddListener(Listener listener) = 0;
  virtual void RemoveListener(uint64_t id) = 0;

  // The last heartbeat of each incarnation that was heard of in about a day,
  // also before this process started, in order of offset. Whoever adds a
  // listener first and then asks misses none.
  virtual std::vector<LoggedNotice> LastHeartbeats() const = 0;

  // Says that this process is `incarnation`, and returns the one that said so
  // before of the same state folder; empty if none did. That one is gone: two
  // processes cannot have the folder open. STORAGE_FAILED.
  virtual absl::StatusOr<std::string> TakeOver(
      const std::string& incarnation) = 0;

  // What reservations have taken of this agreement's limits, as of the log's
  // time.
  virtual QuotaUse GetQuotaUse(absl::string_view agreement) const = 0;

  // Keys of up to `count_max` messages whose reservations are of no use any
  // more by the time of the latest reservation: those of `key_id`, and later
  // those of everyone, for a broker may never come back.
  virtual std::vector<std::string> SpentReservations(
      absl::string_view key_id, size_t count_max) const = 0;

  enum class Comparison { kSame, kDiffers, kUnknown };
  // Whether another's state digest behind the command at this offset, which is
  // applied here, is the one found here. kUnknown for a command long ago.
  virtual Comparison CompareDigest(uint64_t command_offset,
                                   absl::string_view digest) const = 0;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_NOTICES_H_
