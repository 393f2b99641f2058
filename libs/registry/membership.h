// One broker among the others: its heartbeats and its lease, and what is known
// of the others'.
//
// Every `lease / 5` a broker appends a heartbeat with a nonce to the registry's
// log. When it reads its own back it has applied all that stands before it; its
// lease runs from when it *sent* it. A heartbeat also says how far its sender
// has applied the log, and is sent at once when a command was applied that
// takes something away.
//
// So a command that takes something away is respected everywhere once, for each
// broker heard of, a heartbeat says that it has applied the command, or the
// lease of its last heartbeat before the command has run out, counted from when
// it was read here, which is later than when it was sent. A broker that was not
// heard of before the command has its first lease from a heartbeat behind it,
// and has applied the command by then.
//
// Time is the machine's boot-time clock, which goes on while a process or a
// machine is stopped; no clock is compared with another machine's.
//
// A process that starts anew is another incarnation: one that is gone may have
// left a lease, and may only be stopped. Heartbeats are therefore told apart by
// key and incarnation, also those that the registry had applied before this
// process started.
//
// There is no lease either
// - for good, once a younger incarnation under the same key was heard of: two
//   processes have one key, and the older of them ends;
// - while a broker is there whose state digest differs at the same command.
//   One of the two is wrong and neither can know which, so both stop: to
//   deliver less than agreed can be made good, to deliver more cannot;
// - while an older incarnation is there that has another root of pseudonym
//   keys: one person would have two pseudonyms.
#ifndef SLUICE_LIBS_REGISTRY_MEMBERSHIP_H_
#define SLUICE_LIBS_REGISTRY_MEMBERSHIP_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event_log.h"
#include "libs/crypto/ed25519.h"
#include "libs/registry/boot_clock.h"
#include "libs/registry/lease.h"
#include "libs/registry/registry.h"
#include "sluice/registry/v1/registry_service.pb.h"

namespace sluice::registry {

inline constexpr absl::Duration kLeaseDefault = absl::Seconds(10);
inline constexpr absl::Duration kLeaseMax = absl::Seconds(60);

struct MembershipOptions {
  // These outlive the membership.
  Registry* registry = nullptr;
  bus::EventLog* log = nullptr;
  // Enrolled with the role broker; no other process uses it. Until it is
  // enrolled there is no lease.
  const crypto::SigningKey* key = nullptr;
  // Where clients reach this broker; for people.
  std::string address;
  absl::Duration lease = kLeaseDefault;
  // A digest of the root of the pseudonym keys; others with another root are
  // noticed, and then there is no lease. At most 16 bytes; empty is compared
  // with nothing.
  std::string pseudonym_root_check;
  const BootClock* clock = BootClock::System();
};

// Thread-safe.
class Membership : public Lease {
 public:
  // Starts the heartbeats; the first lease comes a moment later. A command is
  // reported as applied once all listeners of the registry were told of it, so
  // what delivers closes what a command forbids in a listener. OUT_OF_BOUNDS,
  // STORAGE_FAILED.
  static absl::StatusOr<std::unique_ptr<Membership>> Start(
      MembershipOptions options);

  // Returns when no broker starts another write that a command at or before
  // `offset` forbids, and says of each that could have how that came; this
  // broker stands first. At most kLeaseMax and a second. LEASE_LOST if this
  // broker does not know: it has not applied `offset`, or its state differs
  // from another's; SHUTTING_DOWN. The command itself is in force all the same.
  virtual absl::StatusOr<std::vector<v1::Confirmation>> AwaitRespected(
      uint64_t offset) = 0;

  // This broker first, then the others by key.
  virtual std::vector<v1::BrokerInfo> brokers() const = 0;

  // Of this process's heartbeats: 16 bytes, for QuotaOptions.
  virtual const std::string& incarnation() const = 0;

  // Key ids of brokers whose state digest differed from this one's when they
  // were last heard of, as long as their lease may run.
  virtual std::vector<std::string> diverged() const = 0;

  // Says that this broker leaves: it has no lease from here on. Nothing it has
  // allowed may still be about to start, so stop what delivers first. Waits for
  // an append that is under way.
  virtual void Stop() = 0;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_MEMBERSHIP_H_
