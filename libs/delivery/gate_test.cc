#include "libs/delivery/gate.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "libs/base/status.h"

namespace sluice::delivery {
namespace {

absl::Status Revoked() {
  return Error(status::v1::REASON_CODE_AGREEMENT_REVOKED, "revoked");
}

TEST_CASE("A gate lets in until it is closed, and says why it was") {
  Gate gate;
  CHECK(gate.reason().ok());
  CHECK(gate.Enter() != nullptr);
  gate.Close(Revoked());
  CHECK(gate.Enter() == nullptr);
  CHECK(gate.reason() == Revoked());
  gate.Close(Error(status::v1::REASON_CODE_AGREEMENT_EXPIRED, "later"));
  CHECK(gate.reason() == Revoked());
}

TEST_CASE("Closing a gate waits for the passes that are out") {
  Gate gate;
  auto first = gate.Enter();
  auto second = gate.Enter();
  std::atomic<bool> closed = false;
  std::thread closer([&] {
    gate.Close(Revoked());
    closed = true;
  });
  // From here on the closer waits.
  while (gate.reason().ok()) std::this_thread::yield();
  CHECK(gate.Enter() == nullptr);
  CHECK_FALSE(closed);
  first.reset();
  CHECK_FALSE(closed);
  second.reset();
  closer.join();
  CHECK(closed);
}

TEST_CASE("Nobody is inside a gate once Close has returned") {
  for (int round = 0; round < 50; ++round) {
    Gate gate;
    std::atomic<int> inside = 0;
    std::atomic<uint64_t> entered = 0;
    std::vector<std::thread> writers;
    for (int i = 0; i < 3; ++i) {
      writers.emplace_back([&] {
        while (const auto pass = gate.Enter()) {
          ++inside;
          ++entered;
          --inside;
        }
      });
    }
    while (entered < 10) std::this_thread::yield();
    gate.Close(Revoked());
    CHECK(inside == 0);
    const uint64_t before = entered;
    for (std::thread& writer : writers) writer.join();
    CHECK(entered == before);
  }
}

TEST_CASE("Draining waits for the passes that are out and for no later ones") {
  Gate gate;
  auto first = gate.Enter();
  std::atomic<bool> drained = false;
  std::thread drainer([&] {
    gate.Drain();
    drained = true;
  });
  CHECK_FALSE(drained);
  // Somebody is inside at every moment; only the first one is waited for.
  auto newer = gate.Enter();
  for (int i = 0; i < 1000; ++i) {
    auto next = gate.Enter();
    REQUIRE(next != nullptr);
    newer = std::move(next);
  }
  CHECK_FALSE(drained);
  first.reset();
  while (!drained) {
    auto next = gate.Enter();
    newer = std::move(next);
  }
  drainer.join();
  // Closing waits for the passes of either epoch.
  std::atomic<bool> closed = false;
  std::thread closer([&] {
    gate.Close(Revoked());
    closed = true;
  });
  while (gate.reason().ok()) std::this_thread::yield();
  CHECK_FALSE(closed);
  newer.reset();
  closer.join();
}

TEST_CASE("What was decided before a drain is done with when it returns") {
  GateTable gates;
  const auto gate = gates.Get("grid-people", 1, 0);
  std::atomic<int> allowed = 0;
  std::atomic<int> written = 0;
  std::atomic<int> late = 0;
  std::atomic<bool> stop = false;
  std::atomic<int> drained = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        const auto pass = gate->Enter();
        const int decided = allowed;
        std::this_thread::yield();
        if (decided < drained) ++late;
        ++written;
      }
    });
  }
  // Two at a time, which must not let each other wait for newcomers.
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 200; ++round) {
        if (i > 0) {
          gates.DrainAll();
          continue;
        }
        const int now = ++allowed;
        gates.DrainAll();
        drained = now;
      }
    });
  }
  for (size_t i = 2; i < threads.size(); ++i) threads[i].join();
  stop = true;
  threads[0].join();
  threads[1].join();
  CHECK(late == 0);
  CHECK(drained == 200);
}

TEST_CASE("A version's gate is closed for streams that open later") {
  GateTable gates;
  const auto running = gates.Get("grid-people", 1, 0);
  gates.Close("grid-people", 1, 10, Revoked());
  gates.Close("grid-people", 3, 10, Revoked());
  CHECK(running->Enter() == nullptr);
  CHECK(gates.Get("grid-people", 1, 9) == running);
  CHECK(gates.Get("grid-people", 3, 9)->Enter() == nullptr);
  CHECK(gates.Get("grid-people", 2, 9)->Enter() != nullptr);
  CHECK(gates.Get("other", 1, 9)->Enter() != nullptr);
}

TEST_CASE("A version that may be delivered again gets a new gate") {
  GateTable gates;
  const auto first = gates.Get("grid-people", 1, 0);
  gates.Renew("grid-people", 1);
  // An open gate is not replaced, or a Close would miss who has it.
  CHECK(gates.Get("grid-people", 1, 0) == first);
  gates.Close("grid-people", 1, 10, Revoked());
  CHECK(gates.Get("grid-people", 1, 9)->Enter() == nullptr);
  gates.Renew("grid-people", 1);
  const auto second = gates.Get("grid-people", 1, 9);
  CHECK(second->Enter() != nullptr);
  CHECK(first->Enter() == nullptr);
  gates.Close("grid-people", 1, 12, Revoked());
  CHECK(second->Enter() == nullptr);
}

TEST_CASE("Who saw a version active behind its suspension is let in") {
  GateTable gates;
  const auto first = gates.Get("grid-people", 1, 0);
  gates.Close("grid-people", 1, 10, Revoked());
  // Of before the suspension, or of before the last one.
  CHECK(gates.Get("grid-people", 1, 9)->Enter() == nullptr);
  gates.Close("grid-people", 1, 20, Revoked());
  CHECK(gates.Get("grid-people", 1, 19)->Enter() == nullptr);
  const auto second = gates.Get("grid-people", 1, 20);
  CHECK(second->Enter() != nullptr);
  CHECK(first->Enter() == nullptr);
  // Whoever renews it then finds it open, and a Close does not miss it.
  gates.Renew("grid-people", 1);
  CHECK(gates.Get("grid-people", 1, 20) == second);
  gates.Close("grid-people", 1, 30, Revoked());
  CHECK(second->Enter() == nullptr);
}

}  // namespace
}  // namespace sluice::delivery
