// What a broker knows of the others from their heartbeats.
#ifndef SLUICE_LIBS_REGISTRY_PEERS_H_
#define SLUICE_LIBS_REGISTRY_PEERS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/registry/quota_ledger.h"
#include "sluice/registry/v1/notice.pb.h"

namespace sluice::registry {

// One incarnation of a broker. Times are the local boot clock's.
struct Peer {
  v1::Heartbeat last;
  // Of the first heartbeat; 0 if it is not known, for an earlier one may have
  // been missed.
  uint64_t first_offset = 0;
  uint64_t last_offset = 0;
  absl::Duration heard_at;
  // It has no lease from here on unless another heartbeat comes.
  absl::Duration lease_end;
  // Its state differed from the local one.
  bool has_diverged = false;
};

// Whether incarnation `a` started after `b`. A strict order of all that differ,
// made of what each says of itself in every heartbeat and never changes: so all
// who compare two of them, they themselves too, at whatever time and whichever
// heartbeats they have missed, find the same one the younger. Who had applied
// more of the log when it started is; a process reads the heartbeats that stand
// in the log before it sends its own, so only two that start in the same moment
// have applied the same, and of these neither has a better claim: the order of
// their incarnations, which are random, decides.
bool IsYounger(const v1::Heartbeat& a, const v1::Heartbeat& b);

// Not thread-safe.
class Peers {
 public:
  using Map = std::map<QuotaHolder, Peer>;

  // Takes in a heartbeat that was read at `now`. Those who have been silent
  // long after their lease are forgotten as others come.
  const Peer& Hear(const QuotaHolder& who, const v1::Heartbeat& heartbeat,
                   uint64_t offset, bool has_diverged, absl::Duration now);

  // Null if unknown.
  const Peer* Find(const QuotaHolder& who) const;
  const Map& all() const { return peers_; }

  // Until then someone may have a lease who had to be forgotten, because there
  // were more than kHeartbeatsKeptMax.
  absl::Duration forgotten_until() const { return forgotten_until_; }

 private:
  void MakeRoom(absl::Duration now);

  Map peers_;
  absl::Duration forgotten_until_ = absl::ZeroDuration();
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_PEERS_H_
