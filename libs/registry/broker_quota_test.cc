// Several brokers' quotas on one log.
#include "libs/registry/broker_quota.h"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/crypto/random.h"
#include "libs/registry/boot_clock.h"
#include "libs/registry/faulty_log.h"
#include "libs/registry/notice.h"
#include "libs/registry/test_bus.h"
#include "libs/registry/test_domain.h"

namespace sluice::registry {
namespace {

using Answer = Quota::Answer;

// A process with a quota in it.
struct Broker {
  // `ahead`: how far this machine's clock is before the bus's.
  Broker(TestBus* bus, const std::string& name, const crypto::SigningKey& own,
         ManualBootClock* boot_clock, absl::Duration ahead)
      : log(bus->log.get()),
        key(own),
        clock(boot_clock),
        local_clock(bus->clock.Now() + ahead) {
    RegistryOptions options = bus->OptionsFor(name);
    options.log = &log;
    options.clock = &local_clock;
    auto opened = Registry::Open(options, &bus->domain.genesis);
    REQUIRE(opened.ok());
    registry = *std::move(opened);
    QuotaOptions quota_options;
    quota_options.registry = registry.get();
    quota_options.log = &log;
    quota_options.key = &key;
    quota_options.incarnation = crypto::RandomBytes(16);
    quota_options.clock = clock;
    auto started = OpenQuota(quota_options);
    REQUIRE(started.ok());
    quota = *std::move(started);
    quota->SetListener([this](const std::string& agreement) {
      const MutexLock lock(&mutex);
      told += agreement == "health-people" ? 1 : 0;
      changed.SignalAll();
    });
  }
  ~Broker() { quota.reset(); }

  // Asks until the answer is another one than kLater; each time when told to.
  Answer Take(const agreement::v1::Agreement& agreement, uint64_t records) {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (true) {
      int before = 0;
      {
        const MutexLock lock(&mutex);
        before = told;
      }
      const Quota::Taking taking = quota->TakeRecords(agreement, records);
      day_end = taking.day_end;
      if (taking.answer != Answer::kLater) return taking.answer;
      const MutexLock lock(&mutex);
      while (told == before && absl::Now() < deadline) {
        changed.WaitFor(&mutex, absl::Milliseconds(5));
        clock->Advance(absl::Milliseconds(50));
      }
      if (told == before) return Answer::kLater;
    }
  }

  FaultyLog log;
  const crypto::SigningKey key;
  ManualBootClock* const clock;
  ManualClock local_clock;
  // Of the last Take.
  absl::Time day_end;
  Mutex mutex;
  CondVar changed;
  int told ABSL_GUARDED_BY(mutex) = 0;
  std::unique_ptr<Registry> registry;
  std::unique_ptr<Quota> quota;
};

struct Brokers {
  explicit Brokers(const agreement::v1::Limits& limits) {
    registry = bus.OpenWithAll("outside");
    for (int i = 0; i < 2; ++i) {
      keys.push_back(crypto::SigningKey::Generate());
      Send(EnrolKeyCommand("data-bureau", v1::ROLE_BROKER, keys.back()),
           bus.domain.officer);
    }
    Send(PutCommand(PeopleResource()), bus.domain.provider);
    // Ten minutes past the hour.
    bus.clock.Advance(absl::Minutes(10));
    agreement = PeopleAgreement();
    *agreement.mutable_limits() = limits;
    Approve();
  }

  void Send(const v1::Command& command, const crypto::SigningKey& key) {
    TestBus::MustSubmit(*registry, bus.domain.Sign(command, key));
  }
  void Approve() {
    Send(RequestCommand(agreement), bus.domain.consumer);
    Send(ApproveCommand(
             **registry->GetAgreement("health-people", agreement.version())),
         bus.domain.approver);
  }
  std::unique_ptr<Broker> Start(int number,
                                absl::Duration ahead = absl::ZeroDuration()) {
    return std::make_unique<Broker>(&bus, "broker" + std::to_string(number),
                                    keys[number], &clock, ahead);
  }
  // Someone writes to the log, whose time is the bus's, and `broker` reads it.
  void MoveLogTime(absl::Duration by, const Broker& broker) {
    bus.clock.Advance(by);
    Send(EnrolKeyCommand("data-bureau", v1::ROLE_BROKER,
                         crypto::SigningKey::Generate()),
         bus.domain.officer);
    REQUIRE(broker.registry->WaitForOffset(registry->status().applied_offset,
                                           absl::Seconds(30)));
  }

