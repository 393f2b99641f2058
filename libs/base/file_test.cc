#include "libs/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "libs/base/status.h"

namespace sluice {
namespace {

// A folder that is removed with what is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const char* root = std::getenv("TEST_TMPDIR");
    path_ = std::string(root == nullptr ? "/tmp" : root) + "/file_test.XXXXXX";
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

int ModeOf(const std::string& path) {
  struct stat info;
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

size_t EntriesIn(const std::string& folder) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(folder)) {
    ++count;
  }
  return count;
}

TEST_CASE("What was written atomically is read back, with the mode asked for") {
  const TemporaryFolder folder;
  const std::string path = folder / "a";
  std::string content = "line\n";
  content.push_back('\0');
  content += std::string(100'000, 'x');
  REQUIRE(WriteFileAtomically(path, content, 0600).ok());
  CHECK(ReadFile(path).value() == content);
  CHECK(ReadPrivateFile(path).value() == content);
  CHECK(ModeOf(path) == 0600);

  REQUIRE(WriteFileAtomically(path, "", 0644).ok());
  CHECK(ReadFile(path).value().empty());
  CHECK(ModeOf(path) == 0644);
  CHECK(EntriesIn(folder.path()) == 1);
}

TEST_CASE(
    "A write that cannot be finished leaves nothing beside the old content") {
  const TemporaryFolder folder;
  const std::string taken = folder / "taken";
  REQUIRE(MakeFolders(taken + "/inside", 0700).ok());
  const absl::Status status = WriteFileAtomically(taken, "new", 0600);
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_STORAGE_FAILED);
  CHECK(status.message() ==
        "cannot rename to " + taken + ": Is a directory: check the path");
  CHECK(EntriesIn(folder.path()) == 1);

  const absl::Status nowhere =
      WriteFileAtomically(folder / "missing/file", "new", 0600);
  CHECK(ReasonOf(nowhere) == status::v1::REASON_CODE_NOT_FOUND);
  CHECK(nowhere.message() == "cannot create " + (folder / "missing/file") +
                                 ": No such file or directory: check the path");
}

TEST_CASE("A file that is missing is NOT_FOUND, with path and advice") {
  const auto missing = ReadFile("/nowhere/at/all");
  CHECK(ReasonOf(missing.status()) == status::v1::REASON_CODE_NOT_FOUND);
  CHECK(
      missing.status().message() ==
      "cannot open /nowhere/at/all: No such file or directory: check the path");
}

TEST_CASE(
    "A secret that group or others may touch is refused with the remedy") {
  const TemporaryFolder folder;
  const std::string path = folder / "key";
  for (const int mode : {0640, 0604, 0610, 0601, 0620, 0602, 0644, 0666}) {
    CAPTURE(mode);
    REQUIRE(WriteFileAtomically(path, "secret", mode).ok());
    const auto read = ReadPrivateFile(path);
    CHECK(ReasonOf(read.status()) == status::v1::REASON_CODE_MALFORMED);
    CHECK(ReadFile(path).ok());
  }
  REQUIRE(WriteFileAtomically(path, "secret", 0644).ok());
  CHECK(ReadPrivateFile(path).status().message() ==
        path + " holds a secret and has mode 0644: run `chmod 600 " + path +
            "`");
  for (const int mode : {0600, 0400}) {
    REQUIRE(WriteFileAtomically(path, "secret", mode).ok());
    CHECK(ReadPrivateFile(path).value() == "secret");
  }
}

TEST_CASE(
    "Folders, devices and named pipes are not read, and a pipe does not "
    "block") {
  const TemporaryFolder folder;
  const std::string pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string& path :
       {pipe, folder.path(), std::string("/dev/zero")}) {
    CAPTURE(path);
    const auto read = ReadFile(path);
    CHECK(ReasonOf(read.status()) == status::v1::REASON_CODE_MALFORMED);
    CHECK(read.status().message() ==
          path + " is not a regular file: name a file");
  }
}

