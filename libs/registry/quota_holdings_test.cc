#include "libs/registry/quota_holdings.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

namespace sluice::registry {
namespace {

using Answer = Quota::Answer;

// 2026-03-01 00:10:00 UTC.
absl::Time Start() { return absl::FromUnixSeconds(1'772'323'800); }

// Some brokers and the ledger between them, without a log: reservations arrive
// at once, in the order they are made.
struct Federation {
  Federation(const agreement::v1::Limits& of, size_t brokers) : limits(of) {
    for (size_t i = 0; i < brokers; ++i) {
      holdings.emplace_back(limits, absl::Seconds(10));
    }
  }

  absl::Time LogTime() const { return Start() + passed; }
  absl::Duration Now() const { return absl::Hours(1) + passed; }
  QuotaUse Use() const { return ledger.GetUse("a", LogTime(), limits); }
  static QuotaHolder Self(size_t broker) {
    return {"0123456789abcdef",
            std::string(16, static_cast<char>('a' + broker))};
  }

  void Reserve(size_t broker) {
    auto ask = holdings[broker].Ask(Use(), Self(broker), Now());
    if (!ask.has_value()) return;
    ask->set_agreement("a");
    ask->set_incarnation(Self(broker).incarnation);
    ask->set_number(++number);
    holdings[broker].OnSending(*ask, Now());
    const auto change =
        ledger.Judge(*ask, Self(broker).key_id, LogTime(), &limits);
    ledger.Commit(change);
    holdings[broker].OnGrant(*ask, change.grant, Now(), Now());
    for (size_t i = 0; i < holdings.size(); ++i) {
      if (i != broker) holdings[i].OnLogTime(change.grant.time);
    }
    ++reservations;
  }
  void ReserveAll() {
    for (size_t i = 0; i < holdings.size(); ++i) Reserve(i);
  }
  Answer Take(size_t broker, uint64_t records) {
    return holdings[broker].Take(records, Use(), Now()).answer;
  }

  const agreement::v1::Limits limits;
  QuotaLedger ledger;
  std::vector<QuotaHoldings> holdings;
  absl::Duration passed = absl::ZeroDuration();
  uint64_t number = 0;
  int reservations = 0;
};

agreement::v1::Limits PerDay(uint64_t records) {
  agreement::v1::Limits limits;
  limits.set_records_per_day(records);
  return limits;
}

agreement::v1::Limits PerSecond(uint64_t records) {
  agreement::v1::Limits limits;
  limits.set_records_per_second(records);
  return limits;
}

TEST_CASE("a day's limit is used up to the last record and not further") {
  Federation federation(PerDay(1'000), 1);
  uint64_t taken = 0;
  Answer answer = Answer::kLater;
  while (answer != Answer::kDayUsedUp) {
    answer = federation.Take(0, 7);
    if (answer == Answer::kTaken) taken += 7;
    federation.Reserve(0);
    federation.passed += absl::Milliseconds(1);
    REQUIRE(federation.passed < absl::Minutes(1));
  }
  CHECK(taken == 994);
  CHECK(federation.Take(0, 6) == Answer::kLater);
  federation.Reserve(0);
  CHECK(federation.Take(0, 6) == Answer::kTaken);
  CHECK(federation.Take(0, 1) == Answer::kDayUsedUp);
  CHECK(federation.Take(0, 1'001) == Answer::kDayUsedUp);
  federation.passed += absl::Hours(24);
  CHECK(federation.Take(0, 7) == Answer::kLater);
  federation.Reserve(0);
  CHECK(federation.Take(0, 7) == Answer::kTaken);
}

TEST_CASE("a chunk is not used in the last seconds of its day, nor after it") {
  Federation federation(PerDay(1'000'000), 1);
  CHECK(federation.Take(0, 10) == Answer::kLater);
  federation.Reserve(0);
  CHECK(federation.Take(0, 10) == Answer::kTaken);
  const absl::Time end = QuotaDayEnd(federation.limits, Start());
  federation.passed = end - Start() - absl::Seconds(10);
  CHECK(federation.Take(0, 10) == Answer::kLater);
  federation.passed = end - Start();
  CHECK(federation.Take(0, 10) == Answer::kLater);
}

TEST_CASE("what is taken says for which day it counts") {
  Federation federation(PerDay(1'000), 1);
  CHECK(federation.Take(0, 10) == Answer::kLater);
  federation.Reserve(0);
  const auto taken =
      federation.holdings[0].Take(10, federation.Use(), federation.Now());
  CHECK(taken.answer == Answer::kTaken);
  CHECK(taken.day_end == QuotaDayEnd(federation.limits, Start()));
  // A second has no end that anyone waits for.
  Federation seconds(PerSecond(1'000), 1);
  CHECK(seconds.Take(0, 10) == Answer::kLater);
  seconds.Reserve(0);
  seconds.passed += absl::Seconds(1);
  const auto in_second =
      seconds.holdings[0].Take(10, seconds.Use(), seconds.Now());
  CHECK(in_second.answer == Answer::kTaken);
  CHECK(in_second.day_end == absl::InfiniteFuture());
}

TEST_CASE("a day is not used up while a chunk of it is on its way here") {
  Federation federation(PerDay(100), 1);
  CHECK(federation.Take(0, 100) == Answer::kLater);
  QuotaHoldings& holdings = federation.holdings[0];
  auto ask =
      holdings.Ask(federation.Use(), Federation::Self(0), federation.Now());
  REQUIRE(ask.has_value());
  ask->set_agreement("a");
  ask->set_incarnation(Federation::Self(0).incarnation);
  ask->set_number(1);
  holdings.OnSending(*ask, federation.Now());
  const auto change =
      federation.ledger.Judge(*ask, Federation::Self(0).key_id,
                              federation.LogTime(), &federation.limits);
  federation.ledger.Commit(change);
  // The ledger has nothing left, and what was granted is not here yet.
  CHECK(federation.Take(0, 100) == Answer::kLater);
  // An answer that does not come is not waited for.
  federation.passed += absl::Seconds(6);
  CHECK(federation.Take(0, 100) == Answer::kDayUsedUp);
  holdings.OnGrant(*ask, change.grant, federation.Now(), federation.Now());
  CHECK(federation.Take(0, 100) == Answer::kTaken);
  CHECK(federation.Take(0, 1) == Answer::kDayUsedUp);
}

TEST_CASE("a late answer brings back nothing that was given back since") {
  Federation federation(PerSecond(1'000), 1);
  CHECK(federation.Take(0, 1) == Answer::kLater);
  QuotaHoldings& holdings = federation.holdings[0];
  v1::ReserveQuota first;
  first.set_agreement("a");
  first.set_incarnation(Federation::Self(0).incarnation);
  first.set_number(1);
  first.set_records_per_second(1'000);
  first.set_term_ms(30'000);
  v1::ReserveQuota second = first;
  second.set_number(2);
  second.set_records_per_second(10);
  holdings.OnSending(first, federation.Now());
  holdings.OnSending(second, federation.Now());
  const auto change =
      federation.ledger.Judge(first, Federation::Self(0).key_id,
                              federation.LogTime(), &federation.limits);
  holdings.OnGrant(first, change.grant, federation.Now(), federation.Now());
  holdings.GiveBack(second, federation.Now());
  federation.passed += absl::Seconds(1);
  CHECK(federation.Take(0, 10) == Answer::kTaken);
  CHECK(federation.Take(0, 10) == Answer::kLater);
}

TEST_CASE("chunks grow with the pace, so that reservations stay few") {
  Federation federation(PerDay(1'000'000), 1);
  uint64_t taken = 0;
  while (taken < 900'000) {
    if (federation.Take(0, 100) == Answer::kTaken) taken += 100;
    federation.Reserve(0);
    federation.passed += absl::Milliseconds(1);
    REQUIRE(federation.passed < absl::Minutes(10));
  }
  CHECK(federation.reservations < 60);
}

// The most taken within any span, over what the limit allows in it.
void CheckRate(const std::vector<std::pair<absl::Duration, uint64_t>>& takes,
               uint64_t limit, uint64_t batches) {
  for (size_t i = 0; i < takes.size(); i += 7) {
    uint64_t sum = 0;
    for (size_t j = i; j < takes.size(); ++j) {
      sum += takes[j].second;
      const double span =
          absl::ToDoubleSeconds(takes[j].first - takes[i].first);
      REQUIRE(static_cast<double>(sum) <=
              static_cast<double>(limit) * (span + 2) +
                  static_cast<double>(batches));
    }
  }
}

TEST_CASE("however brokers compete, the rate stays within its bound") {
  std::mt19937 random(20260301);
  Federation federation(PerSecond(1'000), 3);
  std::vector<std::pair<absl::Duration, uint64_t>> takes;
  std::vector<uint64_t> per_broker(3);
  for (int step = 0; step < 12'000; ++step) {
    federation.passed += absl::Milliseconds(10);
    // The third one comes and goes.
    const size_t busy = (step / 2'000) % 2 == 0 ? 2 : 3;
    for (size_t broker = 0; broker < busy; ++broker) {
      const uint64_t records = 1 + random() % 100;
      if (federation.Take(broker, records) == Answer::kTaken) {
        takes.emplace_back(federation.passed, records);
        per_broker[broker] += records;
      }
    }
    if (step % 25 == 0) federation.ReserveAll();
  }
  CheckRate(takes, 1'000, 3 * 100);
  // Two minutes at 1,000 a second, not much of it lost, and fairly shared.
  CHECK(per_broker[0] + per_broker[1] + per_broker[2] > 90'000);
  CHECK(per_broker[0] < 2 * per_broker[1]);
  CHECK(per_broker[1] < 2 * per_broker[0]);
  CHECK(per_broker[2] > 10'000);
  CHECK(federation.reservations < 400);
}

TEST_CASE("more than a second's worth is taken when a full second is there") {
  Federation federation(PerSecond(100), 1);
  CHECK(federation.Take(0, 1'000) == Answer::kLater);
  federation.Reserve(0);
  federation.passed += absl::Milliseconds(999);
  CHECK(federation.Take(0, 1'000) == Answer::kLater);
  federation.passed += absl::Milliseconds(1);
  CHECK(federation.Take(0, 1'000) == Answer::kTaken);
  // Owed: nine seconds and then another.
  federation.passed += absl::Seconds(5);
  federation.Reserve(0);
  federation.passed += absl::Seconds(4);
  CHECK(federation.Take(0, 1) == Answer::kLater);
}

TEST_CASE("a share is not used up to the end of its term") {
  Federation federation(PerSecond(100), 1);
  CHECK(federation.Take(0, 1) == Answer::kLater);
  federation.Reserve(0);
  federation.passed += absl::Seconds(26);
  CHECK(federation.Take(0, 1) == Answer::kTaken);
  federation.passed += absl::Seconds(1);
  CHECK(federation.Take(0, 1) == Answer::kLater);
}

TEST_CASE("a lower limit counts before the share is reserved anew") {
  Federation federation(PerSecond(1'000), 1);
  CHECK(federation.Take(0, 1) == Answer::kLater);
  federation.Reserve(0);
  federation.holdings[0].SetLimits(PerSecond(10), 0);
  federation.passed += absl::Seconds(2);
  CHECK(federation.Take(0, 10) == Answer::kTaken);
  CHECK(federation.Take(0, 10) == Answer::kLater);
}

}  // namespace
}  // namespace sluice::registry
