#include "libs/delivery/batch_cache.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"

namespace sluice::delivery {
namespace {

// A cache of partition 0, and messages as they lie on the bus.
struct Caching {
  explicit Caching(size_t bytes_max = size_t{1} << 20)
      : cache(bytes_max, &hits, &misses) {}

  bus::Message Message(int64_t offset, uint32_t rows = 3) {
    bus::Message message;
    message.offset = offset;
    message.value = domain.chains[0]->Batch(rows);
    return message;
  }

  DeliveryFixture domain;
  std::atomic<uint64_t> hits = 0;
  std::atomic<uint64_t> misses = 0;
  BatchCache cache;
};

TEST_CASE("What one stream has opened another one finds, and needs no bus") {
  Caching test;
  const bus::TopicPartition partition = test.domain.Partition(0);
  auto first = test.cache.Read(partition);
  auto second = test.cache.Read(partition);
  bus::Message message = test.Message(7);
  CHECK(second->Find(message) == nullptr);
  first->Put(message);
  const auto found = second->Find(message);
  REQUIRE(found != nullptr);
  CHECK(found->batch.row_count == 3);
  CHECK(found->envelope.header.sequence() == 1);
  // Nothing of it lies in the message.
  const absl::string_view bytes = message.value.view();
  const absl::string_view header = found->envelope.header_bytes.view();
  CHECK((header.data() < bytes.data() ||
         header.data() >= bytes.data() + bytes.size()));
  for (const records::Column& column : found->batch.columns) {
    CHECK(column.data.owner() != message.value.owner());
  }
  CHECK(test.hits == 1);
  CHECK(test.misses == 1);
  CHECK(test.cache.bytes() == message.value.size());
}

TEST_CASE("A stream that reads a partition alone keeps nothing") {
  Caching test;
  auto alone = test.cache.Read(test.domain.Partition(0));
  auto elsewhere = test.cache.Read({"records.grid.meters", 0});
  const bus::Message message = test.Message(1);
  alone->Put(message);
  CHECK(alone->Find(message) == nullptr);
  CHECK(test.cache.bytes() == 0);
  // What two had is let go when one is left.
  auto other = test.cache.Read(test.domain.Partition(0));
  alone->Put(message);
  CHECK(test.cache.bytes() > 0);
  other.reset();
  CHECK(test.cache.bytes() == 0);
  CHECK(alone->Find(message) == nullptr);
}

TEST_CASE("Other bytes at the same offset are not taken for what is known") {
  Caching test;
  auto first = test.cache.Read(test.domain.Partition(0));
  auto second = test.cache.Read(test.domain.Partition(0));
  const bus::Message before = test.Message(3);
  first->Put(before);
  // The topic was deleted and made anew.
  bus::Message after = test.Message(3);
  CHECK(second->Find(after) == nullptr);
  second->Put(after);
  CHECK(first->Find(before) == nullptr);
  const auto found = first->Find(after);
  REQUIRE(found != nullptr);
  CHECK(found->envelope.header.sequence() == 2);
  // One byte is enough.
  std::string forged(after.value.view());
  forged.back() = static_cast<char>(forged.back() ^ 1);
  after.value = SharedBytes::Own(forged);
  CHECK(first->Find(after) == nullptr);
}

TEST_CASE("What was used least lately leaves a full cache first") {
  Caching probe;
  const size_t bytes = probe.Message(0).value.size();
  Caching test(bytes * 3 + bytes / 2);
  auto first = test.cache.Read(test.domain.Partition(0));
  auto second = test.cache.Read(test.domain.Partition(0));
  std::vector<bus::Message> messages;
  for (int64_t offset = 0; offset < 5; ++offset) {
    messages.push_back(test.Message(offset));
  }
  for (int i = 0; i < 3; ++i) first->Put(messages[i]);
  CHECK(second->Find(messages[0]) != nullptr);
  first->Put(messages[3]);
  CHECK(test.cache.bytes() <= bytes * 3 + bytes / 2);
  CHECK(second->Find(messages[0]) != nullptr);
  CHECK(second->Find(messages[1]) == nullptr);
  CHECK(second->Find(messages[2]) != nullptr);
  CHECK(second->Find(messages[3]) != nullptr);
  // One that is larger than the cache is not kept.
  const bus::Message large = test.Message(9, 2'000);
  REQUIRE(large.value.size() > bytes * 4);
  first->Put(large);
  CHECK(second->Find(large) == nullptr);
  CHECK(second->Find(messages[3]) != nullptr);
}

TEST_CASE("A cache holds up under many readers") {
  Caching test(4000);
  std::vector<bus::Message> messages;
  for (int64_t offset = 0; offset < 20; ++offset) {
    messages.push_back(test.Message(offset));
  }
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        auto reader = test.cache.Read(test.domain.Partition(0));
        for (size_t at = 0; at < messages.size(); ++at) {
          const bus::Message& message = messages[(at * (i + 1)) % 20];
          const auto found = reader->Find(message);
          if (found == nullptr) {
            reader->Put(message);
          } else if (static_cast<int64_t>(found->envelope.header.sequence()) !=
                     message.offset + 1) {
            ++wrong;
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(test.cache.bytes() == 0);
}

}  // namespace
}  // namespace sluice::delivery
