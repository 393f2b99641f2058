#include "libs/delivery/bus_threads.h"

#include <catch2/catch.hpp>
#include <memory>

#include "libs/delivery/turnstile.h"

namespace sluice::delivery {
namespace {

TEST_CASE(
    "Calls wait for the bus beside each other, and all are over at the "
    "end") {
  Turnstile bus;
  {
    BusThreads threads("test", 8);
    for (int i = 0; i < 5; ++i) CHECK(threads.Run([&] { bus.Pass(); }));
    // All of them are at it while none gets an answer.
    REQUIRE(bus.WaitForArrived(5));
    CHECK(bus.passed() == 0);
    threads.Reap();
    bus.Open();
  }
  CHECK(bus.passed() == 5);
}

TEST_CASE("Beyond the bound a call is refused, and not run later") {
  Turnstile bus;
  BusThreads threads("test", 1);
  CHECK(threads.Run([&] { bus.Pass(); }));
  REQUIRE(bus.WaitForArrived(1));
  bool has_run = false;
  CHECK_FALSE(threads.Run([&] { has_run = true; }));
  // The thread that waits does not keep others from looking.
  threads.Reap();
  bus.Open();
  CHECK_FALSE(has_run);
}

TEST_CASE("What a call holds is gone when the threads are") {
  const auto held = std::make_shared<int>(1);
  {
    BusThreads threads("test", 1);
    CHECK(threads.Run([copy = held] { CHECK(*copy == 1); }));
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("Threads that are done make room") {
  BusThreads threads("test", 2);
  int runs = 0;
  for (int i = 0; i < 100; ++i) {
    Turnstile bus;
    bus.Open();
    while (!threads.Run([&] { bus.Pass(); })) {
    }
    REQUIRE(bus.WaitForArrived(1));
    ++runs;
  }
  CHECK(runs == 100);
}

}  // namespace
}  // namespace sluice::delivery
