#include "libs/registry/quota_ledger.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace sluice::registry {
namespace {

// 2026-03-01 00:05:00 UTC.
absl::Time Start() { return absl::FromUnixSeconds(1'772'323'500); }

agreement::v1::Limits MakeLimits(uint64_t day, uint64_t rate, uint32_t streams,
                                 int32_t offset = 0) {
  agreement::v1::Limits limits;
  limits.set_records_per_day(day);
  limits.set_records_per_second(rate);
  limits.set_concurrent_streams(streams);
  limits.set_utc_offset_minutes(offset);
  return limits;
}

v1::ReserveQuota Reserve(int holder, uint64_t number, uint64_t records,
                         uint64_t rate = 0, uint32_t streams = 0) {
  v1::ReserveQuota reservation;
  reservation.set_agreement("a");
  reservation.set_incarnation(std::string(16, static_cast<char>('a' + holder)));
  reservation.set_number(number);
  reservation.set_records(records);
  reservation.set_records_per_second(rate);
  reservation.set_streams(streams);
  reservation.set_term_ms(30'000);
  return reservation;
}

constexpr char kKey[] = "0123456789abcdef";

QuotaGrant Apply(QuotaLedger* ledger, const v1::ReserveQuota& reservation,
                 absl::Time time, const agreement::v1::Limits* limits) {
  const auto change = ledger->Judge(reservation, kKey, time, limits);
  ledger->Commit(change);
  return change.grant;
}

TEST_CASE("records are granted until the day's limit is used up") {
  QuotaLedger ledger;
  const auto limits = MakeLimits(100, 0, 0);
  CHECK(Apply(&ledger, Reserve(0, 1, 60), Start(), &limits).records == 60);
  CHECK(Apply(&ledger, Reserve(1, 1, 60), Start(), &limits).records == 40);
  CHECK(Apply(&ledger, Reserve(0, 2, 1), Start(), &limits).records == 0);
  const auto next =
      Apply(&ledger, Reserve(0, 3, 70), Start() + absl::Hours(24), &limits);
  CHECK(next.records == 70);
}

TEST_CASE("a day begins when the agreement's local time says so") {
  const auto limits = MakeLimits(100, 0, 0, 480);
  // 00:05 UTC is 08:05 there.
  CHECK(QuotaDayEnd(limits, Start()) ==
        absl::FromUnixSeconds(1'772'323'200) + absl::Hours(16));
  QuotaLedger ledger;
  CHECK(Apply(&ledger, Reserve(0, 1, 100), Start(), &limits).records == 100);
  const absl::Time end = QuotaDayEnd(limits, Start());
  CHECK(Apply(&ledger, Reserve(0, 2, 1), end - absl::Nanoseconds(1), &limits)
            .records == 0);
  CHECK(Apply(&ledger, Reserve(0, 3, 1), end, &limits).records == 1);
}

TEST_CASE("time that runs backwards does not open a day again") {
  QuotaLedger ledger;
  const auto limits = MakeLimits(100, 0, 0);
  const absl::Time next = Start() + absl::Hours(24);
  Apply(&ledger, Reserve(0, 1, 80), next, &limits);
  const auto grant = Apply(&ledger, Reserve(1, 1, 80), Start(), &limits);
  CHECK(grant.records == 20);
  CHECK(grant.time == next);
}

TEST_CASE("a lower limit of a new version counts what was granted before") {
  QuotaLedger ledger;
  const auto high = MakeLimits(100, 0, 0);
  const auto low = MakeLimits(50, 0, 0);
  CHECK(Apply(&ledger, Reserve(0, 1, 40), Start(), &high).records == 40);
  CHECK(Apply(&ledger, Reserve(0, 2, 40), Start(), &low).records == 10);
}

TEST_CASE("a share replaces the holder's own and ends with its term") {
  QuotaLedger ledger;
  const auto limits = MakeLimits(0, 100, 3);
  const auto first = Apply(&ledger, Reserve(0, 1, 0, 90, 2), Start(), &limits);
  CHECK(first.records_per_second == 90);
  CHECK(first.until == Start() + absl::Seconds(30));
  const auto second = Apply(&ledger, Reserve(1, 1, 0, 90, 2), Start(), &limits);
  CHECK(second.records_per_second == 10);
  CHECK(second.streams == 1);
  CHECK(Apply(&ledger, Reserve(0, 2, 0, 20, 0), Start(), &limits)
            .records_per_second == 20);
  CHECK(Apply(&ledger, Reserve(1, 2, 0, 90, 3), Start(), &limits)
            .records_per_second == 80);
  CHECK(Apply(&ledger, Reserve(0, 3, 0, 100, 0), Start() + absl::Seconds(30),
              &limits)
            .records_per_second == 100);
}

TEST_CASE("a reservation behind a later one of its author brings nothing") {
  QuotaLedger ledger;
  const auto limits = MakeLimits(100, 100, 0);
  Apply(&ledger, Reserve(0, 2, 0, 50), Start(), &limits);
  const auto late = Apply(&ledger, Reserve(0, 1, 10, 90), Start(), &limits);
  CHECK_FALSE(late.counts);
  CHECK(late.records == 0);
  CHECK(ledger.GetUse("a", Start(), limits)
            .shares.begin()
            ->second.records_per_second == 50);
}

TEST_CASE("where no limits are in force nothing is granted") {
  QuotaLedger ledger;
  CHECK_FALSE(
      Apply(&ledger, Reserve(0, 1, 10, 10, 1), Start(), nullptr).counts);
  CHECK(ledger.account_count() == 0);
}

TEST_CASE("in the first half minute of an hour shares go on and none grows") {
  QuotaLedger ledger;
  const auto limits = MakeLimits(0, 100, 10);
  const absl::Time hour = absl::FromUnixSeconds(1'772'326'800);
  Apply(&ledger, Reserve(0, 1, 0, 60, 4), hour - absl::Seconds(5), &limits);
  v1::ReserveQuota renewal = Reserve(0, 2, 0, 90, 5);
  renewal.mutable_held()->set_records_per_second(60);
  renewal.mutable_held()->set_streams(4);
  renewal.mutable_held()->set_until_unix_ms(
      absl::ToUnixMillis(hour + absl::Seconds(25)));
  const auto renewed =
      Apply(&ledger, renewal, hour + absl::Seconds(5), &limits);
  CHECK(renewed.records_per_second == 60);
  CHECK(renewed.streams == 4);
  // Nothing held: nothing granted.
  CHECK(
      Apply(&ledger, Reserve(1, 1, 0, 90, 5), hour + absl::Seconds(6), &limits)
          .streams == 0);
  // What is held by then only by its own word has run out.
  renewal.set_number(3);
  CHECK(Apply(&ledger, renewal, hour + absl::Seconds(26), &limits).streams ==
        0);
  CHECK(
      Apply(&ledger, Reserve(1, 2, 0, 90, 5), hour + absl::Seconds(30), &limits)
          .streams == 5);
}

TEST_CASE("accounts that count no more go, a few with each reservation") {
  QuotaLedger ledger;
  const auto limits = MakeLimits(100, 0, 0);
  for (int i = 0; i < 20; ++i) {
    v1::ReserveQuota reservation = Reserve(0, 1, 10);
    reservation.set_agreement("a" + std::to_string(i));
    Apply(&ledger, reservation, Start(), &limits);
  }
  CHECK(ledger.account_count() == 20);
  const absl::Time later = Start() + absl::Hours(48);
  for (uint64_t i = 1; i <= 6; ++i) {
    Apply(&ledger, Reserve(0, i, 1), later, &limits);
  }
  CHECK(ledger.account_count() == 1);
}

TEST_CASE("an account is stored and read as it is") {
  QuotaLedger ledger;
  const auto limits = MakeLimits(100, 100, 9);
  Apply(&ledger, Reserve(0, 7, 10, 20, 3), Start(), &limits);
  const auto change =
      ledger.Judge(Reserve(1, 8, 5, 90, 9), kKey, Start(), &limits);
  QuotaAccount account;
  const std::string bytes = SerializeAccount(change.account);
  REQUIRE(ParseAccount(bytes, &account));
  CHECK(account == change.account);
  CHECK_FALSE(ParseAccount(bytes.substr(1), &account));
  CHECK_FALSE(ParseAccount(bytes + "x", &account));
  CHECK_FALSE(ParseAccount("", &account));
}

// An oracle that keeps nothing but what was granted, and adds it up anew.
struct Granted {
  int holder = 0;
  absl::Time time;
  QuotaGrant grant;
  bool is_replaced = false;
};

struct Totals {
  uint64_t records = 0;
  uint64_t rate = 0;
  uint64_t streams = 0;
};

Totals Total(const std::vector<Granted>& granted, absl::Time now,
             absl::Time day_start) {
  Totals totals;
  for (const Granted& one : granted) {
    if (one.time >= day_start) totals.records += one.grant.records;
    if (!one.is_replaced && one.grant.until > now) {
      totals.rate += one.grant.records_per_second;
      totals.streams += one.grant.streams;
    }
  }
  return totals;
}

struct Logged {
  v1::ReserveQuota reservation;
  absl::Time time;
};

// A random day and a half of three holders that know what they hold.
std::vector<Logged> RandomLog(std::mt19937* random,
                              const agreement::v1::Limits& limits) {
  QuotaLedger ledger;
  std::vector<Logged> log;
  std::vector<Granted> granted;
  std::map<int, QuotaGrant> held;
  absl::Time now = Start();
  uint64_t number = 0;
  while (now < Start() + absl::Hours(36)) {
    now += absl::Seconds(1 + static_cast<int>((*random)() % 40));
    const int holder = static_cast<int>((*random)() % 3);
    v1::ReserveQuota reservation =
        Reserve(holder, ++number, (*random)() % 20, (*random)() % 120,
                static_cast<uint32_t>((*random)() % 6));
    const QuotaGrant& holds = held[holder];
    if (holds.counts && holds.until > now) {
      auto* claim = reservation.mutable_held();
      claim->set_records_per_second(holds.records_per_second);
      claim->set_streams(holds.streams);
      claim->set_until_unix_ms(absl::ToUnixMillis(holds.until));
    }
    const QuotaGrant grant = Apply(&ledger, reservation, now, &limits);
    for (Granted& one : granted) {
      one.is_replaced = one.is_replaced || one.holder == holder;
    }
    held[holder] = grant;
    granted.push_back({holder, now, grant});
    log.push_back({reservation, now});
    const Totals totals = Total(granted, now, grant.day_end - absl::Hours(24));
    REQUIRE(totals.records <= limits.records_per_day());
    REQUIRE(totals.rate <= limits.records_per_second());
    REQUIRE(totals.streams <= limits.concurrent_streams());
  }
  return log;
}

TEST_CASE("whatever is asked for, no limit is ever exceeded") {
  std::mt19937 random(20260301);
  for (int round = 0; round < 3; ++round) {
    RandomLog(&random, MakeLimits(5'000, 200, 7, round * 333));
  }
}

TEST_CASE("what is long over may be gone from the log, and grants are equal") {
  std::mt19937 random(7);
  const auto limits = MakeLimits(5'000, 200, 7, 480);
  const std::vector<Logged> log = RandomLog(&random, limits);
  QuotaLedger whole;
  std::vector<QuotaGrant> grants;
  for (const Logged& logged : log) {
    grants.push_back(Apply(&whole, logged.reservation, logged.time, &limits));
  }
  // Gone is what its author removes: share and no records, hours ago; all of a
  // day that is over.
  const absl::Time read_at = Start() + absl::Hours(30);
  const absl::Time day_start = QuotaDayEnd(limits, read_at) - absl::Hours(24);
  const absl::Time hour_start = read_at - absl::Hours(1);
  QuotaLedger partial;
  int compared = 0;
  for (size_t i = 0; i < log.size(); ++i) {
    const bool counts_for_day =
        log[i].time >= day_start && grants[i].records > 0;
    if (log[i].time < hour_start && !counts_for_day) continue;
    const QuotaGrant grant =
        Apply(&partial, log[i].reservation, log[i].time, &limits);
    if (log[i].time < read_at) continue;
    ++compared;
    REQUIRE(grant.records == grants[i].records);
    REQUIRE(grant.records_per_second == grants[i].records_per_second);
    REQUIRE(grant.streams == grants[i].streams);
  }
  CHECK(compared > 100);
}

}  // namespace
}  // namespace sluice::registry
