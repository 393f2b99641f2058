#include "libs/delivery/byte_budget.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstddef>
#include <optional>
#include <thread>
#include <vector>

namespace sluice::delivery {
namespace {

TEST_CASE("What is taken is bounded, and given back by who goes") {
  ByteBudget budget(100);
  ByteBudget::Share one(&budget);
  std::optional<ByteBudget::Share> other(&budget);
  CHECK(one.GrowTo(40));
  CHECK(other->GrowTo(60));
  CHECK(budget.bytes() == 100);
  CHECK_FALSE(one.GrowTo(41));
  CHECK(one.GrowTo(40));
  other.reset();
  CHECK(budget.bytes() == 40);
  CHECK(one.GrowTo(100));
  CHECK_FALSE(one.GrowTo(101));
}

TEST_CASE("Without a budget there is no bound") {
  ByteBudget::Share share(nullptr);
  CHECK(share.GrowTo(~size_t{0}));
}

TEST_CASE("Threads together take no more than there is") {
  constexpr size_t kBytes = 10'000;
  ByteBudget budget(kBytes);
  std::vector<size_t> taken(4);
  {
    std::vector<std::thread> threads;
    threads.reserve(taken.size());
    std::atomic<size_t> finished = 0;
    for (size_t& mine : taken) {
      threads.emplace_back([&budget, &mine, &finished, &taken] {
        ByteBudget::Share share(&budget);
        while (share.GrowTo(mine + 1)) ++mine;
        // Nothing is given back before all came to the end.
        ++finished;
        while (finished < taken.size()) std::this_thread::yield();
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  size_t sum = 0;
  for (const size_t mine : taken) sum += mine;
  CHECK(sum == kBytes);
  CHECK(budget.bytes() == 0);
}

}  // namespace
}  // namespace sluice::delivery
