#include "libs/audit/trail_store.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/endian.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/storage/test_folder.h"
#include "rocksdb/db.h"

namespace sluice::audit {
namespace {

using status::v1::REASON_CODE_CORRUPT;
using status::v1::REASON_CODE_WRONG_STATE;

constexpr char kOrigin[] = "county.example/data-bureau/broker-1";

std::vector<std::string> MakeEntries(size_t from, size_t to) {
  std::vector<std::string> entries;
  for (size_t i = from; i < to; ++i)
    entries.push_back(absl::StrCat("entry ", i));
  return entries;
}

absl::Status CommitAll(TrailStore* store,
                       const std::vector<std::string>& entries) {
  std::vector<absl::string_view> views;
  for (const std::string& entry : entries) views.push_back(AsView(entry));
  return store->Commit(views);
}

absl::StatusOr<std::unique_ptr<TrailStore>> Open(const std::string& path) {
  return TrailStore::Open(path, kOrigin, nullptr);
}

// Rows by the bytes of docs/formats/audit.md, not by the store's own code.
std::string RowKey(uint64_t leaf, int tag) {
  std::string key = "\x01";
  AppendBig64(leaf, &key);
  key.push_back(static_cast<char>(tag));
  return key;
}

void Change(const std::string& path,
            const std::function<rocksdb::Status(rocksdb::DB*)>& change) {
  rocksdb::DB* raw = nullptr;
  REQUIRE(rocksdb::DB::Open(rocksdb::Options(), path, &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  REQUIRE(change(raw).ok());
}

// Makes a trail of ten entries, changes it, and says how Open takes that.
ReasonCode ReasonAfter(
    const std::function<rocksdb::Status(rocksdb::DB*)>& change) {
  const storage::TestFolder folder;
  {
    const auto store = Open(folder.path());
    REQUIRE(store.ok());
    REQUIRE(CommitAll(store->get(), MakeEntries(0, 10)).ok());
  }
  Change(folder.path(), change);
  return ReasonOf(Open(folder.path()).status());
}

TEST_CASE("Commits are read back and survive a restart") {
  const storage::TestFolder folder;
  Digest root;
  {
    auto store = Open(folder.path()).value();
    CHECK(store->frontier().size() == 0);
    REQUIRE(CommitAll(store.get(), MakeEntries(0, 3)).ok());
    REQUIRE(CommitAll(store.get(), MakeEntries(3, 10)).ok());
    CHECK(store->Read(0, 10).value() == MakeEntries(0, 10));
    CHECK(store->Read(4, 3).value() == MakeEntries(4, 7));
    root = store->frontier().Root();
  }
  auto store = Open(folder.path()).value();
  CHECK(store->frontier().size() == 10);
  CHECK(store->frontier().Root() == root);
  REQUIRE(CommitAll(store.get(), MakeEntries(10, 12)).ok());
  CHECK(store->Read(0, 12).value() == MakeEntries(0, 12));
}

TEST_CASE("Rows are those of docs/formats/audit.md") {
  const storage::TestFolder folder;
  REQUIRE(CommitAll(Open(folder.path()).value().get(), MakeEntries(0, 2)).ok());
  Change(folder.path(), [](rocksdb::DB* db) {
    const Digest leaves[] = {LeafHash("entry 0"), LeafHash("entry 1")};
    const Digest root = NodeHash(leaves[0], leaves[1]);
    const std::vector<std::pair<std::string, std::string>> expected = {
        {RowKey(0, 0), "entry 0"},
        {RowKey(0, 1), std::string(crypto::DigestView(leaves[0]))},
        {RowKey(1, 0), "entry 1"},
        {RowKey(1, 1), std::string(crypto::DigestView(leaves[1]))},
        {RowKey(1, 2), std::string(crypto::DigestView(root))},
        {"\x02"
         "format",
         "sluice-audit-1"},
        {"\x02"
         "origin",
         kOrigin},
        {"\x02"
         "size",
         std::string("\0\0\0\0\0\0\0\x02", 8)},
    };
    const std::unique_ptr<rocksdb::Iterator> row(
        db->NewIterator(rocksdb::ReadOptions()));
    row->SeekToFirst();
    for (const auto& [key, value] : expected) {
      REQUIRE(row->Valid());
      CHECK(row->key().ToString() == key);
      CHECK(row->value().ToString() == value);
      row->Next();
    }
    CHECK_FALSE(row->Valid());
    return row->status();
  });
}

TEST_CASE("A trail longer than what is checked at each start opens right") {
  const storage::TestFolder folder;
  constexpr size_t kEntries = kEntriesCheckedAtOpen + 1001;
  Frontier expected;
  for (const std::string& entry : MakeEntries(0, kEntries)) {
    expected.Append(LeafHash(entry));
  }
  REQUIRE(CommitAll(Open(folder.path()).value().get(), MakeEntries(0, kEntries))
              .ok());
  const auto store = Open(folder.path()).value();
  CHECK(store->frontier().size() == kEntries);
  CHECK(store->frontier().Root() == expected.Root());
}

TEST_CASE("A changed entry is refused") {
  CHECK(ReasonAfter([](rocksdb::DB* db) {
          return db->Put({}, RowKey(4, 0), "entry X");
        }) == REASON_CODE_CORRUPT);
}

TEST_CASE("A changed or missing hash is refused") {
  for (const auto& [leaf, tag] :
       std::vector<std::pair<uint64_t, int>>{{0, 1}, {3, 3}, {7, 4}, {9, 1}}) {
    INFO(leaf);
    CHECK(ReasonAfter([key = RowKey(leaf, tag)](rocksdb::DB* db) {
            return db->Put({}, key, std::string(32, 'x'));
          }) == REASON_CODE_CORRUPT);
    CHECK(ReasonAfter([key = RowKey(leaf, tag)](rocksdb::DB* db) {
            return db->Delete({}, key);
          }) == REASON_CODE_CORRUPT);
  }
}

TEST_CASE("A missing entry is refused, at the end too") {
  for (const uint64_t index : {0, 5, 9}) {
    CHECK(ReasonAfter([&](rocksdb::DB* db) {
            return db->Delete({}, RowKey(index, 0));
          }) == REASON_CODE_CORRUPT);
  }
}

TEST_CASE("A size that does not fit the rows is refused") {
  for (const char size : {9, 11}) {
    CHECK(ReasonAfter([&](rocksdb::DB* db) {
            return db->Put({},
                           "\x02"
                           "size",
                           std::string("\0\0\0\0\0\0\0", 7) + size);
          }) == REASON_CODE_CORRUPT);
  }
  CHECK(ReasonAfter([](rocksdb::DB* db) {
          return db->Delete({},
                            "\x02"
                            "size");
        }) == REASON_CODE_CORRUPT);
}

TEST_CASE("What is no audit trail, or an unknown format, is refused") {
  const storage::TestFolder folder;
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    REQUIRE(rocksdb::DB::Open(options, folder.path(), &db).ok());
    REQUIRE(db->Put({}, "some", "thing").ok());
    delete db;
  }
  CHECK(ReasonOf(Open(folder.path()).status()) == REASON_CODE_WRONG_STATE);
  CHECK(ReasonAfter([](rocksdb::DB* db) {
          return db->Put({},
                         "\x02"
                         "format",
                         "sluice-audit-2");
        }) == REASON_CODE_WRONG_STATE);
}

TEST_CASE("Another origin's trail is refused") {
  const storage::TestFolder folder;
  REQUIRE(Open(folder.path()).ok());
  CHECK(
      ReasonOf(TrailStore::Open(folder.path(), "another", nullptr).status()) ==
      REASON_CODE_WRONG_STATE);
}

}  // namespace
}  // namespace sluice::audit
