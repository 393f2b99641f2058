#include "libs/crypto/key_provider.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/status.h"

namespace sluice::crypto {
namespace {

std::string NewFolder() {
  const char* root = std::getenv("TEST_TMPDIR");
  std::string folder =
      std::string(root == nullptr ? "/tmp" : root) + "/keys.XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  return folder + "/keys";
}

int ModeOf(const std::string& path) {
  struct stat info;
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

ReasonCode ReasonOfKey(const absl::StatusOr<std::string>& key) {
  return ReasonOf(key.status());
}

TEST_CASE("A key that is made once is found again, also by another provider") {
  const std::string folder = NewFolder();
  const auto keys = OpenFileKeyProvider(folder).value();
  const VersionedKey made = keys->GetOrCreate("pseudonym", "root").value();
  CHECK(made.version == 1);
  CHECK(made.secret.size() == kSecretKeyBytes);
  CHECK(keys->GetOrCreate("pseudonym", "root")->secret == made.secret);
  CHECK(keys->GetNewest("pseudonym", "root")->secret == made.secret);
  CHECK(keys->Get("pseudonym", "root", 1).value() == made.secret);
  const auto again = OpenFileKeyProvider(folder).value();
  CHECK(again->GetOrCreate("pseudonym", "root")->secret == made.secret);
  CHECK(keys->GetOrCreate("pseudonym", "other")->secret != made.secret);
  CHECK(keys->GetOrCreate("audit", "root")->secret != made.secret);
}

TEST_CASE("A new version is taken by who asks for the first time after it") {
  const std::string folder = NewFolder();
  CHECK(ReasonOf(AddKeyVersion(folder, "pseudonym", "root").status()) ==
        status::v1::REASON_CODE_NOT_FOUND);
  const auto keys = OpenFileKeyProvider(folder).value();
  const VersionedKey first = keys->GetOrCreate("pseudonym", "root").value();
  const VersionedKey second =
      AddKeyVersion(folder, "pseudonym", "root").value();
  CHECK(second.version == 2);
  CHECK(second.secret != first.secret);
  CHECK(ModeOf(folder + "/pseudonym/root/2.key") == 0600);
  // Who has begun with the first goes on with it.
  CHECK(keys->GetNewest("pseudonym", "root")->secret == first.secret);
  CHECK(keys->GetOrCreate("pseudonym", "root")->version == 1);
  const auto later = OpenFileKeyProvider(folder).value();
  CHECK(later->GetOrCreate("pseudonym", "root")->secret == second.secret);
  CHECK(later->GetNewest("pseudonym", "root")->version == 2);
  // The version before stays, for who must still open what was made with it.
  CHECK(later->Get("pseudonym", "root", 1).value() == first.secret);
}

TEST_CASE("Files are hex and newline, and nobody else may read them") {
  const std::string folder = NewFolder();
  const auto keys = OpenFileKeyProvider(folder).value();
  const VersionedKey made = keys->GetOrCreate("pseudonym", "root").value();
  const std::string path = folder + "/pseudonym/root/1.key";
  CHECK(ReadFile(path).value() == HexEncode(made.secret) + "\n");
  CHECK(ModeOf(path) == 0600);
  CHECK(ModeOf(folder) == 0700);
  CHECK(ModeOf(folder + "/pseudonym/root") == 0700);
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  CHECK(ReasonOfKey(keys->Get("pseudonym", "root", 1)) ==
        status::v1::REASON_CODE_MALFORMED);
  CHECK_FALSE(keys->GetOrCreate("pseudonym", "root").ok());
}

TEST_CASE(
    "The newest key is the one of the highest number, not of the last name") {
  const std::string folder = NewFolder();
  const auto keys = OpenFileKeyProvider(folder).value();
  REQUIRE(MakeFolders(folder + "/p/i", 0700).ok());
  for (const int version : {2, 9, 10}) {
    REQUIRE(
        WriteFileAtomically(folder + "/p/i/" + std::to_string(version) + ".key",
                            std::string(64, 'a'), 0600)
            .ok());
  }
  CHECK(keys->GetNewest("p", "i")->version == 10);
  CHECK(keys->GetOrCreate("p", "i")->version == 10);
  CHECK(keys->Get("p", "i", 2).value() == std::string(32, '\xaa'));
  CHECK(ReasonOfKey(keys->Get("p", "i", 3)) ==
        status::v1::REASON_CODE_NOT_FOUND);
}

TEST_CASE("Files whose name is no version are left alone and hide no key") {
  const std::string folder = NewFolder();
  const auto keys = OpenFileKeyProvider(folder).value();
  const VersionedKey made = keys->GetOrCreate("p", "i").value();
  for (const char* name : {"02.key", "+3.key", " 4.key", "x.key", "5.key.bak",
                           "4294967296.key", "0.key"}) {
    REQUIRE(
        WriteFileAtomically(folder + "/p/i/" + name, std::string(64, 'b'), 0600)
            .ok());
  }
  CHECK(keys->GetNewest("p", "i")->version == 1);
  CHECK(keys->GetOrCreate("p", "i")->secret == made.secret);
}

TEST_CASE("A damaged key is an error and is never replaced by a new one") {
  const std::string folder = NewFolder();
  const auto keys = OpenFileKeyProvider(folder).value();
  REQUIRE(keys->GetOrCreate("p", "i").ok());
  const std::string path = folder + "/p/i/1.key";
  for (const std::string& content :
       {std::string(), std::string(62, 'a'), std::string(66, 'a'),
        std::string(64, 'g'), std::string(64, 'a') + "\n\n"}) {
    REQUIRE(WriteFileAtomically(path, content, 0600).ok());
    const auto key = keys->GetOrCreate("p", "i");
    CHECK(ReasonOf(key.status()) == status::v1::REASON_CODE_MALFORMED);
    CHECK(key.status().message() ==
          path + " does not hold 64 hex digits: restore it from a backup");
    CHECK(ReadFile(path).value() == content);
  }
}

TEST_CASE(
    "Purposes and ids that are no slugs are MALFORMED, so no path escapes") {
  const auto keys = OpenFileKeyProvider(NewFolder()).value();
  for (const std::string& bad :
       {std::string(), std::string(".."), std::string("a/b"), std::string("A"),
        std::string("a.b"), std::string("a b"), std::string(65, 'a'),
        std::string("a\0b", 3), std::string("\xE6\xB0\x91")}) {
    CAPTURE(bad);
    CHECK(ReasonOfKey(keys->Get(bad, "i", 1)) ==
          status::v1::REASON_CODE_MALFORMED);
    CHECK(ReasonOfKey(keys->Get("p", bad, 1)) ==
          status::v1::REASON_CODE_MALFORMED);
    CHECK(ReasonOf(keys->GetOrCreate(bad, "i").status()) ==
          status::v1::REASON_CODE_MALFORMED);
    CHECK(ReasonOf(keys->GetNewest("p", bad).status()) ==
          status::v1::REASON_CODE_MALFORMED);
  }
}

TEST_CASE("What does not exist is NOT_FOUND") {
  const auto keys = OpenFileKeyProvider(NewFolder()).value();
  CHECK(ReasonOfKey(keys->Get("p", "i", 1)) ==
        status::v1::REASON_CODE_NOT_FOUND);
  CHECK(ReasonOf(keys->GetNewest("p", "i").status()) ==
        status::v1::REASON_CODE_NOT_FOUND);
}

TEST_CASE("Threads that ask for a new key at once get the same one") {
  const auto keys = OpenFileKeyProvider(NewFolder()).value();
  std::vector<std::string> secrets(8);
  std::vector<std::thread> threads;
  threads.reserve(secrets.size());
  for (std::string& secret : secrets) {
    threads.emplace_back(
        [&] { secret = keys->GetOrCreate("p", "i").value().secret; });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(std::set<std::string>(secrets.begin(), secrets.end()).size() == 1);
  CHECK(secrets[0].size() == kSecretKeyBytes);
}

}  // namespace
}  // namespace sluice::crypto
