// Several brokers on one log, and a boot clock that stands still: what happens
// without Advance happens without waiting for a lease to run out.
#include "libs/registry/membership.h"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/registry/boot_clock.h"
#include "libs/registry/faulty_log.h"
#include "libs/registry/notice.h"
#include "libs/registry/test_bus.h"
#include "libs/registry/test_domain.h"

namespace sluice::registry {
namespace {

using status::v1::REASON_CODE_LEASE_LOST;

constexpr absl::Duration kLease = absl::Milliseconds(100);

// Tells when a thread has asked it for the time.
class WatchedClock : public BootClock {
 public:
  absl::Duration Now() const override {
    const absl::Duration now = clock_.Now();
    const MutexLock lock(&mutex_);
    if (std::this_thread::get_id() == watched_) {
      has_asked_ = true;
      asked_.SignalAll();
    }
    return now;
  }
  void Advance(absl::Duration by) { clock_.Advance(by); }

  // Before this thread does what asks for the time.
  void WatchThisThread() {
    const MutexLock lock(&mutex_);
    watched_ = std::this_thread::get_id();
    has_asked_ = false;
  }
  void WaitUntilAsked() const {
    const MutexLock lock(&mutex_);
    while (!has_asked_) asked_.Wait(&mutex_);
  }

 private:
  ManualBootClock clock_;
  mutable Mutex mutex_;
  mutable CondVar asked_;
  std::thread::id watched_ ABSL_GUARDED_BY(mutex_);
  mutable bool has_asked_ ABSL_GUARDED_BY(mutex_) = false;
};

bool Eventually(const std::function<bool()>& holds) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!holds()) {
    if (absl::Now() >= deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// A process with a broker in it.
struct Broker {
  Broker(TestBus* bus, const std::string& name, const crypto::SigningKey& own,
         const BootClock* clock, const std::string& root = "root")
      : log(bus->log.get()), key(own) {
    RegistryOptions options = bus->OptionsFor(name);
    options.log = &log;
    auto opened = Registry::Open(options, &bus->domain.genesis);
    REQUIRE(opened.ok());
    registry = *std::move(opened);
    membership_options.registry = registry.get();
    membership_options.log = &log;
    membership_options.key = &key;
    membership_options.address = name + ":1";
    membership_options.lease = kLease;
    membership_options.pseudonym_root_check = root;
    membership_options.clock = clock;
  }
  ~Broker() { Kill(); }

  void Start() {
    auto started = Membership::Start(membership_options);
    REQUIRE(started.ok());
    membership = *std::move(started);
  }
  // Without a word.
  void Kill() {
    log.FailAppends(Error(status::v1::REASON_CODE_STORAGE_FAILED, "killed"));
    if (membership != nullptr) {
      // A heartbeat fails before it stops, so that it does not say that it
      // leaves.
      membership.reset();
    }
    registry.reset();
  }
  bool HasLease() const { return membership->Check().ok(); }

  FaultyLog log;
  const crypto::SigningKey key;
  std::unique_ptr<Registry> registry;
  MembershipOptions membership_options;
  std::unique_ptr<Membership> membership;
};

struct Brokers {
  Brokers() {
    registry = bus.OpenWithAll("outside");
    for (int i = 0; i < 3; ++i) {
      keys.push_back(crypto::SigningKey::Generate());
      TestBus::MustSubmit(
          *registry,
          bus.domain.Sign(EnrolKeyCommand("data-bureau", v1::ROLE_BROKER,
                                          keys.back(), "b" + std::to_string(i)),
                          bus.domain.officer));
    }
  }

  std::unique_ptr<Broker> Open(int number, const std::string& root = "root") {
    return std::make_unique<Broker>(&bus, "broker" + std::to_string(number),
                                    keys[number], &clock, root);
  }
  // With a lease.
  std::unique_ptr<Broker> Start(int number) {
    auto broker = Open(number);
    broker->Start();
    REQUIRE(Eventually([&] { return broker->HasLease(); }));
    return broker;
  }
  // Something that takes something away.
  uint64_t Revoke(Registry& by) {
    const auto key = crypto::SigningKey::Generate();
    TestBus::MustSubmit(
        by, bus.domain.Sign(
                EnrolKeyCommand("grid", v1::ROLE_CONSUMER, key, "someone"),
                bus.domain.officer));
    return TestBus::MustSubmit(by, bus.domain.Sign(RevokeKeyCommand(key.id()),
                                                   bus.domain.officer))
        .offset;
  }

  TestBus bus;
  WatchedClock clock;
  std::unique_ptr<Registry> registry;
  std::vector<crypto::SigningKey> keys;
};

using How = v1::Confirmation::How;

v1::Notice ForgedHeartbeat(Brokers& brokers, uint64_t command_offset) {
  v1::Notice notice;
  notice.set_genesis_digest(
      std::string(crypto::DigestView(brokers.bus.domain.genesis_digest)));
  v1::Heartbeat& heartbeat = *notice.mutable_heartbeat();
  heartbeat.set_incarnation(std::string(16, 'i'));
  heartbeat.set_nonce(1);
  heartbeat.set_applied_offset(command_offset);
  heartbeat.set_command_offset(command_offset);
  heartbeat.set_state_digest(std::string(32, 'x'));
  heartbeat.set_lease_ms(100);
  heartbeat.set_address("wrong:1");
  return notice;
}

// `a` waits for all to respect `offset`, while time goes on until `b` has no
// lease. It does so only once `a` has looked at the clock, and so found whose
// leases it has to wait for.
absl::StatusOr<std::vector<v1::Confirmation>> AwaitPastLease(Brokers& brokers,
                                                             Broker& a,
                                                             Broker& b,
                                                             uint64_t offset) {
  brokers.clock.WatchThisThread();
  std::thread time([&] {
    brokers.clock.WaitUntilAsked();
    while (b.HasLease()) brokers.clock.Advance(absl::Milliseconds(1));
    // Past what others have read of b until now.
    brokers.clock.Advance(2 * kLease);
  });
  auto respected = a.membership->AwaitRespected(offset);
  time.join();
  return respected;
}

// Of the brokers but the one asked, which stands first, by key.
std::vector<How> HowOf(const std::vector<v1::Confirmation>& confirmations,
                       const std::string& asked) {
  REQUIRE_FALSE(confirmations.empty());
  CHECK(confirmations[0].key_id() == asked);
  CHECK(confirmations[0].how() == v1::Confirmation::APPLIED);
  std::vector<How> hows;
  for (size_t i = 1; i < confirmations.size(); ++i) {
    hows.push_back(confirmations[i].how());
  }
  return hows;
}

TEST_CASE("a broker has a lease once it has read its own heartbeat back") {
  Brokers brokers;
  const auto broker = brokers.Start(0);
  const auto known = broker->membership->brokers();
  REQUIRE(known.size() == 1);
  CHECK(known[0].key_id() == broker->key.id());
  CHECK(known[0].holder() == "b0");
  CHECK(known[0].has_lease());
}

TEST_CASE("a broker whose key is not enrolled has no lease until it is") {
  Brokers brokers;
  const auto key = crypto::SigningKey::Generate();
  Broker broker(&brokers.bus, "new", key, &brokers.clock);
  broker.Start();
  const absl::Status status = broker.membership->Check();
  CHECK(ReasonOf(status) == REASON_CODE_LEASE_LOST);
  CHECK(absl::StrContains(status.message(), "enrol"));
  TestBus::MustSubmit(
      *brokers.registry,
      brokers.bus.domain.Sign(
          EnrolKeyCommand("data-bureau", v1::ROLE_BROKER, key, "new"),
          brokers.bus.domain.officer));
  CHECK(Eventually([&] { return broker.HasLease(); }));
  CHECK(broker.registry->status().foreign_messages == 0);
}

TEST_CASE("a broker that is cut off has no lease when it has run out") {
  Brokers brokers;
  const auto broker = brokers.Start(0);
  broker->log.Cut();
  brokers.clock.Advance(kLease - absl::Nanoseconds(1));
  CHECK(broker->HasLease());
  brokers.clock.Advance(absl::Nanoseconds(1));
  const absl::Status status = broker->membership->Check();
  CHECK(ReasonOf(status) == REASON_CODE_LEASE_LOST);
  CHECK(absl::StrContains(status.message(), "ran out"));
  broker->log.Heal();
  CHECK(Eventually([&] { return broker->HasLease(); }));
}

// As after SIGSTOP: heartbeats that were sent before the stop and are read back
// after it prove nothing about now.
TEST_CASE("a heartbeat that took longer than the lease gives none") {
  Brokers brokers;
  const auto broker = brokers.Start(0);
  broker->log.FailReads(Error(status::v1::REASON_CODE_STORAGE_FAILED, "slow"));
  broker->log.FailAppends(
      Error(status::v1::REASON_CODE_STORAGE_FAILED, "slow"));
  brokers.clock.Advance(kLease);
  CHECK_FALSE(broker->HasLease());
  broker->log.FailReads(absl::OkStatus());
  const int64_t end = brokers.bus.End();
  REQUIRE(broker->registry->WaitForOffset(static_cast<uint64_t>(end - 1),
                                          absl::Seconds(30)));
  CHECK_FALSE(broker->HasLease());
}

TEST_CASE("a revocation is respected as soon as all brokers have applied it") {
  Brokers brokers;
  const auto a = brokers.Start(0);
  const auto b = brokers.Start(1);
  const auto c = brokers.Start(2);
  REQUIRE(Eventually([&] { return a->membership->brokers().size() == 3; }));
  const auto respected =
      a->membership->AwaitRespected(brokers.Revoke(*a->registry));
  REQUIRE(respected.ok());
  CHECK(HowOf(*respected, a->key.id()) ==
        std::vector<How>{v1::Confirmation::APPLIED, v1::Confirmation::APPLIED});
}

TEST_CASE("a revocation waits for the lease of a broker that is cut off") {
  Brokers brokers;
  const auto a = brokers.Start(0);
  const auto b = brokers.Start(1);
  REQUIRE(Eventually([&] { return a->membership->brokers().size() == 2; }));
  b->log.Cut();
  const uint64_t offset = brokers.Revoke(*a->registry);
  const auto respected = AwaitPastLease(brokers, *a, *b, offset);
  CHECK_FALSE(b->HasLease());
  REQUIRE(respected.ok());
  CHECK(HowOf(*respected, a->key.id()) ==
        std::vector<How>{v1::Confirmation::LEASE_ENDED});
}

TEST_CASE("a broker that left in good order is not waited for") {
  Brokers brokers;
  const auto a = brokers.Start(0);
  const auto b = brokers.Start(1);
  REQUIRE(Eventually([&] { return a->membership->brokers().size() == 2; }));
  b->membership->Stop();
  CHECK(ReasonOf(b->membership->Check()) == REASON_CODE_LEASE_LOST);
  const auto respected =
      a->membership->AwaitRespected(brokers.Revoke(*a->registry));
  REQUIRE(respected.ok());
  CHECK(HowOf(*respected, a->key.id()) ==
        std::vector<How>{v1::Confirmation::LEFT});
  CHECK_FALSE(a->membership->brokers()[1].has_lease());
}

TEST_CASE("who starts anew waits for leases that began before") {
  Brokers brokers;
  auto a = brokers.Start(0);
  const auto b = brokers.Start(1);
  REQUIRE(Eventually([&] { return a->membership->brokers().size() == 2; }));
  b->log.Cut();
  a->Kill();
  a = brokers.Open(0);
  a->Start();
  REQUIRE(Eventually([&] { return a->HasLease(); }));
  const uint64_t offset = brokers.Revoke(*a->registry);
  const auto respected = AwaitPastLease(brokers, *a, *b, offset);
  CHECK_FALSE(b->HasLease());
  REQUIRE(respected.ok());
  bool names_b = false;
  for (const auto& one : *respected) {
    names_b = names_b || (one.key_id() == b->key.id() &&
                          one.how() == v1::Confirmation::LEASE_ENDED);
  }
  CHECK(names_b);
}

TEST_CASE("who starts anew does not wait for itself") {
  Brokers brokers;
  auto a = brokers.Start(0);
  a->Kill();
  a = brokers.Start(0);
  const auto respected =
      a->membership->AwaitRespected(brokers.Revoke(*a->registry));
  REQUIRE(respected.ok());
  CHECK(respected->size() == 1);
}

TEST_CASE("of two processes with one key the older stops for good") {
  Brokers brokers;
  const auto older = brokers.Start(0);
  Broker younger(&brokers.bus, "copy", brokers.keys[0], &brokers.clock);
  younger.Start();
  REQUIRE(Eventually([&] { return younger.HasLease(); }));
  REQUIRE(Eventually([&] { return !older->HasLease(); }));
  CHECK(absl::StrContains(older->membership->Check().message(), "copy:1"));
  younger.membership->Stop();
  brokers.clock.Advance(2 * kLease);
  CHECK_FALSE(older->HasLease());
}

TEST_CASE("of two processes with one key that start at once one stops") {
  Brokers brokers;
  const auto a = brokers.Open(0);
  Broker b(&brokers.bus, "copy", brokers.keys[0], &brokers.clock);
  // Neither has heard of the other when it starts.
  const absl::Status away =
      Error(status::v1::REASON_CODE_STORAGE_FAILED, "the bus is away");
  a->log.FailAppends(away);
  b.log.FailAppends(away);
  a->Start();
  b.Start();
  const bool a_is_younger =
      a->membership->incarnation() > b.membership->incarnation();
  Broker& younger = a_is_younger ? *a : b;
  Broker& older = a_is_younger ? b : *a;
  younger.log.Heal();
  older.log.Heal();
  REQUIRE(Eventually([&] {
    return absl::StrContains(older.membership->Check().message(),
                             "started later");
  }));
  REQUIRE(Eventually([&] { return younger.HasLease(); }));
  // It has heard of the other by then, and goes on.
  for (int i = 0; i < 10; ++i) {
    brokers.clock.Advance(kLease);
    REQUIRE(Eventually([&] { return younger.HasLease(); }));
    CHECK_FALSE(older.HasLease());
  }
}

TEST_CASE("a heartbeat that comes after its sender's end stops nobody") {
  Brokers brokers;
  auto a = brokers.Start(0);
  v1::Notice late = ForgedHeartbeat(brokers, 0);
  late.mutable_heartbeat()->set_incarnation(a->membership->incarnation());
  late.mutable_heartbeat()->set_nonce(1'000'000);
  // As young as can be.
  late.mutable_heartbeat()->set_started_offset(1'000'000);
  a->Kill();
  a = brokers.Start(0);
  const auto appender = brokers.bus.log->OpenAppender();
  const auto offset =
      (*appender)->Append(MakeNoticeMessage(late, brokers.keys[0]));
  REQUIRE(offset.ok());
  REQUIRE(a->registry->WaitForOffset(static_cast<uint64_t>(*offset),
                                     absl::Seconds(30)));
  CHECK(a->HasLease());
  CHECK(a->registry->status().foreign_messages == 0);
  brokers.clock.Advance(kLease);
  CHECK(Eventually([&] { return a->HasLease(); }));
}

TEST_CASE("of two brokers with different pseudonym roots the younger waits") {
  Brokers brokers;
  const auto older = brokers.Start(0);
  const auto younger = brokers.Open(1, "other");
  younger->Start();
  REQUIRE(Eventually([&] {
    return absl::StrContains(younger->membership->Check().message(),
                             "pseudonym");
  }));
  REQUIRE(Eventually([&] { return older->membership->brokers().size() == 2; }));
  CHECK(older->HasLease());
  older->membership->Stop();
  CHECK(Eventually([&] { return younger->HasLease(); }));
}

TEST_CASE("brokers that reached different states do not deliver") {
  Brokers brokers;
  const auto a = brokers.Start(0);
  const uint64_t offset = brokers.Revoke(*a->registry);
  const bus::Outgoing forged =
      MakeNoticeMessage(ForgedHeartbeat(brokers, offset), brokers.keys[2]);
  const auto appender = brokers.bus.log->OpenAppender();
  REQUIRE((*appender)->Append(forged).ok());
  REQUIRE(Eventually([&] { return !a->HasLease(); }));
  CHECK(absl::StrContains(a->membership->Check().message(), "wrong:1"));
  CHECK(a->membership->diverged() ==
        std::vector<std::string>{brokers.keys[2].id()});
  CHECK_FALSE(a->membership->AwaitRespected(offset).ok());
  // Once it is gone the others go on.
  brokers.clock.Advance(kLease);
  CHECK(Eventually([&] { return a->HasLease(); }));
  CHECK(a->membership->diverged().empty());
}

TEST_CASE("a broker whose key is revoked stops, and its lease runs out") {
  Brokers brokers;
  const auto a = brokers.Start(0);
  const auto b = brokers.Start(1);
  REQUIRE(Eventually([&] { return a->membership->brokers().size() == 2; }));
  const uint64_t offset =
      TestBus::MustSubmit(*a->registry,
                          brokers.bus.domain.Sign(RevokeKeyCommand(b->key.id()),
                                                  brokers.bus.domain.officer))
          .offset;
  REQUIRE(b->registry->WaitForOffset(offset, absl::Seconds(30)));
  CHECK_FALSE(b->HasLease());
  brokers.clock.Advance(2 * kLease);
  const auto respected = a->membership->AwaitRespected(offset);
  REQUIRE(respected.ok());
  // Its last word is long ago by then.
  for (const How how : HowOf(*respected, a->key.id())) {
    CHECK(how == v1::Confirmation::LEASE_ENDED);
  }
}

TEST_CASE("notices that do not hold are foreign, and removals are nothing") {
  Brokers brokers;
  const auto appender = brokers.bus.log->OpenAppender();
  const v1::Notice notice = ForgedHeartbeat(brokers, 3);
  const auto append = [&](bus::Outgoing message) {
    const auto offset = (*appender)->Append(message);
    REQUIRE(offset.ok());
    REQUIRE(brokers.registry->WaitForOffset(static_cast<uint64_t>(*offset),
                                            absl::Seconds(30)));
    return brokers.registry->status().foreign_messages;
  };
  const RegistryStatus before = brokers.registry->status();
  // Not a broker's key; another trust domain's; out of bounds; another's place.
  CHECK(append(MakeNoticeMessage(notice, brokers.bus.domain.officer)) == 1);
  v1::Notice other = notice;
  other.set_genesis_digest(std::string(32, 'g'));
  CHECK(append(MakeNoticeMessage(other, brokers.keys[0])) == 2);
  other = notice;
  other.mutable_heartbeat()->set_lease_ms(60'001);
  CHECK(append(MakeNoticeMessage(other, brokers.keys[0])) == 3);
  bus::Outgoing moved = MakeNoticeMessage(notice, brokers.keys[0]);
  moved.key = "broker/" + brokers.keys[1].id();
  CHECK(append(moved) == 4);
  CHECK(append(MakeNoticeRemoval("quota/nobody's")) == 4);
  CHECK(append(MakeNoticeMessage(notice, brokers.keys[0])) == 4);
  // Once more: it says nothing new.
  CHECK(append(MakeNoticeMessage(notice, brokers.keys[0])) == 5);
  CHECK(brokers.registry->status().state_digest == before.state_digest);
  CHECK(brokers.registry->notices()->LastHeartbeats().size() == 1);
}

}  // namespace
}  // namespace sluice::registry
