#include "libs/registry/peers.h"

#include <algorithm>
#include <tuple>

#include "libs/registry/notices.h"

namespace sluice::registry {
namespace {

// How long after its lease a broker is still shown as silent.
constexpr absl::Duration kShownAfterLease = absl::Hours(1);

}  // namespace

bool IsYounger(const v1::Heartbeat& a, const v1::Heartbeat& b) {
  return std::make_tuple(a.started_offset(), a.incarnation()) >
         std::make_tuple(b.started_offset(), b.incarnation());
}

const Peer& Peers::Hear(const QuotaHolder& who, const v1::Heartbeat& heartbeat,
                        uint64_t offset, bool has_diverged,
                        absl::Duration now) {
  const auto found = peers_.find(who);
  if (found == peers_.end()) MakeRoom(now);
  Peer& peer = peers_[who];
  if (found == peers_.end() && heartbeat.nonce() == 1) {
    peer.first_offset = offset;
  }
  // A later heartbeat never makes the time shorter that earlier ones gave.
  peer.lease_end =
      heartbeat.leaving()
          ? now
          : std::max(peer.lease_end,
                     now + absl::Milliseconds(heartbeat.lease_ms()));
  peer.last = heartbeat;
  peer.last_offset = offset;
  peer.heard_at = now;
  peer.has_diverged = has_diverged;
  return peer;
}

const Peer* Peers::Find(const QuotaHolder& who) const {
  const auto found = peers_.find(who);
  return found == peers_.end() ? nullptr : &found->second;
}

void Peers::MakeRoom(absl::Duration now) {
  std::erase_if(peers_, [now](const auto& entry) {
    return entry.second.lease_end + kShownAfterLease < now;
  });
  if (peers_.size() < kHeartbeatsKeptMax) return;
  const auto first = std::min_element(
      peers_.begin(), peers_.end(), [](const auto& a, const auto& b) {
        return a.second.lease_end < b.second.lease_end;
      });
  forgotten_until_ = std::max(forgotten_until_, first->second.lease_end);
  peers_.erase(first);
}

}  // namespace sluice::registry
