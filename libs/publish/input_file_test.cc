#include "libs/publish/input_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "libs/base/status.h"
#include "libs/storage/test_folder.h"

namespace sluice::publish {
namespace {

void Write(const std::string& path, const std::string& content,
           std::ios::openmode mode = std::ios::trunc) {
  std::ofstream(path, std::ios::binary | mode) << content;
}

TEST_CASE("The digests cover the beginning and the whole") {
  storage::TestFolder folder;
  const std::string path = folder.path() + "/a.csv";
  // More than one chunk, and a prefix that ends inside the second.
  const std::string content(3'000'000, 'x');
  Write(path, content);
  auto file = InputFile::Open(path);
  REQUIRE(file.ok());
  for (const size_t first :
       {size_t{0}, size_t{5}, size_t{1'500'000}, content.size()}) {
    const auto digests = (*file)->ComputeDigests(first, nullptr);
    REQUIRE(digests.ok());
    CHECK(digests->whole == crypto::Sha256(content));
    CHECK(digests->first == crypto::Sha256(content.substr(0, first)));
  }
  const auto stopped = (*file)->ComputeDigests(0, [] { return true; });
  CHECK(ReasonOf(stopped.status()) == status::v1::REASON_CODE_SHUTTING_DOWN);
}

TEST_CASE("A file is held to its size, and changes in place are noticed") {
  storage::TestFolder folder;
  const std::string path = folder.path() + "/a.csv";
  Write(path, "12345");
  auto file = InputFile::Open(path);
  REQUIRE(file.ok());
  CHECK((*file)->CheckUnchanged().ok());
  Write(path, "678", std::ios::app);
  CHECK(ReasonOf((*file)->CheckUnchanged()) ==
        status::v1::REASON_CODE_WRONG_STATE);
  CHECK((*file)->CheckNotCut().ok());
  char bytes[10];
  CHECK(*(*file)->ReadAt(3, bytes, sizeof(bytes)) == 2);
  CHECK(*(*file)->ReadAt(5, bytes, sizeof(bytes)) == 0);
  Write(path, "1");
  CHECK_FALSE((*file)->CheckNotCut().ok());
  CHECK(ReasonOf((*file)->ReadAt(3, bytes, 1).status()) ==
        status::v1::REASON_CODE_WRONG_STATE);
}

TEST_CASE("A file is held to its whole lines") {
  storage::TestFolder folder;
  const std::string path = folder.path() + "/a.csv";
  // The last line break in the last chunk that is looked at, at the begin of
  // one, nowhere.
  const std::string much(200'000, 'x');
  for (const auto& [content, size] :
       std::map<std::string, size_t>{{"", 0},
                                     {"a", 0},
                                     {much, 0},
                                     {"a\n", 2},
                                     {"a\nb\nc", 4},
                                     {"\n" + much, 1},
                                     {"a\n" + std::string(65'535, 'x'), 2},
                                     {"a\n" + std::string(65'536, 'x'), 2}}) {
    INFO(content.size() << " bytes");
    Write(path, content);
    auto file = InputFile::Open(path);
    REQUIRE(file.ok());
    REQUIRE((*file)->KeepWholeLines(nullptr).ok());
    CHECK((*file)->size() == size);
    CHECK((*file)->stamp().size == content.size());
    char bytes[8];
    CHECK(*(*file)->ReadAt(0, bytes, sizeof(bytes)) ==
          std::min(size, sizeof(bytes)));
    CHECK((*file)->ComputeDigests(0, nullptr)->whole ==
          crypto::Sha256(content.substr(0, size)));
    // What is cut off behind them is not missed.
    std::filesystem::resize_file(path, size);
    CHECK((*file)->CheckNotCut().ok());
  }
}

TEST_CASE("Replacing a file by renaming leaves the open one unchanged") {
  storage::TestFolder folder;
  const std::string path = folder.path() + "/a.csv";
  Write(path, "old");
  auto file = InputFile::Open(path);
  REQUIRE(file.ok());
  const FileStamp before = StampOf(path).value();
  Write(path + ".new", "newer");
  std::filesystem::rename(path + ".new", path);
  CHECK((*file)->CheckUnchanged().ok());
  CHECK_FALSE(StampOf(path).value() == before);
}

TEST_CASE("What is no regular file is refused without waiting for it") {
  storage::TestFolder folder;
  const std::string pipe = folder.path() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(ReasonOf(InputFile::Open(pipe).status()) ==
        status::v1::REASON_CODE_MALFORMED);
  CHECK(ReasonOf(InputFile::Open(folder.path() + "/none").status()) ==
        status::v1::REASON_CODE_NOT_FOUND);
}

}  // namespace
}  // namespace sluice::publish
