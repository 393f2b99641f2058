#include "libs/crypto/key_provider.h"

#include <algorithm>
#include <filesystem>
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

class FileKeyProvider : public KeyProvider {
 public:
  explicit FileKeyProvider(std::string folder) : folder_(std::move(folder)) {}

  absl::StatusOr<std::string> Get(absl::string_view purpose,
                                  absl::string_view id,
                                  uint32_t version) override {
    ASSIGN_OR_RETURN(const std::string folder, FolderOf(purpose, id));
    return ReadKey(absl::StrCat(folder, "/", version, kSuffix));
  }

  absl::StatusOr<VersionedKey> GetNewest(absl::string_view purpose,
                                         absl::string_view id) override {
    ASSIGN_OR_RETURN(const std::string folder, FolderOf(purpose, id));
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
    ASSIGN_OR_RETURN(newest.secret, Get(purpose, id, newest.version));
    return newest;
  }

  absl::StatusOr<VersionedKey> GetOrCreate(absl::string_view purpose,
                                           absl::string_view id) override {
    MutexLock lock(&create_mutex_);
    auto newest = GetNewest(purpose, id);
    if (newest.ok() ||
        ReasonOf(newest.status()) != status::v1::REASON_CODE_NOT_FOUND) {
      return newest;
    }
    ASSIGN_OR_RETURN(const std::string folder, FolderOf(purpose, id));
    RETURN_IF_ERROR(MakeFolders(folder, 0700));
    VersionedKey made{1, RandomBytes(kSecretKeyBytes)};
    RETURN_IF_ERROR(
        WriteFileAtomically(absl::StrCat(folder, "/", made.version, kSuffix),
                            absl::StrCat(HexEncode(made.secret), "\n"), 0600));
    return made;
  }

 private:
  absl::StatusOr<std::string> FolderOf(absl::string_view purpose,
                                       absl::string_view id) const {
    RETURN_IF_ERROR(CheckSlug("purpose", purpose));
    RETURN_IF_ERROR(CheckSlug("id", id));
    return absl::StrCat(folder_, "/", purpose, "/", id);
  }

  static absl::StatusOr<std::string> ReadKey(const std::string& path) {
    ASSIGN_OR_RETURN(const std::string text, ReadPrivateFile(path));
    auto secret = HexDecode(absl::StripSuffix(text, "\n"));
    if (!secret.ok() || secret->size() != kSecretKeyBytes) {
      return Error(status::v1::REASON_CODE_MALFORMED,
                   absl::StrCat(path, " does not hold ", 2 * kSecretKeyBytes,
                                " hex digits: restore it from a backup"));
    }
    return secret;
  }

  const std::string folder_;
  // One GetOrCreate at a time, so that two callers get the same new key.
  Mutex create_mutex_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<KeyProvider>> OpenFileKeyProvider(
    const std::string& folder) {
  RETURN_IF_ERROR(MakeFolders(folder, 0700));
  return std::unique_ptr<KeyProvider>(new FileKeyProvider(folder));
}

}  // namespace sluice::crypto
