#include "libs/registry/membership.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/log.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/crypto/random.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/command.h"
#include "libs/registry/notice.h"
#include "libs/registry/peers.h"

namespace sluice::registry {
namespace {

constexpr absl::Duration kLeaseMin = absl::Milliseconds(100);
constexpr int kHeartbeatsPerLease = 5;
constexpr size_t kIncarnationBytes = 16;
constexpr size_t kRootCheckBytesMax = 16;
// Heartbeats on their way; the times of older ones are of no use, for their
// leases are over.
constexpr size_t kSentMax = 64;
// How often who waits for others looks at the clock.
constexpr absl::Duration kLookInterval = absl::Milliseconds(20);
// How long AwaitRespected waits for this broker to apply the command.
constexpr absl::Duration kApplyWait = absl::Seconds(1);

absl::Status LeaseLost(absl::string_view why) {
  return Error(status::v1::REASON_CODE_LEASE_LOST, why);
}

class BrokerMembership : public Membership {
 public:
  explicit BrokerMembership(MembershipOptions options)
      : options_(std::move(options)),
        interval_(options_.lease / kHeartbeatsPerLease),
        self_{options_.key->id(), crypto::RandomBytes(kIncarnationBytes)},
        genesis_digest_(CommandDigest(options_.registry->genesis())),
        started_offset_(options_.registry->status_in_force().applied_offset) {}

  ~BrokerMembership() override { Stop(); }

  absl::Status Begin();

  absl::Status Check() const override;
  absl::StatusOr<std::vector<v1::Confirmation>> AwaitRespected(
      uint64_t offset) override;
  std::vector<v1::BrokerInfo> brokers() const override;
  const std::string& incarnation() const override { return self_.incarnation; }
  std::vector<std::string> diverged() const override;
  void Stop() override;

 private:
  // Another broker of which it is not known yet that it respects a command.
  struct Pending {
    QuotaHolder who;
    std::string address;
    // When the lease runs out that it may have had before the command.
    absl::Duration lease_end;
  };

  // Called by the registry's applying thread.
  void OnNotice(const LoggedNotice& notice);
  void OnCommand(uint64_t offset, const v1::Command& command);

