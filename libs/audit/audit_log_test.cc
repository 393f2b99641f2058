#include "libs/audit/audit_log.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/audit/trail_verifier.h"
#include "libs/base/file.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/storage/fault_env.h"
#include "libs/storage/test_folder.h"

namespace sluice::audit {
namespace {

namespace fs = std::filesystem;
using status::v1::REASON_CODE_AUDIT_UNAVAILABLE;
using status::v1::REASON_CODE_CORRUPT;
using status::v1::REASON_CODE_OUT_OF_BOUNDS;
using status::v1::REASON_CODE_TOO_LARGE;
using status::v1::REASON_CODE_WRONG_STATE;
using storage::DiskFault;

constexpr char kOrigin[] = "county.example/data-bureau/broker-1";

v1::Entry MakeEntry(uint64_t number) {
  v1::Entry entry;
  entry.mutable_receipt()->set_agreement("grid-people");
  entry.mutable_receipt()->set_delivery_id(number);
  return entry;
}

uint64_t NumberOf(const std::string& bytes) {
  v1::Entry entry;
  REQUIRE(entry.ParseFromString(bytes));
  return entry.receipt().delivery_id();
}

std::vector<uint64_t> Numbers(const AuditLog& log) {
  std::vector<uint64_t> numbers;
  const auto entries = log.Read(0, log.size() + 1);
  REQUIRE(entries.ok());
  for (const std::string& bytes : *entries) {
    numbers.push_back(NumberOf(bytes));
  }
  return numbers;
}

std::vector<uint64_t> UpTo(uint64_t end) {
  std::vector<uint64_t> numbers(end);
  for (uint64_t i = 0; i < end; ++i) numbers[i] = i;
  return numbers;
}

// A folder for trails, the key of all of them, and a disk that can fail.
struct Fixture {
  AuditLogOptions Options(const std::string& name) {
    AuditLogOptions options;
    options.path = absl::StrCat(folder.path(), "/", name);
    options.origin = kOrigin;
    options.key = &key;
    options.clock = &clock;
    options.env = disk.env();
    return options;
  }
  absl::StatusOr<std::unique_ptr<AuditLog>> TryOpen(
      const std::string& name = "trail") {
    return AuditLog::Open(Options(name));
  }
  std::unique_ptr<AuditLog> Open(const std::string& name = "trail") {
    auto log = TryOpen(name);
    INFO(log.status());
    REQUIRE(log.ok());
    return *std::move(log);
  }
  // What a crash now would leave: a copy of the files of a trail that is open.
  void Crash(const std::string& to, const std::string& from = "trail") {
    fs::remove_all(Options(to).path);
    fs::copy(Options(from).path, Options(to).path, fs::copy_options::recursive);
  }
  std::string CheckpointPath(const std::string& name = "trail") {
    return Options(name).path + "/checkpoint";
  }
  // The write-ahead log with the entries: the largest there is.
  std::string WalPath(const std::string& name) {
    std::string largest;
    for (const auto& file :
         fs::directory_iterator(Options(name).path + "/db")) {
      if (file.path().extension() != ".log") continue;
      if (largest.empty() || file.file_size() > fs::file_size(largest)) {
        largest = file.path().string();
      }
    }
    REQUIRE_FALSE(largest.empty());
    return largest;
  }

