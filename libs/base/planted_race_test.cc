// A data race on purpose. Under --config=tsan this test must fail; if it passes
// there, ThreadSanitizer or its settings have gone blind. Not run by default
// (tag manual).
#include <catch2/catch.hpp>
#include <thread>

#include "libs/base/mutex.h"

namespace sluice {
namespace {

TEST_CASE("two threads write one integer, one of them without the lock") {
  Mutex mutex;
  int raced = 0;
  const auto with_lock = [&] {
    for (int i = 0; i < 10'000; ++i) {
      const MutexLock lock(&mutex);
      ++raced;
    }
  };
  std::thread other(with_lock);
  for (int i = 0; i < 10'000; ++i) raced = raced + 1;
  other.join();
  CHECK(raced > 0);
}

}  // namespace
}  // namespace sluice