TEST_CASE("A file above the limit is TOO_LARGE and one at the limit is read") {
  const TemporaryFolder folder;
  const std::string path = folder / "large";
  REQUIRE(WriteFileAtomically(path, "", 0600).ok());
  REQUIRE(::truncate(path.c_str(), kReadFileBytesMax) == 0);
  CHECK(ReadFile(path).value().size() == kReadFileBytesMax);
  REQUIRE(::truncate(path.c_str(), kReadFileBytesMax + 1) == 0);
  const auto read = ReadFile(path);
  CHECK(ReasonOf(read.status()) == status::v1::REASON_CODE_TOO_LARGE);
}

TEST_CASE("Folders are made with their parents and their mode, once or again") {
  const TemporaryFolder folder;
  const std::string deep = folder / "a/b/c";
  REQUIRE(MakeFolders(deep, 0700).ok());
  CHECK(ModeOf(folder / "a") == 0700);
  CHECK(ModeOf(deep) == 0700);
  CHECK(MakeFolders(deep, 0755).ok());
  CHECK(ModeOf(deep) == 0700);
  CHECK(MakeFolders(folder / "d/e/", 0700).ok());
  CHECK(std::filesystem::is_directory(folder / "d/e"));
}

TEST_CASE("A file in the way of a folder is an error that says so") {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  REQUIRE(WriteFileAtomically(path, "", 0600).ok());
  const absl::Status status = MakeFolders(path, 0700);
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_STORAGE_FAILED);
  CHECK(status.message() ==
        path +
            " is there and is not a folder: move it away or "
            "choose another path");
  CHECK_FALSE(MakeFolders(path + "/below", 0700).ok());
}

TEST_CASE("Listing gives the regular files with the suffix, sorted") {
  const TemporaryFolder folder;
  for (const char* name :
       {"b.yaml", "a.yaml", "c.yml", ".yaml", "d.yaml.bak"}) {
    REQUIRE(WriteFileAtomically(folder / name, "", 0600).ok());
  }
  REQUIRE(MakeFolders(folder / "folder.yaml", 0700).ok());
  REQUIRE(::symlink("a.yaml", (folder / "link.yaml").c_str()) == 0);
  REQUIRE(::symlink("gone", (folder / "dangling.yaml").c_str()) == 0);
  CHECK(ListFiles(folder.path(), ".yaml").value() ==
        std::vector<std::string>{folder / ".yaml", folder / "a.yaml",
                                 folder / "b.yaml", folder / "link.yaml"});
  CHECK(ListFiles(folder / "folder.yaml", ".yaml").value().empty());
  const auto missing = ListFiles(folder / "missing", "");
  CHECK(ReasonOf(missing.status()) == status::v1::REASON_CODE_NOT_FOUND);
}

TEST_CASE("Relative paths are relative to the file they stand in") {
  CHECK(ResolvePath("/etc/sluice/sluice.yaml", "ca.pem") ==
        "/etc/sluice/ca.pem");
  CHECK(ResolvePath("/etc/sluice/sluice.yaml", "../ca.pem") == "/etc/ca.pem");
  CHECK(ResolvePath("/etc/sluice/sluice.yaml", "/ca.pem") == "/ca.pem");
  CHECK(ResolvePath("sluice.yaml", "keys/ca.pem") == "keys/ca.pem");
  CHECK(ResolvePath("conf/sluice.yaml", "./ca.pem") == "conf/ca.pem");
}

TEST_CASE(
    "A failed system call is told with its cause and a remedy that fits") {
  CHECK(
      ErrnoError(ENOSPC, "write", "/d/f").message() ==
      "cannot write /d/f: No space left on device: the disk is full, make room "
      "and start again");
  CHECK(ErrnoError(EACCES, "open", "/d/f").message() ==
        "cannot open /d/f: Permission denied: check its owner and mode");
  CHECK(ErrnoError(EROFS, "write", "/d/f").message() ==
        "cannot write /d/f: Read-only file system: choose a writable folder");
  CHECK(ErrnoError(EIO, "read", "/d/f").message() ==
        "cannot read /d/f: Input/output error: check the disk");
  CHECK(ErrnoError(EMFILE, "open", "/d/f").message() ==
        "cannot open /d/f: Too many open files: too many files are open, raise "
        "the "
        "limit (ulimit -n)");
  CHECK(ReasonOf(ErrnoError(ENOSPC, "write", "/d/f")) ==
        status::v1::REASON_CODE_STORAGE_FAILED);
}

}  // namespace
}  // namespace sluice
