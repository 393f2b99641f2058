#include "libs/storage/database.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/storage/fault_env.h"
#include "libs/storage/test_folder.h"

namespace sluice::storage {
namespace {

DatabaseOptions OptionsFor(const TestFolder& folder, FaultEnv* disk = nullptr) {
  DatabaseOptions options;
  options.path = folder.path() + "/db";
  options.families = {{"rows", SmallRowOptions(rocksdb::NewLRUCache(1 << 20))},
                      {"more", rocksdb::ColumnFamilyOptions()}};
  if (disk != nullptr) options.env = disk->env();
  return options;
}

std::unique_ptr<Database> MustOpen(const DatabaseOptions& options) {
  auto database = Database::Open(options);
  INFO(database.status().ToString());
  REQUIRE(database.ok());
  return std::move(*database);
}

absl::Status Put(Database* database, const std::string& key,
                 const std::string& value) {
  const auto session = database->Use();
  if (!session.ok()) return session.status();
  rocksdb::WriteBatch batch;
  REQUIRE(batch.Put(session->family(0), key, value).ok());
  return session->Write(&batch, Durability::kSynced);
}

std::string ValueOf(Database& database, const std::string& key) {
  const auto session = database.Use();
  REQUIRE(session.ok());
  const auto value = session->Get(0, key);
  INFO(value.status().ToString());
  REQUIRE(value.ok());
  return value->value_or("(none)");
}

std::filesystem::path NewestWal(const std::string& path) {
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == ".log" && entry.path() > newest) {
      newest = entry.path();
    }
  }
  return newest;
}

TEST_CASE("what is written is there after opening again") {
  const TestFolder folder;
  {
    auto database = MustOpen(OptionsFor(folder));
    REQUIRE(Put(database.get(), "a", "1").ok());
    CHECK(ValueOf(*database, "a") == "1");
    CHECK(ValueOf(*database, "b") == "(none)");
  }
  CHECK(ValueOf(*MustOpen(OptionsFor(folder)), "a") == "1");
}

TEST_CASE("a second opening of one folder is told about the first") {
  const TestFolder folder;
  const auto first = MustOpen(OptionsFor(folder));
  const auto second = Database::Open(OptionsFor(folder));
  CHECK(ReasonOf(second.status()) == status::v1::REASON_CODE_STORAGE_FAILED);
  CHECK(absl::StrContains(second.status().message(),
                          "is another sluice process using"));
}

TEST_CASE("a folder with families this program does not know is refused") {
  const TestFolder folder;
  MustOpen(OptionsFor(folder)).reset();
  DatabaseOptions options = OptionsFor(folder);
  options.families.pop_back();
  CHECK(ReasonOf(Database::Open(options).status()) ==
        status::v1::REASON_CODE_WRONG_STATE);
}

// Copies the folder while the database is open, as a crash would leave it, and
// hands the newest write-ahead log to `damage`.
DatabaseOptions CrashedCopy(
    const TestFolder& folder,
    const std::function<void(const std::filesystem::path&)>& damage) {
  DatabaseOptions options = OptionsFor(folder);
  auto database = MustOpen(options);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(Put(database.get(), absl::StrCat("row-", i), std::string(100, 'v'))
                .ok());
  }
  DatabaseOptions copy = options;
  copy.path = folder.path() + "/copy";
  std::filesystem::copy(options.path, copy.path);
  damage(NewestWal(copy.path));
  return copy;
}

TEST_CASE(
    "a last record cut short by a crash is dropped and the rest is kept") {
  const TestFolder folder;
  const auto options =
      CrashedCopy(folder, [](const std::filesystem::path& wal) {
        std::filesystem::resize_file(wal, std::filesystem::file_size(wal) - 20);
      });
  const auto database = MustOpen(options);
  CHECK(ValueOf(*database, "row-8") == std::string(100, 'v'));
  CHECK(ValueOf(*database, "row-9") == "(none)");
}

TEST_CASE(
    "damage in the middle of the write-ahead log is CORRUPT, not dropped") {
  const TestFolder folder;
  const auto options =
      CrashedCopy(folder, [](const std::filesystem::path& wal) {
        std::fstream file(wal, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(
            std::filesystem::file_size(wal) / 2 + 50));
        file.write("????????", 8);
      });
  CHECK(ReasonOf(Database::Open(options).status()) ==
        status::v1::REASON_CODE_CORRUPT);
}

TEST_CASE(
    "a full disk refuses writes, keeps what there is and recovers in place") {
  const TestFolder folder;
  FaultEnv disk;
  {
    auto database = MustOpen(OptionsFor(folder, &disk));
    REQUIRE(Put(database.get(), "before", "1").ok());
    for (const uint64_t bytes_left : {0, 1, 25}) {
      disk.FailWrites(DiskFault::kFull, bytes_left);
      for (int i = 0; i < 3; ++i) {
        const absl::Status full = Put(database.get(), "during", "2");
        CHECK(ReasonOf(full) == status::v1::REASON_CODE_STORAGE_FAILED);
        CHECK(absl::StrContains(full.message(), "the disk is full"));
        CHECK(ValueOf(*database, "during") == "(none)");
      }
      CHECK(ValueOf(*database, "before") == "1");
      disk.Heal();
      const absl::Status healed = Put(database.get(), "after", "3");
      INFO(healed.ToString());
      REQUIRE(healed.ok());
    }
  }
  const auto database = MustOpen(OptionsFor(folder));
  CHECK(ValueOf(*database, "before") == "1");
  CHECK(ValueOf(*database, "during") == "(none)");
  CHECK(ValueOf(*database, "after") == "3");
}

TEST_CASE(
    "a sync that fails for want of space leaves nothing behind once healed") {
  const TestFolder folder;
  FaultEnv disk;
  {
    auto database = MustOpen(OptionsFor(folder, &disk));
    disk.FailSyncs(DiskFault::kFull);
    CHECK_FALSE(Put(database.get(), "during", "2").ok());
    CHECK(ValueOf(*database, "during") == "(none)");
    disk.Heal();
    const absl::Status healed = Put(database.get(), "after", "3");
    INFO(healed.ToString());
    REQUIRE(healed.ok());
    CHECK(ValueOf(*database, "during") == "(none)");
  }
  const auto database = MustOpen(OptionsFor(folder));
  CHECK(ValueOf(*database, "during") == "(none)");
  CHECK(ValueOf(*database, "after") == "3");
}

TEST_CASE(
    "after an I/O error writes stay refused until the database is reopened") {
  const TestFolder folder;
  FaultEnv disk;
  {
    auto database = MustOpen(OptionsFor(folder, &disk));
    REQUIRE(Put(database.get(), "before", "1").ok());
    disk.FailWrites(DiskFault::kIoError);
    CHECK(ReasonOf(Put(database.get(), "during", "2")) ==
          status::v1::REASON_CODE_STORAGE_FAILED);
    disk.Heal();
    CHECK(ReasonOf(Put(database.get(), "during", "2")) ==
          status::v1::REASON_CODE_STORAGE_FAILED);
    CHECK(ValueOf(*database, "before") == "1");
    CHECK(disk.failures() > 0);
  }
  auto database = MustOpen(OptionsFor(folder, &disk));
  CHECK(ValueOf(*database, "before") == "1");
  CHECK(ValueOf(*database, "during") == "(none)");
  CHECK(Put(database.get(), "after", "3").ok());
}

}  // namespace
}  // namespace sluice::storage
