// Kills a process that appends, with SIGKILL at a random but seeded moment, and
// looks at what it left. Must hold: every acknowledged append is there, an
// append to several partitions is there in all of them or in none, offsets have
// no gap, the group's last acknowledged commit is there.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "libs/bus/embedded_log.h"
#include "libs/storage/test_folder.h"

namespace sluice::bus {
namespace {

constexpr int kPartitions = 3;
constexpr int kKills = 12;
constexpr uint32_t kSeed = 20260101;

std::unique_ptr<EmbeddedLog> Open(const std::string& path) {
  EmbeddedLogOptions options;
  options.path = path;
  // Small, so that flushes and compactions are under way when the kill comes.
  options.memtable_bytes = size_t{1} << 20;
  auto log = OpenEmbeddedLog(options);
  if (!log.ok()) return nullptr;
  TopicSpec spec;
  spec.name = "topic";
  spec.partitions = kPartitions;
  if (!(*log)->CreateTopic(spec).ok()) return nullptr;
  return std::move(*log);
}

std::string ValueOf(uint64_t number) {
  return std::to_string(number) + std::string(20'000, 'v');
}

// Appends `first`, `first` + 1 and so on, one of each to every partition, and
// writes each number to the pipe when it is acknowledged and committed.
[[noreturn]] void AppendUntilKilled(const std::string& path, uint64_t first,
                                    int pipe) {
  auto log = Open(path);
  if (log == nullptr) _exit(1);
  auto producer = log->OpenProducer("producer");
  auto member = log->JoinGroup("group", "topic");
  if (!producer.ok() || !member.ok() || !(*member)->Poll(0).ok()) _exit(1);
  for (uint64_t number = first;; ++number) {
    std::vector<Outgoing> messages;
    for (int partition = 0; partition < kPartitions; ++partition) {
      messages.push_back(
          {{"topic", partition}, "key", SharedBytes::Own(ValueOf(number))});
    }
    const auto offsets = (*producer)->Append(messages);
    if (!offsets.ok()) _exit(1);
    if (!(*member)->Commit({"topic", 0}, (*offsets)[0]).ok()) _exit(1);
    if (write(pipe, &number, sizeof(number)) != sizeof(number)) _exit(1);
  }
}

// Numbers of a partition, which must be 0, 1, 2 ... at the offsets 0, 1, 2 ...
uint64_t CountNumbers(EmbeddedLog* log, int partition) {
  uint64_t count = 0;
  while (true) {
    const auto read =
        log->Read({"topic", partition}, static_cast<int64_t>(count), 100,
                  1 << 20, absl::ZeroDuration());
    REQUIRE(read.ok());
    if (read->empty()) return count;
    for (const Message& message : *read) {
      REQUIRE(message.offset == static_cast<int64_t>(count));
      REQUIRE(std::string(message.value.view()) == ValueOf(count));
      ++count;
    }
  }
}

TEST_CASE(
    "a killed process loses nothing acknowledged and leaves no half append") {
  const storage::TestFolder folder;
  std::mt19937 random(kSeed);
  uint64_t acknowledged = 0;
  for (int kill_number = 0; kill_number < kKills; ++kill_number) {
    const uint64_t kill_after =
        acknowledged + std::uniform_int_distribution<uint64_t>(1, 60)(random);
    const uint64_t first = acknowledged;
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      close(ends[0]);
      AppendUntilKilled(folder.path(), first, ends[1]);
    }
    close(ends[1]);
    uint64_t number = 0;
    while (read(ends[0], &number, sizeof(number)) == sizeof(number)) {
      acknowledged = number + 1;
      if (acknowledged >= kill_after) break;
    }
    REQUIRE(kill(child, SIGKILL) == 0);
    // What it acknowledged between the decision and its death.
    while (read(ends[0], &number, sizeof(number)) == sizeof(number)) {
      acknowledged = number + 1;
    }
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(acknowledged >= kill_after);

    auto log = Open(folder.path());
    REQUIRE(log != nullptr);
    const uint64_t found = CountNumbers(log.get(), 0);
    CHECK(found >= acknowledged);
    // One append more may have become durable without its acknowledgement.
    CHECK(found <= acknowledged + 1);
    for (int partition = 1; partition < kPartitions; ++partition) {
      CHECK(CountNumbers(log.get(), partition) == found);
    }
    const auto committed = log->CommittedOffset("group", {"topic", 0});
    REQUIRE(committed.ok());
    CHECK(*committed + 1 >= static_cast<int64_t>(acknowledged));
    acknowledged = found;
  }
}

}  // namespace
}  // namespace sluice::bus