  TestBus bus;
  ManualBootClock clock;
  std::unique_ptr<Registry> registry;
  std::vector<crypto::SigningKey> keys;
  agreement::v1::Agreement agreement;
};

agreement::v1::Limits PerDay(uint64_t records) {
  agreement::v1::Limits limits;
  limits.set_records_per_day(records);
  return limits;
}

agreement::v1::Limits Streams(uint32_t streams) {
  agreement::v1::Limits limits;
  limits.set_concurrent_streams(streams);
  return limits;
}

bool Eventually(const std::function<bool()>& holds) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!holds()) {
    if (absl::Now() >= deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST_CASE("an agreement without limits is not bounded") {
  Brokers brokers(agreement::v1::Limits{});
  const auto broker = brokers.Start(0);
  CHECK(broker->quota->TakeRecords(PeopleAgreement(), 1'000'000'000).answer ==
        Answer::kTaken);
  const auto place =
      broker->quota->TakeStream(PeopleAgreement(), absl::Seconds(1));
  REQUIRE(place.ok());
  CHECK(*place == nullptr);
}

TEST_CASE("two brokers together deliver what a day allows and not more") {
  Brokers brokers(PerDay(400));
  const auto a = brokers.Start(0);
  const auto b = brokers.Start(1);
  uint64_t taken = 0;
  bool a_ends = false;
  bool b_ends = false;
  while (!a_ends || !b_ends) {
    a_ends = a_ends || a->Take(brokers.agreement, 10) == Answer::kDayUsedUp;
    b_ends = b_ends || b->Take(brokers.agreement, 10) == Answer::kDayUsedUp;
    taken += (a_ends ? 0 : 10) + (b_ends ? 0 : 10);
    REQUIRE(taken <= 400);
  }
  // What neither can make ten of may be left.
  CHECK(taken > 380);
  CHECK(a->quota->TakeRecords(brokers.agreement, 400).answer ==
        Answer::kDayUsedUp);
}

TEST_CASE("a day is counted by the log's clock, not by a broker's") {
  // Hours ahead of the bus, or behind it: to each the log's day is another one
  // than its own.
  const absl::Duration ahead = GENERATE(absl::Hours(30), -absl::Hours(30));
  CAPTURE(ahead / absl::Hours(1));
  Brokers brokers(PerDay(400));
  const auto a = brokers.Start(0);
  const auto b = brokers.Start(1, ahead);
  uint64_t taken = 0;
  while (b->Take(brokers.agreement, 10) == Answer::kTaken) {
    taken += 10;
    REQUIRE(taken <= 200);
    if (taken == 200) break;
  }
  // Nothing that b reserved is lost to it.
  CHECK(taken == 200);
  while (a->Take(brokers.agreement, 10) == Answer::kTaken) {
    taken += 10;
    REQUIRE(taken <= 400);
  }
  while (b->Take(brokers.agreement, 10) == Answer::kTaken) {
    taken += 10;
    REQUIRE(taken <= 400);
  }
  CHECK(taken > 380);
  // Midnight by a local clock is none.
  b->local_clock.Advance(absl::Hours(24));
  CHECK(b->quota->TakeRecords(brokers.agreement, 10).answer != Answer::kTaken);
  const absl::Time before =
      QuotaDayEnd(brokers.agreement.limits(), brokers.bus.clock.Now());
  brokers.MoveLogTime(before - brokers.bus.clock.Now(), *b);
  CHECK(b->Take(brokers.agreement, 10) == Answer::kTaken);
}

TEST_CASE("what was taken may be sent until a lease before the day is over") {
  Brokers brokers(PerDay(400));
  const auto a = brokers.Start(0, absl::Hours(30));
  REQUIRE(a->Take(brokers.agreement, 10) == Answer::kTaken);
  const absl::Time day_end = a->day_end;
  CHECK(day_end ==
        QuotaDayEnd(brokers.agreement.limits(), brokers.bus.clock.Now()));
  CHECK(a->quota->DayLasts(day_end));
  CHECK(a->quota->DayLasts(absl::InfiniteFuture()));
  brokers.MoveLogTime(
      day_end - brokers.bus.clock.Now() - kLeaseDefault - absl::Seconds(1), *a);
  CHECK(a->quota->DayLasts(day_end));
  brokers.MoveLogTime(absl::Seconds(1), *a);
  CHECK_FALSE(a->quota->DayLasts(day_end));
  CHECK(a->quota->TakeRecords(brokers.agreement, 1).answer == Answer::kLater);
  CHECK(a->quota->DayLasts(absl::InfiniteFuture()));
}

TEST_CASE("a process that starts anew has nothing of the one before") {
  Brokers brokers(PerDay(100));
  auto a = brokers.Start(0);
  REQUIRE(a->Take(brokers.agreement, 60) == Answer::kTaken);
  a.reset();
  // The state that the registry has stored.
  a = brokers.Start(0);
  CHECK(a->Take(brokers.agreement, 41) == Answer::kDayUsedUp);
  CHECK(a->registry->notices()->GetQuotaUse("health-people").records == 60);
  CHECK(a->Take(brokers.agreement, 40) == Answer::kTaken);
  // From the log alone.
  const auto replayed = brokers.bus.Open("replayed");
  CHECK(replayed->notices()->GetQuotaUse("health-people").records == 100);
}

TEST_CASE("streams are refused beyond the limit until one ends") {
  Brokers brokers(Streams(2));
  const auto a = brokers.Start(0);
  const auto b = brokers.Start(1);
  auto first = a->quota->TakeStream(brokers.agreement, absl::Seconds(30));
  REQUIRE(first.ok());
  brokers.clock.Advance(absl::Seconds(1));
  auto second = b->quota->TakeStream(brokers.agreement, absl::Seconds(30));
  REQUIRE(second.ok());
  CHECK((*first)->held());
  CHECK((*second)->held());
  brokers.clock.Advance(absl::Seconds(1));
  CHECK(ReasonOf(a->quota->TakeStream(brokers.agreement, absl::Seconds(30))
                     .status()) == status::v1::REASON_CODE_LIMIT_REACHED);
  second->reset();
  CHECK(Eventually([&] {
    brokers.clock.Advance(absl::Milliseconds(250));
    second = a->quota->TakeStream(brokers.agreement, absl::Seconds(30));
    return second.ok();
  }));
}

TEST_CASE("a place that cannot be renewed is lost before its term is over") {
  Brokers brokers(Streams(2));
  const auto a = brokers.Start(0);
  const auto place = a->quota->TakeStream(brokers.agreement, absl::Seconds(30));
  REQUIRE(place.ok());
  a->log.Cut();
  brokers.clock.Advance(absl::Seconds(26));
  CHECK((*place)->held());
  brokers.clock.Advance(absl::Seconds(1));
  CHECK_FALSE((*place)->held());
  CHECK_FALSE(
      a->quota->TakeStream(brokers.agreement, absl::Milliseconds(10)).ok());
}

TEST_CASE("a place is renewed while it is held") {
  Brokers brokers(Streams(1));
  const auto a = brokers.Start(0);
  const auto place = a->quota->TakeStream(brokers.agreement, absl::Seconds(30));
  REQUIRE(place.ok());
  for (int i = 0; i < 5; ++i) {
    const uint64_t before = a->registry->status().applied_offset;
    brokers.clock.Advance(absl::Seconds(16));
    brokers.bus.clock.Advance(absl::Seconds(16));
    REQUIRE(Eventually([&] {
      return a->registry->status_in_force().applied_offset > before;
    }));
    REQUIRE((*place)->held());
  }
}

TEST_CASE("a lower limit ends the youngest streams at once") {
  Brokers brokers(Streams(3));
  const auto a = brokers.Start(0);
  std::vector<std::unique_ptr<Quota::StreamPlace>> places;
  for (int i = 0; i < 3; ++i) {
    brokers.clock.Advance(absl::Seconds(1));
    auto place = a->quota->TakeStream(brokers.agreement, absl::Seconds(30));
    REQUIRE(place.ok());
    places.push_back(*std::move(place));
  }
  brokers.agreement.set_version(2);
  brokers.agreement.mutable_limits()->set_concurrent_streams(1);
  brokers.Approve();
  REQUIRE(a->registry->WaitForOffset(brokers.registry->status().applied_offset,
                                     absl::Seconds(30)));
  CHECK(places[0]->held());
  CHECK_FALSE(places[1]->held());
  CHECK_FALSE(places[2]->held());
}

TEST_CASE("reservations that are long over are removed") {
  Brokers brokers(PerDay(100));
  const auto a = brokers.Start(0);
  REQUIRE(a->Take(brokers.agreement, 60) == Answer::kTaken);
  CHECK(a->registry->notices()->SpentReservations(a->key.id(), 10).empty());
  brokers.bus.clock.Advance(absl::Hours(49));
  // A clock alone tells nothing.
  CHECK(a->registry->notices()->SpentReservations(a->key.id(), 10).empty());
  brokers.MoveLogTime(absl::ZeroDuration(), *a);
  REQUIRE(a->Take(brokers.agreement, 60) == Answer::kTaken);
  CHECK_FALSE(
      a->registry->notices()->SpentReservations(a->key.id(), 10).empty());
  // Another's are left to it for another day.
  CHECK(a->registry->notices()
            ->SpentReservations(brokers.keys[1].id(), 10)
            .empty());
  brokers.clock.Advance(absl::Minutes(1));
  CHECK(Eventually([&] {
    return a->registry->notices()->SpentReservations(a->key.id(), 10).empty();
  }));
  const auto replayed = brokers.bus.Open("replayed");
  CHECK(replayed->status().foreign_messages == 0);
}

}  // namespace
}  // namespace sluice::registry
