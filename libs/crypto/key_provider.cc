#include "libs/crypto/key_provider.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/crypto/random.h"

namespace sluice::crypto {
namespace {

constexpr char kSuffix[] = ".key";

absl::Status CheckSlug(absl::string_view what, absl::string_view slug) {
  const bool fits =
      !slug.empty() && slug.size() <= 64 &&
      std::all_of(slug.begin(), slug.end(), [](char c) {
        return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
      });
  if (fits) return absl::OkStatus();
  return Error(status::v1::REASON_CODE_MALFORMED,
               absl::StrCat("a key's ", what,
                            " is 1 to 64 lower case letters, digits and -"));
}

absl::StatusOr<std::string> FolderOf(const std::string& folder,
                                     absl::string_view purpose,
                                     absl::string_view id) {
  RETURN_IF_ERROR(CheckSlug("purpose", purpose));
  RETURN_IF_ERROR(CheckSlug("id", id));
  return absl::StrCat(folder, "/", purpose, "/", id);
}

absl::StatusOr<std::string> ReadKey(const std::string& folder,
                                    uint32_t version) {
  const std::string path = absl::StrCat(folder, "/", version, kSuffix);
  ASSIGN_OR_RETURN(const std::string text, ReadPrivateFile(path));
  auto secret = HexDecode(absl::StripSuffix(text, "\n"));
  if (!secret.ok() || secret->size() != kSecretKeyBytes) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat(path, " does not hold ", 2 * kSecretKeyBytes,
                              " hex digits: restore it from a backup"));
  }
  return secret;
}

absl::StatusOr<VersionedKey> ReadNewest(const std::string& folder) {
  ASSIGN_OR_RETURN(const auto files, ListFiles(folder, kSuffix));
  VersionedKey newest;
  for (const std::string& file : files) {
    const std::string name = std::filesystem::path(file).stem().string();
    uint32_t version = 0;
    // Only names that Get would look for: "01.key" is not version 1.
    if (absl::SimpleAtoi(name, &version) && absl::StrCat(version) == name) {
      newest.version = std::max(newest.version, version);
    }
  }
  if (newest.version == 0) {
    return Error(status::v1::REASON_CODE_NOT_FOUND,
                 absl::StrCat("no <version>", kSuffix, " in ", folder,
                              ": restore it from a backup"));
  }
  ASSIGN_OR_RETURN(newest.secret, ReadKey(folder, newest.version));
  return newest;
}

absl::StatusOr<VersionedKey> MakeKey(const std::string& folder,
                                     uint32_t version) {
  VersionedKey made{version, RandomBytes(kSecretKeyBytes)};
  RETURN_IF_ERROR(
      WriteFileAtomically(absl::StrCat(folder, "/", made.version, kSuffix),
                          absl::StrCat(HexEncode(made.secret), "\n"), 0600));
  return made;
}

class FileKeyProvider : public KeyProvider {
 public:
  explicit FileKeyProvider(std::string folder) : folder_(std::move(folder)) {}

  absl::StatusOr<std::string> Get(absl::string_view purpose,
                                  absl::string_view id,
                                  uint32_t version) override {
    ASSIGN_OR_RETURN(const std::string folder, FolderOf(folder_, purpose, id));
    return ReadKey(folder, version);
  }

  absl::StatusOr<VersionedKey> GetNewest(absl::string_view purpose,
                                         absl::string_view id) override {
    ASSIGN_OR_RETURN(const std::string folder, FolderOf(folder_, purpose, id));
    uint32_t version = ChosenVersion(folder);
    if (version == 0) {
      ASSIGN_OR_RETURN(const VersionedKey newest, ReadNewest(folder));
      version = Choose(folder, newest.version);
    }
    // The file is looked at each time, and with it who may read it.
    ASSIGN_OR_RETURN(std::string secret, ReadKey(folder, version));
    return VersionedKey{version, std::move(secret)};
  }

  absl::StatusOr<VersionedKey> GetOrCreate(absl::string_view purpose,
                                           absl::string_view id) override {
    MutexLock lock(&create_mutex_);
    ASSIGN_OR_RETURN(const std::string folder, FolderOf(folder_, purpose, id));
    auto newest = GetNewest(purpose, id);
    if (newest.ok() || ChosenVersion(folder) != 0 ||
        ReasonOf(newest.status()) != status::v1::REASON_CODE_NOT_FOUND) {
      return newest;
    }
    RETURN_IF_ERROR(MakeFolders(folder, 0700));
    ASSIGN_OR_RETURN(VersionedKey made, MakeKey(folder, 1));
    Choose(folder, made.version);
    return made;
  }

 private:
  // 0: none yet.
  uint32_t ChosenVersion(const std::string& folder) {
    MutexLock lock(&mutex_);
    const auto found = versions_.find(folder);
    return found == versions_.end() ? 0 : found->second;
  }

  // Of two that come at once the first counts, and is returned.
  uint32_t Choose(const std::string& folder, uint32_t version) {
    MutexLock lock(&mutex_);
    return versions_.emplace(folder, version).first->second;
  }

  const std::string folder_;
  // One GetOrCreate at a time, so that two callers get the same new key.
  Mutex create_mutex_;
  Mutex mutex_;
  // What GetNewest answers with, by folder. As many as there are keys.
  std::map<std::string, uint32_t> versions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<KeyProvider>> OpenFileKeyProvider(
    const std::string& folder) {
  RETURN_IF_ERROR(MakeFolders(folder, 0700));
  return std::unique_ptr<KeyProvider>(new FileKeyProvider(folder));
}

absl::StatusOr<VersionedKey> AddKeyVersion(const std::string& folder,
                                           absl::string_view purpose,
                                           absl::string_view id) {
  ASSIGN_OR_RETURN(const std::string keys, FolderOf(folder, purpose, id));
  ASSIGN_OR_RETURN(const VersionedKey newest, ReadNewest(keys));
  return MakeKey(keys, newest.version + 1);
}

}  // namespace sluice::crypto