  storage::TestFolder folder;
  crypto::SigningKey key = crypto::SigningKey::Generate();
  ManualClock clock{absl::FromUnixMicros(1'800'000'000'000'123)};
  storage::FaultEnv disk;
};

void AppendUpTo(AuditLog* log, uint64_t from, uint64_t to) {
  for (uint64_t i = from; i < to; ++i) {
    REQUIRE(log->AppendAndWait(MakeEntry(i)).value() == i);
  }
}

Checkpoint Opened(AuditLog* log, const std::string& note) {
  const auto checkpoint =
      VerifyCheckpoint(note, ParseVerifierKey(log->verifier_key()).value());
  REQUIRE(checkpoint.ok());
  return *checkpoint;
}

Checkpoint Sign(AuditLog* log) {
  return Opened(log, log->SignedCheckpoint().value());
}

void RequireVerifies(AuditLog* log, const std::optional<Checkpoint>& earlier) {
  const Checkpoint checkpoint = Sign(log);
  TrailVerifier verifier(earlier);
  const auto entries = log->Read(0, checkpoint.size);
  REQUIRE(entries.ok());
  for (const std::string& entry : *entries) {
    REQUIRE(verifier.Add(entry).ok());
  }
  REQUIRE(verifier.Check(checkpoint).ok());
}

// Holds the writer thread until it is let go.
class Gate {
 public:
  ~Gate() { Open(); }
  void Wait() {
    const MutexLock lock(&mutex_);
    waiting_ = true;
    changed_.SignalAll();
    while (!open_) changed_.Wait(&mutex_);
  }
  void AwaitWaiter() {
    const MutexLock lock(&mutex_);
    while (!waiting_) changed_.Wait(&mutex_);
  }
  void Open() {
    const MutexLock lock(&mutex_);
    open_ = true;
    changed_.SignalAll();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

TEST_CASE("Entries get indexes in order and are read back as written") {
  Fixture f;
  const auto log = f.Open();
  CHECK(log->size() == 0);
  AppendUpTo(log.get(), 0, 20);
  CHECK(log->size() == 20);
  CHECK(Numbers(*log) == UpTo(20));
  CHECK(log->Read(18, 100).value().size() == 2);
  CHECK(log->Read(20, 1).value().empty());
  CHECK(log->Read(0, 0).value().empty());
  CHECK(log->AuditId(7) == std::string(kOrigin) + "/7");
  CHECK(log->origin() == kOrigin);
}

TEST_CASE("An entry without a time gets the clock's, another keeps its own") {
  Fixture f;
  const auto log = f.Open();
  v1::Entry timed = MakeEntry(1);
  timed.mutable_time()->set_seconds(5);
  REQUIRE(log->AppendAndWait(MakeEntry(0)).ok());
  REQUIRE(log->AppendAndWait(timed).ok());
  const auto entries = log->Read(0, 2).value();
  v1::Entry first;
  v1::Entry second;
  REQUIRE(first.ParseFromString(entries[0]));
  REQUIRE(second.ParseFromString(entries[1]));
  CHECK(first.time().seconds() == 1'800'000'000);
  CHECK(first.time().nanos() == 123'000);
  CHECK(second.time().seconds() == 5);
}

TEST_CASE("A trail goes on after a restart") {
  Fixture f;
  Checkpoint earlier;
  {
    const auto log = f.Open();
    AppendUpTo(log.get(), 0, 5);
    earlier = Sign(log.get());
  }
  const auto log = f.Open();
  CHECK(log->size() == 5);
  CHECK(Sign(log.get()).root == earlier.root);
  AppendUpTo(log.get(), 5, 9);
  CHECK(Numbers(*log) == UpTo(9));
  RequireVerifies(log.get(), earlier);
}

TEST_CASE("Proofs hold for every entry and every pair of checkpoints") {
  Fixture f;
  const auto log = f.Open();
  std::vector<Checkpoint> checkpoints;
  for (uint64_t i = 0; i < 17; ++i) {
    AppendUpTo(log.get(), i, i + 1);
    checkpoints.push_back(Sign(log.get()));
  }
  const auto entries = log->Read(0, 17).value();
  for (const Checkpoint& checkpoint : checkpoints) {
    for (uint64_t index = 0; index < checkpoint.size; ++index) {
      REQUIRE(
          VerifyInclusion(LeafHash(entries[index]), index, checkpoint.size,
                          log->ProveInclusion(index, checkpoint.size).value(),
                          checkpoint.root)
              .ok());
    }
    for (const Checkpoint& old : checkpoints) {
      if (old.size > checkpoint.size) continue;
      REQUIRE(VerifyConsistency(
                  old.size, checkpoint.size,
                  log->ProveConsistency(old.size, checkpoint.size).value(),
                  old.root, checkpoint.root)
                  .ok());
    }
  }
  CHECK(ReasonOf(log->ProveInclusion(3, 18).status()) ==
        REASON_CODE_OUT_OF_BOUNDS);
  CHECK(ReasonOf(log->ProveInclusion(17, 17).status()) ==
        REASON_CODE_OUT_OF_BOUNDS);
  CHECK(ReasonOf(log->ProveConsistency(3, 18).status()) ==
        REASON_CODE_OUT_OF_BOUNDS);
}

TEST_CASE("A trail without entries has a checkpoint of the empty tree") {
  Fixture f;
  const auto log = f.Open();
  CHECK(Sign(log.get()).size == 0);
  CHECK(ReadFile(f.CheckpointPath()).value() ==
        log->SignedCheckpoint().value());
}

TEST_CASE("The largest entry fits, a larger one is refused") {
  Fixture f;
  const auto log = f.Open();
  v1::Entry entry;
  entry.mutable_time()->set_seconds(1);
  entry.mutable_refusal()->set_message(std::string(kEntryBytesMax - 100, 'x'));
  const size_t room = kEntryBytesMax - entry.ByteSizeLong();
  entry.mutable_refusal()->mutable_message()->append(room, 'x');
  REQUIRE(entry.ByteSizeLong() == kEntryBytesMax);
  CHECK(log->AppendAndWait(entry).ok());
  entry.mutable_refusal()->mutable_message()->append(1, 'x');
  CHECK(ReasonOf(log->AppendAndWait(entry).status()) == REASON_CODE_TOO_LARGE);
  CHECK(log->size() == 1);
}

TEST_CASE("A full queue refuses at once, by count and by bytes") {
  Fixture f;
  const bool by_bytes = GENERATE(false, true);
  AuditLogOptions options = f.Options("trail");
  v1::Entry timed = MakeEntry(1);
  timed.mutable_time()->set_seconds(5);
  if (by_bytes) {
    options.queue_bytes_max = 3 * timed.ByteSizeLong();
  } else {
    options.queue_entries_max = 3;
  }
  const auto log = AuditLog::Open(options).value();
  Gate gate;
  log->Append(timed, [&](const absl::StatusOr<uint64_t>&) { gate.Wait(); });
  gate.AwaitWaiter();
  std::atomic<int> written = 0;
  absl::Status refused;
  for (int i = 0; i < 4; ++i) {
    log->Append(timed, [&, i](const absl::StatusOr<uint64_t>& index) {
      if (i == 3) {
        refused = index.status();
      } else {
        written += index.ok() ? 1 : 0;
      }
    });
  }
  CHECK(ReasonOf(refused) == REASON_CODE_AUDIT_UNAVAILABLE);
  gate.Open();
  log->Stop();
  CHECK(written == 3);
  CHECK(log->size() == 4);
}

TEST_CASE("Threads append side by side, each in its own order") {
  Fixture f;
  const auto log = f.Open();
  constexpr uint64_t kThreads = 4;
  constexpr uint64_t kEach = 300;
  Mutex mutex;
  std::map<uint64_t, uint64_t> number_by_index;
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < kEach; ++i) {
        const uint64_t number = t * kEach + i;
        log->Append(MakeEntry(number),
                    [&, number](const absl::StatusOr<uint64_t>& index) {
                      const MutexLock lock(&mutex);
                      number_by_index[index.value()] = number;
                    });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  log->Stop();
  const MutexLock lock(&mutex);
  REQUIRE(number_by_index.size() == kThreads * kEach);
  std::vector<uint64_t> next(kThreads, 0);
  for (const auto& [index, number] : number_by_index) {
    CHECK(NumberOf(log->Read(index, 1).value()[0]) == number);
    CHECK(number % kEach == next[number / kEach]++);
  }
  RequireVerifies(log.get(), std::nullopt);
}

TEST_CASE("Stop writes what waits, signs it and refuses what comes later") {
  Fixture f;
  const auto log = f.Open();
  std::atomic<int> written = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    log->Append(MakeEntry(i), [&](const absl::StatusOr<uint64_t>& index) {
      written += index.ok() ? 1 : 0;
    });
  }
  log->Stop();
  CHECK(written == 100);
  CHECK(Opened(log.get(), ReadFile(f.CheckpointPath()).value()).size == 100);
  CHECK(ReasonOf(log->AppendAndWait(MakeEntry(100)).status()) ==
        REASON_CODE_AUDIT_UNAVAILABLE);
  CHECK(Numbers(*log) == UpTo(100));
  log->Stop();
}

// --- Crashes and damage
// --------------------------------------------------------

TEST_CASE("After a crash every confirmed entry is there") {
  Fixture f;
  const auto log = f.Open();
  for (uint64_t i = 0; i < 10; ++i) {
    AppendUpTo(log.get(), i, i + 1);
    if (i == 4) REQUIRE(log->SignedCheckpoint().ok());
    f.Crash("crashed");
    const auto crashed = f.Open("crashed");
    REQUIRE(Numbers(*crashed) == UpTo(i + 1));
    RequireVerifies(crashed.get(), std::nullopt);
  }
}

TEST_CASE("A write-ahead log damaged in the middle is refused") {
  Fixture f;
  const auto log = f.Open();
  AppendUpTo(log.get(), 0, 50);
  f.Crash("crashed");
  const std::string wal = f.WalPath("crashed");
  std::string bytes = ReadFile(wal).value();
  // Inside of an entry: RocksDB's default recovery would keep what is before
  // it.
  const size_t middle = bytes.find("grid-people", bytes.size() / 2);
  REQUIRE(middle != std::string::npos);
  bytes[middle] = static_cast<char>(bytes[middle] ^ 1);
  REQUIRE(WriteFileAtomically(wal, bytes, 0600).ok());
  CHECK(ReasonOf(f.TryOpen("crashed").status()) == REASON_CODE_CORRUPT);
}

// Damage anywhere must be noticed, or have lost only entries newer than the
// last checkpoint, from the end.
void RequireRefusedOrPrefix(Fixture* f, const std::string& name,
                            uint64_t checkpoint_size, uint64_t confirmed) {
  const auto log = f->TryOpen(name);
  if (!log.ok()) {
    REQUIRE(ReasonOf(log.status()) == REASON_CODE_CORRUPT);
    return;
  }
  const uint64_t size = (*log)->size();
  REQUIRE(size >= checkpoint_size);
  REQUIRE(size <= confirmed);
  REQUIRE(Numbers(**log) == UpTo(size));
}

TEST_CASE("No damaged byte of a write-ahead log goes unnoticed") {
  Fixture f;
  const auto log = f.Open();
  const uint64_t checkpoint_size = GENERATE(6, 9);
  AppendUpTo(log.get(), 0, checkpoint_size);
  REQUIRE(log->SignedCheckpoint().ok());
  AppendUpTo(log.get(), checkpoint_size, 9);
  f.Crash("image");
  const std::string bytes = ReadFile(f.WalPath("image")).value();
  std::mt19937 random(11);
  for (size_t i = 0; i < bytes.size(); i += 1 + random() % 97) {
    INFO(i);
    f.Crash("damaged", "image");
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (random() % 8)));
    REQUIRE(WriteFileAtomically(f.WalPath("damaged"), damaged, 0600).ok());
    RequireRefusedOrPrefix(&f, "damaged", checkpoint_size, 9);
  }
}

TEST_CASE("A cut write-ahead log opens, unless a checkpoint covers the loss") {
  Fixture f;
  const auto log = f.Open();
  AppendUpTo(log.get(), 0, 6);
  REQUIRE(log->SignedCheckpoint().ok());
  f.Crash("image");
  const size_t covered = fs::file_size(f.WalPath("image"));
  AppendUpTo(log.get(), 6, 9);
  f.Crash("image");
  const size_t whole = fs::file_size(f.WalPath("image"));
  REQUIRE(covered < whole);
  for (size_t size = 0; size <= whole; size += 41) {
    INFO(size);
    f.Crash("cut", "image");
    fs::resize_file(f.WalPath("cut"), size);
    const auto cut = f.TryOpen("cut");
    if (size < covered) {
      REQUIRE(ReasonOf(cut.status()) == REASON_CODE_CORRUPT);
      REQUIRE(absl::StrContains(cut.status().message(), "its end was lost"));
      continue;
    }
    REQUIRE(cut.ok());
    const uint64_t left = (*cut)->size();
    REQUIRE(left >= 6);
    REQUIRE(Numbers(**cut) == UpTo(left));
    AppendUpTo(cut->get(), left, left + 2);
    RequireVerifies(cut->get(), Sign(log.get()).size <= left
                                    ? std::optional(Sign(log.get()))
                                    : std::nullopt);
  }
}

TEST_CASE("An older copy of the database is refused by the checkpoint") {
  Fixture f;
  const auto log = f.Open();
  AppendUpTo(log.get(), 0, 3);
  f.Crash("older");
  AppendUpTo(log.get(), 3, 5);
  REQUIRE(log->SignedCheckpoint().ok());
  fs::copy_file(f.CheckpointPath(), f.CheckpointPath("older"),
                fs::copy_options::overwrite_existing);
  CHECK(ReasonOf(f.TryOpen("older").status()) == REASON_CODE_CORRUPT);
  fs::remove_all(f.Options("older").path + "/db");
  CHECK(ReasonOf(f.TryOpen("older").status()) == REASON_CODE_CORRUPT);
}

TEST_CASE("A checkpoint that is missing, damaged or another's is refused") {
  Fixture f;
  {
    const auto log = f.Open();
    AppendUpTo(log.get(), 0, 5);
    const auto other = f.Open("other");
    AppendUpTo(other.get(), 0, 2);
    REQUIRE(other->AppendAndWait(MakeEntry(77)).ok());
  }
  const std::string note = ReadFile(f.CheckpointPath()).value();
  const auto reason_with = [&](const std::string& text) {
    REQUIRE(WriteFileAtomically(f.CheckpointPath(), text, 0600).ok());
    return ReasonOf(f.TryOpen().status());
  };
  CHECK(reason_with("") == REASON_CODE_CORRUPT);
  CHECK(reason_with(note.substr(0, note.size() / 2)) == REASON_CODE_CORRUPT);
  // Rightly signed, over another tree.
  CHECK(reason_with(ReadFile(f.CheckpointPath("other")).value()) ==
        REASON_CODE_CORRUPT);
  fs::remove(f.CheckpointPath());
  CHECK(ReasonOf(f.TryOpen().status()) == REASON_CODE_CORRUPT);
  CHECK(reason_with(note) == status::v1::REASON_CODE_UNSPECIFIED);
}

TEST_CASE("Another origin, another key or a second process is refused") {
  Fixture f;
  {
    const auto log = f.Open();
    AppendUpTo(log.get(), 0, 1);
    CHECK_FALSE(f.TryOpen().ok());
  }
  AuditLogOptions origin = f.Options("trail");
  origin.origin = "county.example/data-bureau/broker-2";
  CHECK(ReasonOf(AuditLog::Open(origin).status()) == REASON_CODE_WRONG_STATE);
  origin.origin = "with space";
  CHECK(ReasonOf(AuditLog::Open(origin).status()) ==
        status::v1::REASON_CODE_MALFORMED);
  const crypto::SigningKey other = crypto::SigningKey::Generate();
  AuditLogOptions key = f.Options("trail");
  key.key = &other;
  CHECK(ReasonOf(AuditLog::Open(key).status()) == REASON_CODE_CORRUPT);
  CHECK(f.TryOpen().ok());
}

TEST_CASE("A making that a crash interrupted is finished at the next start") {
  Fixture f;
  {
    const auto log = f.Open();
  }
  fs::remove(f.CheckpointPath());
  AppendUpTo(f.Open().get(), 0, 1);
  CHECK(f.Open()->size() == 1);
}

// --- A disk that fails
// -----------------------------------------------------------

TEST_CASE("A trail fails while the disk does and works as soon as it does") {
  Fixture f;
  const auto log = f.Open();
  AppendUpTo(log.get(), 0, 3);
  const Checkpoint earlier = Sign(log.get());
  const DiskFault fault = GENERATE(DiskFault::kFull, DiskFault::kIoError);
  const bool syncs_only = GENERATE(false, true);
  if (syncs_only) {
    f.disk.FailSyncs(fault);
  } else {
    f.disk.FailWrites(fault, 20);
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(ReasonOf(log->AppendAndWait(MakeEntry(1000)).status()) ==
          REASON_CODE_AUDIT_UNAVAILABLE);
    CHECK(log->size() == 3);
  }
  f.disk.Heal();
  // What failed may have been found; it is never confirmed under another's
  // index.
  const uint64_t index = log->AppendAndWait(MakeEntry(3)).value();
  CHECK(index >= 3);
  const std::vector<uint64_t> numbers = Numbers(*log);
  REQUIRE(numbers.size() == index + 1);
  CHECK(std::equal(numbers.begin(), numbers.begin() + 3, UpTo(3).begin()));
  CHECK(numbers[index] == 3);
  for (uint64_t i = 3; i < index; ++i) CHECK(numbers[i] == 1000);
  RequireVerifies(log.get(), earlier);
  f.Crash("crashed");
  CHECK(Numbers(*f.Open("crashed")) == numbers);
}

TEST_CASE("A crash after a failed sync leaves a trail that opens") {
  Fixture f;
  const auto log = f.Open();
  AppendUpTo(log.get(), 0, 3);
  const Checkpoint earlier = Sign(log.get());
  f.disk.FailSyncs(DiskFault::kIoError);
  CHECK_FALSE(log->AppendAndWait(MakeEntry(1000)).ok());
  f.Crash("crashed");
  f.disk.Heal();
  const auto crashed = f.Open("crashed");
  CHECK(crashed->size() >= 3);
  CHECK(crashed->size() <= 4);
  RequireVerifies(crashed.get(), earlier);
}

TEST_CASE("Whatever the disk does, confirmed entries stay where they are") {
  Fixture f;
  std::mt19937 random(GENERATE(1, 2));
  auto log = f.Open();
  std::map<uint64_t, uint64_t> confirmed;
  std::optional<Checkpoint> earlier;
  for (uint64_t number = 0; number < 120; ++number) {
    switch (random() % 10) {
      case 0:
        f.disk.FailWrites(
            random() % 2 == 0 ? DiskFault::kFull : DiskFault::kIoError,
            random() % 3000);
        break;
      case 1:
        f.disk.FailSyncs(DiskFault::kIoError);
        break;
      case 2:
      case 3:
        f.disk.Heal();
        break;
      case 4:
        earlier = Sign(log.get());
        break;
      case 5:
        f.disk.Heal();
        log.reset();
        f.Crash("copy");
        log = f.Open();
        break;
      default:
        break;
    }
    const auto index = log->AppendAndWait(MakeEntry(number));
    if (index.ok()) REQUIRE(confirmed.emplace(*index, number).second);
  }
  f.disk.Heal();
  REQUIRE(log->AppendAndWait(MakeEntry(120)).ok());
  const std::vector<uint64_t> numbers = Numbers(*log);
  REQUIRE(confirmed.size() > 10);
  for (const auto& [index, number] : confirmed) {
    REQUIRE(numbers.at(index) == number);
  }
  RequireVerifies(log.get(), earlier);
}

TEST_CASE("A checkpoint that cannot be stored is not given out") {
  Fixture f;
  const auto log = f.Open();
  AppendUpTo(log.get(), 0, 2);
  fs::remove(f.CheckpointPath());
  fs::create_directories(f.CheckpointPath() + "/in-the-way");
  CHECK(ReasonOf(log->SignedCheckpoint().status()) ==
        REASON_CODE_AUDIT_UNAVAILABLE);
  fs::remove_all(f.CheckpointPath());
  CHECK(Sign(log.get()).size == 2);
}

TEST_CASE("Readers, signers and writers go side by side on a failing disk") {
  Fixture f;
  const auto log = f.Open();
  AppendUpTo(log.get(), 0, 4);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  const auto unless_unavailable = [&](const absl::Status& status) {
    if (!status.ok() && ReasonOf(status) != REASON_CODE_AUDIT_UNAVAILABLE) {
      ++wrong;
    }
  };
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    while (!done) {
      const uint64_t size = log->size();
      unless_unavailable(log->Read(size - 2, 2).status());
      unless_unavailable(log->ProveInclusion(size / 2, size).status());
      unless_unavailable(log->ProveConsistency(2, size).status());
    }
  });
  threads.emplace_back([&] {
    while (!done) unless_unavailable(log->SignedCheckpoint().status());
  });
  for (int round = 0; round < 10; ++round) {
    f.disk.FailSyncs(DiskFault::kIoError);
    CHECK_FALSE(log->AppendAndWait(MakeEntry(0)).ok());
    f.disk.Heal();
    CHECK(log->AppendAndWait(MakeEntry(0)).ok());
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  RequireVerifies(log.get(), std::nullopt);
}

}  // namespace
}  // namespace sluice::audit
