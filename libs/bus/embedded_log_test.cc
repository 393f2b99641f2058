// What the embedded log promises beyond the contract: faults of the disk,
// alignment, maintenance by itself.
#include "libs/bus/embedded_log.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/storage/fault_env.h"
#include "libs/storage/test_folder.h"

namespace sluice::bus {
namespace {

using status::v1::REASON_CODE_STORAGE_FAILED;
using storage::DiskFault;
using storage::FaultEnv;
using storage::TestFolder;
using Strings = std::vector<std::string>;

const TopicPartition kOne{"topic", 0};
const TopicPartition kTwo{"topic", 1};

std::unique_ptr<EmbeddedLog> MustOpen(const EmbeddedLogOptions& options) {
  auto log = OpenEmbeddedLog(options);
  INFO(log.status().ToString());
  REQUIRE(log.ok());
  TopicSpec spec;
  spec.name = "topic";
  spec.partitions = 2;
  REQUIRE((*log)->CreateTopic(spec).ok());
  return std::move(*log);
}

EmbeddedLogOptions OptionsFor(const TestFolder& folder, FaultEnv* disk) {
  EmbeddedLogOptions options;
  options.path = folder.path() + "/bus";
  options.maintenance_interval = absl::InfiniteDuration();
  if (disk != nullptr) options.env = disk->env();
  return options;
}

std::unique_ptr<Producer> MustOpenProducer(EmbeddedLog* log) {
  auto producer = log->OpenProducer("producer");
  INFO(producer.status().ToString());
  REQUIRE(producer.ok());
  return std::move(*producer);
}

absl::Status Append(Producer* producer, const std::string& value) {
  return producer
      ->Append({{kOne, "key", SharedBytes::Own(value)},
                {kTwo, "key", SharedBytes::Own(value)}})
      .status();
}

Strings Values(EmbeddedLog* log, const TopicPartition& partition) {
  const auto read =
      log->Read(partition, 0, 1'000, 1 << 30, absl::ZeroDuration());
  INFO(read.status().ToString());
  REQUIRE(read.ok());
  Strings values;
  for (const Message& message : *read) {
    CHECK(message.offset == static_cast<int64_t>(values.size()));
    values.push_back(std::string(message.value.view()));
  }
  return values;
}

TEST_CASE(
    "a full disk refuses appends, shows nothing of them and loses nothing") {
  const TestFolder folder;
  FaultEnv disk;
  Strings expected;
  {
    auto log = MustOpen(OptionsFor(folder, &disk));
    auto producer = MustOpenProducer(log.get());
    REQUIRE(Append(producer.get(), "before").ok());
    expected.push_back("before");
    // From nothing left at all to space for nearly the whole write.
    for (const uint64_t bytes_left : {0, 1, 100, 2'000}) {
      disk.FailWrites(DiskFault::kFull, bytes_left);
      const std::string big(3'000, 'x');
      for (int i = 0; i < 3; ++i) {
        const absl::Status full = Append(producer.get(), big);
        CHECK(ReasonOf(full) == REASON_CODE_STORAGE_FAILED);
        CHECK(absl::StrContains(full.message(), "the disk is full"));
        CHECK(IsRetriable(full));
        CHECK(Values(log.get(), kOne) == expected);
        CHECK(Values(log.get(), kTwo) == expected);
      }
      CHECK(log->Offsets(kOne)->end == static_cast<int64_t>(expected.size()));
      disk.Heal();
      const absl::Status healed = Append(producer.get(), "after");
      INFO(healed.ToString());
      REQUIRE(healed.ok());
      expected.push_back("after");
      CHECK(Values(log.get(), kOne) == expected);
    }
  }
  auto log = MustOpen(OptionsFor(folder, nullptr));
  CHECK(Values(log.get(), kOne) == expected);
  CHECK(Values(log.get(), kTwo) == expected);
}

TEST_CASE(
    "an append whose sync failed does not come back once the disk has space") {
  const TestFolder folder;
  FaultEnv disk;
  {
    auto log = MustOpen(OptionsFor(folder, &disk));
    auto producer = MustOpenProducer(log.get());
    REQUIRE(Append(producer.get(), "before").ok());
    disk.FailSyncs(DiskFault::kFull);
    CHECK_FALSE(Append(producer.get(), "unsynced").ok());
    disk.Heal();
    REQUIRE(Append(producer.get(), "after").ok());
    CHECK(Values(log.get(), kOne) == Strings{"before", "after"});
  }
  auto log = MustOpen(OptionsFor(folder, nullptr));
  CHECK(Values(log.get(), kOne) == Strings{"before", "after"});
  CHECK(Values(log.get(), kTwo) == Strings{"before", "after"});
}

TEST_CASE("after an I/O error reads go on and a restart brings appends back") {
  const TestFolder folder;
  FaultEnv disk;
  {
    auto log = MustOpen(OptionsFor(folder, &disk));
    auto producer = MustOpenProducer(log.get());
    REQUIRE(Append(producer.get(), "before").ok());
    disk.FailWrites(DiskFault::kIoError);
    const absl::Status failed = Append(producer.get(), "failed");
    CHECK(ReasonOf(failed) == REASON_CODE_STORAGE_FAILED);
    CHECK(absl::StrContains(failed.message(), "restart"));
    disk.Heal();
    CHECK_FALSE(Append(producer.get(), "failed").ok());
    CHECK(Values(log.get(), kOne) == Strings{"before"});
  }
  auto log = MustOpen(OptionsFor(folder, &disk));
  auto producer = MustOpenProducer(log.get());
  CHECK(Values(log.get(), kOne) == Strings{"before"});
  CHECK(Append(producer.get(), "after").ok());
}

TEST_CASE(
    "appends, reads and polls go on through a disk that fills and empties") {
  const TestFolder folder;
  FaultEnv disk;
  auto log = MustOpen(OptionsFor(folder, &disk));
  constexpr int kWanted = 40;
  std::vector<std::thread> threads;
  for (int p = 0; p < 3; ++p) {
    threads.emplace_back([&, p] {
      auto producer = log->OpenProducer(absl::StrCat("producer-", p));
      for (int done = 0; producer.ok() && done < kWanted;) {
        if (Append(producer->get(), absl::StrCat(p)).ok()) ++done;
      }
    });
  }
  // Reads meanwhile; the contents are checked at the end.
  int64_t next = 0;
  for (int round = 0; next < 3 * kWanted; ++round) {
    if (round % 2 == 0 && round < 20) disk.FailWrites(DiskFault::kFull, 500);
    const auto read = log->Read(kOne, next, 5, 1 << 20, absl::Milliseconds(1));
    if (read.ok() && !read->empty()) next = read->back().offset + 1;
    disk.Heal();
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(Values(log.get(), kOne).size() == 3 * kWanted);
  CHECK(Values(log.get(), kTwo) == Values(log.get(), kOne));
}

TEST_CASE("values begin at a multiple of 64") {
  const TestFolder folder;
  auto log = MustOpen(OptionsFor(folder, nullptr));
  auto producer = MustOpenProducer(log.get());
  for (const size_t size : {1, 63, 5'000, 500'000}) {
    REQUIRE(Append(producer.get(), std::string(size, 'v')).ok());
  }
  const auto read = log->Read(kOne, 0, 10, 1 << 30, absl::ZeroDuration());
  REQUIRE(read.ok());
  for (const Message& message : *read) {
    CHECK(reinterpret_cast<uintptr_t>(message.value.data()) % 64 == 0);
  }
}

TEST_CASE("a log is open in one place at a time") {
  const TestFolder folder;
  auto log = MustOpen(OptionsFor(folder, nullptr));
  const auto second = OpenEmbeddedLog(OptionsFor(folder, nullptr));
  CHECK(ReasonOf(second.status()) == REASON_CODE_STORAGE_FAILED);
}

TEST_CASE(
    "a partition that outgrows its bound is trimmed without being asked") {
  const TestFolder folder;
  EmbeddedLogOptions options = OptionsFor(folder, nullptr);
  // Far longer than the test: only the growth itself can set retention off.
  options.maintenance_interval = absl::Hours(10);
  auto log = MustOpen(options);
  TopicSpec spec;
  spec.name = "bounded";
  spec.retention_bytes = 100'000;
  REQUIRE(log->CreateTopic(spec).ok());
  auto producer = MustOpenProducer(log.get());
  const SharedBytes value = SharedBytes::Own(std::string(50'000, 'v'));
  for (int i = 0; i < 10; ++i) {
    REQUIRE(producer->Append({{{"bounded", 0}, "key", value}}).ok());
  }
  // The trimming is asynchronous; each append sets it off again until it is
  // done.
  bool trimmed = false;
  for (int i = 0; i < 2'000 && !trimmed; ++i) {
    REQUIRE(producer->Append({{{"bounded", 0}, "key", value}}).ok());
    const auto range = log->Offsets({"bounded", 0});
    REQUIRE(range.ok());
    trimmed = range->end - range->begin <= 4;
  }
  CHECK(trimmed);
}

TEST_CASE(
    "a removed key of a compacted topic goes away for good after its time") {
  const TestFolder folder;
  ManualClock clock(absl::FromUnixSeconds(1'700'000'000));
  EmbeddedLogOptions options = OptionsFor(folder, nullptr);
  options.clock = &clock;
  options.tombstone_retention = absl::Hours(24);
  auto log = MustOpen(options);
  TopicSpec spec;
  spec.name = "compacted";
  spec.cleanup = Cleanup::kCompact;
  REQUIRE(log->CreateTopic(spec).ok());
  const TopicPartition place{"compacted", 0};
  auto producer = MustOpenProducer(log.get());
  const auto append = [&](const std::string& key, const std::string& value) {
    REQUIRE(producer->Append({{place, key, SharedBytes::Own(value)}}).ok());
  };
  const auto keys = [&] {
    Strings all;
    const auto read = log->Read(place, 0, 100, 1 << 20, absl::ZeroDuration());
    REQUIRE(read.ok());
    for (const Message& message : *read) all.push_back(message.key);
    return all;
  };
  append("gone", "1");
  append("kept", "1");
  append("gone", "");
  append("back", "");
  clock.Advance(absl::Hours(23));
  REQUIRE(log->RunRetention().ok());
  CHECK(keys() == Strings{"kept", "gone", "back"});
  append("back", "2");
  clock.Advance(absl::Hours(2));
  REQUIRE(log->RunRetention().ok());
  CHECK(keys() == Strings{"kept", "back"});
  log.reset();
  log = MustOpen(options);
  CHECK(keys() == Strings{"kept", "back"});
}

TEST_CASE("a large removal gives its space back and leaves the rest whole") {
  const TestFolder folder;
  ManualClock clock(absl::FromUnixSeconds(1'700'000'000));
  EmbeddedLogOptions options = OptionsFor(folder, nullptr);
  options.clock = &clock;
  options.memtable_bytes = size_t{4} << 20;
  auto log = MustOpen(options);
  TopicSpec spec;
  spec.name = "short";
  spec.retention = absl::Hours(1);
  REQUIRE(log->CreateTopic(spec).ok());
  auto producer = MustOpenProducer(log.get());
  const SharedBytes value = SharedBytes::Own(std::string(500'000, 'v'));
  for (int i = 0; i < 140; ++i) {
    REQUIRE(producer->Append({{{"short", 0}, "key", value}}).ok());
    if (i % 10 == 0) {
      REQUIRE(producer->Append({{kOne, "key", value}}).ok());
    }
  }
  const auto used = [&] {
    uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(options.path)) {
      std::error_code gone;
      const uintmax_t size = std::filesystem::file_size(file, gone);
      if (!gone && file.path().extension() == ".blob") bytes += size;
    }
    return bytes;
  };
  const uintmax_t before = used();
  clock.Advance(absl::Hours(2));
  REQUIRE(log->RunRetention().ok());
  CHECK(before > 50'000'000);
  CHECK(used() < 30'000'000);
  CHECK(Values(log.get(), kOne) == Strings(14, std::string(500'000, 'v')));
}

}  // namespace
}  // namespace sluice::bus
