// Step 2 of a delivery: is this message what its department published, here,
// now?
#ifndef SLUICE_LIBS_DELIVERY_BATCH_VERIFIER_H_
#define SLUICE_LIBS_DELIVERY_BATCH_VERIFIER_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event_log.h"
#include "libs/records/envelope.h"
#include "libs/registry/registry.h"

namespace sluice::delivery {

// Follows the chain of one partition. Not thread-safe.
class BatchVerifier {
 public:
  // Longest wait for the registry to bring a key that a message names.
  static constexpr absl::Duration kKeyWait = absl::Seconds(30);

  // `registry` and `rejected`, which counts rejected messages, must outlive
  // this.
  BatchVerifier(std::string resource, uint32_t partition,
                const registry::Registry* registry,
                std::atomic<uint64_t>* rejected);

  // Before the first Verify: what is known of the place to begin at. The chain
  // goes on from `last`, the message before it, if that is genuine. Unless
  // `after` is 0, sequences up to it are replays and the one behind it is next.
  // Without either, the first message may stand anywhere in the chain.
  void Resume(const std::optional<bus::Message>& last, uint64_t after);

  // The message taken apart, if it is genuine and next in the chain.
  //
  // Nothing, with an alarm in the log, if it is to be passed over: no envelope,
  // forged, replayed, signed by someone who may not publish this, damaged, or
  // under a revoked key. KEY_NOT_YET_KNOWN if it must be asked again with the
  // same message later. CHAIN_BROKEN if a genuine message is missing before it:
  // delivery must stop.
  //
  // `known`, if not null, is what these very bytes were opened to before, when
  // their signature and digest held; that is not looked at again. Everything
  // that may have changed since, or that is this chain's, is.
  //
  // A message that was met when it was new, and is only read again, is passed
  // over without an alarm.
  enum class Met { kNew, kAgain };
  absl::StatusOr<std::optional<records::OpenedEnvelope>> Verify(
      const bus::Message& message,
      const records::OpenedEnvelope* known = nullptr, Met met = Met::kNew);

  // What Verify has met of the chain. Messages under a revoked key that follow
  // each other are links of it, though nothing in them is believed.
  enum class Seen {
    kNothing,
    // Without a gap from some place on, and from the first message on.
    kFromWithin,
    kFromTheFirst,
  };
  Seen seen() const { return seen_; }

 private:
  // Why the key may not have signed this; OK if it may.
  absl::Status CheckPublisher(const registry::KnownKey& key,
                              const records::OpenedEnvelope& envelope) const;
  // OK for the right place, signature and body; `key` is who signed. With
  // `bytes_hold` signature and body are known to be right.
  absl::Status CheckGenuine(const records::OpenedEnvelope& envelope,
                            bool bytes_hold, registry::KeyPtr* key);
  absl::StatusOr<registry::KeyPtr> FindKey(
      const records::OpenedEnvelope& envelope);
  bool IsReplay(uint64_t sequence) const;
  absl::Status CheckFollows(const records::OpenedEnvelope& envelope) const;
  // Of one that follows.
  void NoteSeen(const records::OpenedEnvelope& envelope);
  bool FollowsDisbelieved(const records::OpenedEnvelope& envelope) const;
  // A message under a revoked key, which is passed over: remembers it where the
  // chain may go on behind it.
  void Disbelieve(const records::OpenedEnvelope& envelope);
  void Alarm(const bus::Message& message, const absl::Status& why);

  const std::string resource_;
  const std::string department_;
  const uint32_t partition_;
  const registry::Registry* const registry_;
  std::atomic<uint64_t>* const rejected_;
  // The last message that was believed.
  std::optional<records::ChainHead> head_;
  // While there is none: the sequence before the first; 0 if that is unknown.
  uint64_t after_ = 0;
  // Messages under a revoked key that follow head_. The chain goes on behind
  // them if their department wrote them, and behind head_ if a thief did.
  std::optional<records::ChainHead> disbelieved_;
  Seen seen_ = Seen::kNothing;
  // Since when a key is waited for.
  std::optional<absl::Time> waiting_since_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_BATCH_VERIFIER_H_