  void Hear(const LoggedNotice& notice, absl::Duration now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LookAtOwnKey();

  // The heartbeat thread.
  void Run();
  void WaitForNext();
  void SendHeartbeat(bool leaving);

  // What of its heartbeats tells it from other incarnations.
  v1::Heartbeat Own() const;

  // Why there is no lease, whatever was sent and read back.
  absl::Status FindObstacle(absl::Duration now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UpdateLease(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // How `pending` respects the command at `offset`; nothing if it does not yet.
  std::optional<v1::Confirmation::How> Judge(const Pending& pending,
                                             uint64_t offset,
                                             absl::Duration now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Pending> FindPending(uint64_t offset, absl::Duration now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  v1::Confirmation Confirm(const QuotaHolder& who, const std::string& address,
                           v1::Confirmation::How how,
                           absl::Duration waited) const;
  std::string HolderOf(const std::string& key_id) const;

  absl::Duration Now() const { return options_.clock->Now(); }

  // Constant after construction.
  const MembershipOptions options_;
  const absl::Duration interval_;
  const QuotaHolder self_;
  const crypto::Digest genesis_digest_;
  const uint64_t started_offset_;

  // Constant after Begin.
  std::unique_ptr<bus::Appender> appender_;
  // The incarnation that had this state folder before; empty if none had.
  std::string predecessor_;
  uint64_t notice_listener_ = 0;
  uint64_t command_listener_ = 0;

  // Boot time until which the lease runs; 0 for none.
  std::atomic<int64_t> lease_end_ns_ = 0;

  mutable Mutex mutex_;
  // Signalled when something was heard.
  CondVar heard_;
  // Signalled when a heartbeat must be sent, or the thread must end.
  CondVar wake_;
  Peers peers_ ABSL_GUARDED_BY(mutex_);
  // By nonce: when it was sent.
  std::map<uint64_t, absl::Duration> sent_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_nonce_ ABSL_GUARDED_BY(mutex_) = 1;
  // Until when heartbeats that were read back give a lease.
  absl::Duration proved_until_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
  bool key_is_active_ ABSL_GUARDED_BY(mutex_) = false;
  // Once set, there is no lease for good.
  absl::Status superseded_ ABSL_GUARDED_BY(mutex_);
  // A command that is to be reported as applied without delay; 0 for none.
  uint64_t prompt_offset_ ABSL_GUARDED_BY(mutex_) = 0;
  bool last_append_failed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  Mutex stop_mutex_;
  std::thread thread_ ABSL_GUARDED_BY(stop_mutex_);
};

absl::Status BrokerMembership::Begin() {
  ASSIGN_OR_RETURN(appender_, options_.log->OpenAppender());
  Notices* notices = options_.registry->notices();
  ASSIGN_OR_RETURN(predecessor_, notices->TakeOver(self_.incarnation));
  notice_listener_ = notices->AddListener(
      [this](const LoggedNotice& notice) { OnNotice(notice); });
  command_listener_ = options_.registry->AddListener(
      [this](uint64_t offset, const v1::Command& command) {
        OnCommand(offset, command);
      });
  for (const LoggedNotice& notice : notices->LastHeartbeats()) {
    OnNotice(notice);
  }
  LookAtOwnKey();
  const MutexLock lock(&stop_mutex_);
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

absl::Status BrokerMembership::Check() const {
  if (absl::ToInt64Nanoseconds(Now()) <
      lease_end_ns_.load(std::memory_order_acquire)) {
    return absl::OkStatus();
  }
  const absl::Duration now = Now();
  const MutexLock lock(&mutex_);
  RETURN_IF_ERROR(FindObstacle(now));
  if (proved_until_ == absl::ZeroDuration()) {
    return LeaseLost(
        "this broker has not yet read a heartbeat of its own back from the "
        "registry topic: retry in a moment; if it stays so, check that it can "
        "write to the bus and read from it");
  }
  return LeaseLost(absl::StrCat(
      "this broker's lease ran out ",
      absl::FormatDuration(
          absl::Trunc(now - proved_until_, absl::Milliseconds(1))),
      " ago, for it cannot write to the registry topic and read back in time: "
      "it delivers again by itself once the bus answers; until then use "
      "another broker"));
}

absl::Status BrokerMembership::FindObstacle(absl::Duration now) const {
  if (stopping_) {
    return LeaseLost("this broker is shutting down: use another one");
  }
  RETURN_IF_ERROR(superseded_);
  if (!key_is_active_) {
    return LeaseLost(
        absl::StrCat("key ", self_.key_id,
                     " is not an active key of a broker: let a security "
                     "officer enrol this broker's key with the role broker"));
  }
  const v1::Heartbeat own = Own();
  for (const auto& [who, peer] : peers_.all()) {
    if (peer.lease_end <= now) continue;
    if (peer.has_diverged) {
      return LeaseLost(absl::StrCat(
          "broker ", who.key_id, " (", peer.last.address(),
          ") reached another state at registry offset ",
          peer.last.command_offset(),
          " than this one: find out which is wrong (the state digest of the "
          "other brokers tells), stop it, and delete its registry folder, "
          "which is rebuilt from the bus"));
    }
    const std::string& root = peer.last.pseudonym_root_check();
    if (IsYounger(own, peer.last) && !root.empty() &&
        !options_.pseudonym_root_check.empty() &&
        root != options_.pseudonym_root_check) {
      return LeaseLost(absl::StrCat(
          "this broker's root of pseudonym keys is not that of broker ",
          who.key_id, " (", peer.last.address(),
          "), which was there before: give this broker the same key files, "
          "or one person has two pseudonyms"));
    }
  }
  return absl::OkStatus();
}

void BrokerMembership::UpdateLease(absl::Duration now) {
  const bool is_free = FindObstacle(now).ok();
  lease_end_ns_.store(is_free ? absl::ToInt64Nanoseconds(proved_until_) : 0,
                      std::memory_order_release);
  heard_.SignalAll();
}

v1::Heartbeat BrokerMembership::Own() const {
  v1::Heartbeat own;
  own.set_incarnation(self_.incarnation);
  own.set_started_offset(started_offset_);
  return own;
}

void BrokerMembership::OnNotice(const LoggedNotice& notice) {
  if (!notice.notice.has_heartbeat()) return;
  const v1::Heartbeat& heartbeat = notice.notice.heartbeat();
  const absl::Duration now = Now();
  // The process that had this folder before is gone, and its lease with it; a
  // heartbeat that it had sent may come after its end.
  const bool is_gone = notice.key_id == self_.key_id && !predecessor_.empty() &&
                       heartbeat.incarnation() == predecessor_;
  const MutexLock lock(&mutex_);
  if (notice.key_id == self_.key_id &&
      heartbeat.incarnation() == self_.incarnation) {
    const auto sent = sent_.find(heartbeat.nonce());
    if (sent != sent_.end()) {
      proved_until_ = std::max(proved_until_, sent->second + options_.lease);
      sent_.erase(sent_.begin(), std::next(sent));
    }
  } else if (!is_gone) {
    Hear(notice, now);
  }
  UpdateLease(now);
}

void BrokerMembership::Hear(const LoggedNotice& notice, absl::Duration now) {
  const v1::Heartbeat& heartbeat = notice.notice.heartbeat();
  const QuotaHolder who{notice.key_id, heartbeat.incarnation()};
  // Offsets tell a heartbeat from before the start that comes twice.
  const Peer* before = peers_.Find(who);
  if (before != nullptr && before->last_offset >= notice.offset) return;
  const bool had_diverged = before != nullptr && before->has_diverged;
  const bool has_diverged =
      options_.registry->notices()->CompareDigest(
          heartbeat.command_offset(), AsView(heartbeat.state_digest())) ==
      Notices::Comparison::kDiffers;
  const Peer& peer =
      peers_.Hear(who, heartbeat, notice.offset, has_diverged, now);
  if (has_diverged && !had_diverged) {
    LogError("brokers have reached different states; neither delivers",
             {{"other", who.key_id},
              {"address", heartbeat.address()},
              {"command_offset", heartbeat.command_offset()}});
  }
  if (who.key_id == self_.key_id && superseded_.ok() &&
      IsYounger(peer.last, Own())) {
    superseded_ = LeaseLost(absl::StrCat(
        "another process with this broker's key ", self_.key_id,
        " started later (", heartbeat.address(),
        "), so this one delivers nothing any more: stop one of the two, and "
        "give every broker a key of its own"));
    LogError("this broker's key is in use by a process that started later",
             {{"key", self_.key_id}, {"address", heartbeat.address()}});
  }
}

void BrokerMembership::OnCommand(uint64_t offset, const v1::Command& command) {
  LookAtOwnKey();
  if (!TakesSomethingAway(command)) return;
  const MutexLock lock(&mutex_);
  prompt_offset_ = std::max(prompt_offset_, offset);
  wake_.SignalAll();
}

void BrokerMembership::LookAtOwnKey() {
  const auto key = options_.registry->GetKey(AsView(self_.key_id));
  const bool is_active = key.ok() && (*key)->info.role() == v1::ROLE_BROKER &&
                         (*key)->info.state() == v1::KEY_STATE_ACTIVE;
  const MutexLock lock(&mutex_);
  if (is_active == key_is_active_) return;
  key_is_active_ = is_active;
  UpdateLease(Now());
  wake_.SignalAll();
}

void BrokerMembership::Run() {
  while (true) {
    bool may_send = false;
    {
      const MutexLock lock(&mutex_);
      if (stopping_) break;
      may_send = key_is_active_ && superseded_.ok();
    }
    if (may_send) SendHeartbeat(false);
    WaitForNext();
  }
  bool may_send = false;
  {
    const MutexLock lock(&mutex_);
    // A bus that took no heartbeat would only hold up the end.
    may_send = key_is_active_ && superseded_.ok() && !last_append_failed_ &&
               next_nonce_ > 1;
  }
  if (may_send) SendHeartbeat(true);
}

void BrokerMembership::WaitForNext() {
  uint64_t prompt = 0;
  {
    const MutexLock lock(&mutex_);
    const bool was_active = key_is_active_;
    bool timed_out = false;
    while (!stopping_ && prompt_offset_ == 0 && !timed_out &&
           key_is_active_ == was_active) {
      timed_out = wake_.WaitFor(&mutex_, interval_);
    }
    prompt = std::exchange(prompt_offset_, 0);
    // Obstacles pass with the time as well.
    UpdateLease(Now());
  }
  // The command is announced while the other listeners are still to hear of it.
  if (prompt > 0) options_.registry->WaitForOffset(prompt, interval_);
}

void BrokerMembership::SendHeartbeat(bool leaving) {
  const RegistryStatus status = options_.registry->status_in_force();
  v1::Notice notice;
  const absl::string_view genesis = crypto::DigestView(genesis_digest_);
  notice.set_genesis_digest(genesis.data(), genesis.size());
  v1::Heartbeat& heartbeat = *notice.mutable_heartbeat();
  heartbeat.set_incarnation(self_.incarnation);
  heartbeat.set_applied_offset(status.applied_offset);
  heartbeat.set_state_digest(status.state_digest.data(),
                             status.state_digest.size());
  heartbeat.set_command_offset(status.command_offset);
  heartbeat.set_lease_ms(
      static_cast<uint32_t>(absl::ToInt64Milliseconds(options_.lease)));
  heartbeat.set_leaving(leaving);
  heartbeat.set_address(options_.address);
  heartbeat.set_pseudonym_root_check(options_.pseudonym_root_check);
  heartbeat.set_started_offset(started_offset_);
  {
    const MutexLock lock(&mutex_);
    heartbeat.set_nonce(next_nonce_);
    // Before it is sent, so that the lease begins no later than that.
    if (!leaving) sent_[next_nonce_] = Now();
    ++next_nonce_;
    if (sent_.size() > kSentMax) sent_.erase(sent_.begin());
  }
  const absl::Status appended =
      appender_->Append(MakeNoticeMessage(notice, *options_.key)).status();
  const MutexLock lock(&mutex_);
  if (!appended.ok() && !last_append_failed_) {
    LogWarning("heartbeat not written", {{"error", appended}});
  } else if (appended.ok() && last_append_failed_) {
    LogInfo("heartbeats are written again");
  }
  last_append_failed_ = !appended.ok();
}

std::vector<BrokerMembership::Pending> BrokerMembership::FindPending(
    uint64_t offset, absl::Duration now) const {
  std::vector<Pending> pending;
  for (const auto& [who, peer] : peers_.all()) {
    // Who was first heard of behind the command had no lease before it.
    const bool may_have_lease = peer.lease_end > now || peer.last.leaving();
    const bool is_recent = now - peer.heard_at < kLeaseMax;
    if (peer.first_offset <= offset && may_have_lease && is_recent) {
      pending.push_back({who, peer.last.address(), peer.lease_end});
    }
  }
  return pending;
}

std::optional<v1::Confirmation::How> BrokerMembership::Judge(
    const Pending& pending, uint64_t offset, absl::Duration now) const {
  const Peer* peer = peers_.Find(pending.who);
  if (peer != nullptr && peer->last.leaving()) return v1::Confirmation::LEFT;
  if (peer != nullptr && peer->last.applied_offset() >= offset) {
    return v1::Confirmation::APPLIED;
  }
  if (now >= pending.lease_end) return v1::Confirmation::LEASE_ENDED;
  return std::nullopt;
}

absl::StatusOr<std::vector<v1::Confirmation>> BrokerMembership::AwaitRespected(
    uint64_t offset) {
  if (!options_.registry->WaitForOffset(offset, kApplyWait)) {
    return LeaseLost(
        "this broker has not applied the command, and so does not know who "
        "respects it: ask another broker with the same bytes");
  }
  struct Respecting {
    Pending who;
    v1::Confirmation::How how;
    absl::Duration waited;
  };
  std::vector<Respecting> respecting;
  const absl::Duration start = Now();
  {
    const MutexLock lock(&mutex_);
    std::vector<Pending> pending = FindPending(offset, start);
    const absl::Duration forgotten_until = peers_.forgotten_until();
    while (true) {
      const absl::Duration now = Now();
      std::erase_if(pending,
                    [&](const Pending& one)
                        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                          const auto how = Judge(one, offset, now);
                          if (how.has_value())
                            respecting.push_back({one, *how, now - start});
                          return how.has_value();
                        });
      if (pending.empty() && now >= forgotten_until) break;
      if (stopping_) {
        return Error(status::v1::REASON_CODE_SHUTTING_DOWN,
                     "this broker is shutting down before it knows that all "
                     "others respect the command, which is in force: submit "
                     "the same bytes again, at another broker");
      }
      heard_.WaitFor(&mutex_, kLookInterval);
    }
    const absl::Duration end = Now();
    for (const auto& [who, peer] : peers_.all()) {
      if (peer.has_diverged && peer.lease_end > end) return FindObstacle(end);
    }
  }
  std::vector<v1::Confirmation> confirmations;
  confirmations.push_back(Confirm(self_, options_.address,
                                  v1::Confirmation::APPLIED,
                                  absl::ZeroDuration()));
  for (const Respecting& one : respecting) {
    confirmations.push_back(
        Confirm(one.who.who, one.who.address, one.how, one.waited));
  }
  return confirmations;
}

v1::Confirmation BrokerMembership::Confirm(const QuotaHolder& who,
                                           const std::string& address,
                                           v1::Confirmation::How how,
                                           absl::Duration waited) const {
  v1::Confirmation confirmation;
  confirmation.set_key_id(who.key_id);
  confirmation.set_holder(HolderOf(who.key_id));
  confirmation.set_address(address);
  confirmation.set_how(how);
  confirmation.set_waited_ms(
      static_cast<uint32_t>(absl::ToInt64Milliseconds(waited)));
  return confirmation;
}

std::string BrokerMembership::HolderOf(const std::string& key_id) const {
  const auto key = options_.registry->GetKey(AsView(key_id));
  return key.ok() ? (*key)->info.holder() : "";
}

std::vector<v1::BrokerInfo> BrokerMembership::brokers() const {
  std::vector<v1::BrokerInfo> infos;
  const RegistryStatus status = options_.registry->status_in_force();
  v1::BrokerInfo& own = infos.emplace_back();
  own.set_key_id(self_.key_id);
  own.set_address(options_.address);
  own.set_applied_offset(status.applied_offset);
  own.set_state_digest(status.state_digest.data(), status.state_digest.size());
  own.set_has_lease(Check().ok());
  {
    const absl::Duration now = Now();
    const MutexLock lock(&mutex_);
    // Of each key the incarnation heard of last.
    std::map<std::string, const Peer*> newest;
    for (const auto& [who, peer] : peers_.all()) {
      const Peer*& shown = newest[who.key_id];
      if (shown == nullptr || peer.last_offset > shown->last_offset) {
        shown = &peer;
      }
    }
    for (const auto& [key_id, peer] : newest) {
      if (key_id == self_.key_id) continue;
      v1::BrokerInfo& info = infos.emplace_back();
      info.set_key_id(key_id);
      info.set_address(peer->last.address());
      info.set_applied_offset(peer->last.applied_offset());
      info.set_state_digest(peer->last.state_digest());
      info.set_silent_ms(static_cast<uint64_t>(
          absl::ToInt64Milliseconds(now - peer->heard_at)));
      info.set_has_lease(peer->lease_end > now && !peer->has_diverged);
    }
  }
  for (v1::BrokerInfo& info : infos) info.set_holder(HolderOf(info.key_id()));
  return infos;
}

std::vector<std::string> BrokerMembership::diverged() const {
  const absl::Duration now = Now();
  std::vector<std::string> keys;
  const MutexLock lock(&mutex_);
  for (const auto& [who, peer] : peers_.all()) {
    if (peer.has_diverged && peer.lease_end > now) keys.push_back(who.key_id);
  }
  return keys;
}

void BrokerMembership::Stop() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
    UpdateLease(Now());
    wake_.SignalAll();
  }
  const MutexLock lock(&stop_mutex_);
  if (!thread_.joinable()) return;
  thread_.join();
  options_.registry->RemoveListener(command_listener_);
  options_.registry->notices()->RemoveListener(notice_listener_);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Membership>> Membership::Start(
    MembershipOptions options) {
  if (options.lease < kLeaseMin || options.lease > kLeaseMax) {
    return FieldError(
        status::v1::REASON_CODE_OUT_OF_BOUNDS, "lease_ms",
        absl::StrCat("a lease is between ", absl::FormatDuration(kLeaseMin),
                     " and ", absl::FormatDuration(kLeaseMax)));
  }
  if (options.pseudonym_root_check.size() > kRootCheckBytesMax) {
    return FieldError(
        status::v1::REASON_CODE_OUT_OF_BOUNDS, "pseudonym_root_check",
        absl::StrCat("it has at most ", kRootCheckBytesMax, " bytes"));
  }
  auto membership = std::make_unique<BrokerMembership>(std::move(options));
  RETURN_IF_ERROR(membership->Begin());
  return std::unique_ptr<Membership>(std::move(membership));
}

}  // namespace sluice::registry
