#include "libs/registry/peers.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/registry/notices.h"

namespace sluice::registry {
namespace {

v1::Heartbeat MakeHeartbeat(uint64_t nonce, uint32_t lease_ms = 10'000) {
  v1::Heartbeat heartbeat;
  heartbeat.set_nonce(nonce);
  heartbeat.set_lease_ms(lease_ms);
  return heartbeat;
}

QuotaHolder Who(size_t number) {
  return {"key", std::to_string(1'000'000 + number)};
}

TEST_CASE("a shorter lease does not end an earlier, longer one") {
  Peers peers;
  const absl::Duration start = absl::Hours(1);
  peers.Hear(Who(1), MakeHeartbeat(1), 7, false, start);
  const Peer& peer = peers.Hear(Who(1), MakeHeartbeat(2, 100), 9, false, start);
  CHECK(peer.lease_end == start + absl::Seconds(10));
  CHECK(peer.first_offset == 7);
}

TEST_CASE("of any two incarnations one is the younger, whoever asks") {
  std::vector<v1::Heartbeat> all;
  for (const uint64_t started : {0, 7, 8}) {
    for (const char* incarnation : {"a", "b", "c"}) {
      v1::Heartbeat& one = all.emplace_back(MakeHeartbeat(all.size() + 1));
      one.set_started_offset(started);
      one.set_incarnation(incarnation);
    }
  }
  // In the order of their age, so that it is one order for all of them.
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = 0; j < all.size(); ++j) {
      CAPTURE(i, j);
      CHECK(IsYounger(all[i], all[j]) == (i > j));
    }
  }
}

TEST_CASE("the first heartbeat is not known when an earlier one was missed") {
  Peers peers;
  CHECK(peers.Hear(Who(1), MakeHeartbeat(2), 7, false, absl::Hours(1))
            .first_offset == 0);
}

TEST_CASE(
    "as many brokers are kept as are allowed, and no lease is forgotten") {
  Peers peers;
  absl::Duration now = absl::Hours(1);
  for (size_t i = 0; i < kHeartbeatsKeptMax; ++i) {
    peers.Hear(Who(i), MakeHeartbeat(1), i, false, now);
    now += absl::Milliseconds(1);
  }
  CHECK(peers.forgotten_until() == absl::ZeroDuration());
  peers.Hear(Who(kHeartbeatsKeptMax), MakeHeartbeat(1), 9999, false, now);
  CHECK(peers.all().size() == kHeartbeatsKeptMax);
  CHECK(peers.Find(Who(0)) == nullptr);
  CHECK(peers.forgotten_until() == absl::Hours(1) + absl::Seconds(10));
  now += absl::Hours(2);
  peers.Hear(Who(2), MakeHeartbeat(2), 10'000, false, now);
  peers.Hear(Who(99'999), MakeHeartbeat(1), 10'001, false, now);
  CHECK(peers.all().size() == 2);
}

}  // namespace
}  // namespace sluice::registry
