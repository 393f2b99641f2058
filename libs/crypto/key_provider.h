// Secret keys by purpose, id and version.
#ifndef SLUICE_LIBS_CRYPTO_KEY_PROVIDER_H_
#define SLUICE_LIBS_CRYPTO_KEY_PROVIDER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::crypto {

inline constexpr size_t kSecretKeyBytes = 32;

// A key and the version it is of.
struct VersionedKey {
  uint32_t version = 0;
  std::string secret;  // kSecretKeyBytes bytes
};

// Thread-safe.
class KeyProvider {
 public:
  virtual ~KeyProvider() = default;

  // NOT_FOUND if there is no such key; purposes and ids are slugs (MALFORMED).
  virtual absl::StatusOr<std::string> Get(absl::string_view purpose,
                                          absl::string_view id,
                                          uint32_t version) = 0;

  // The highest version there was when it was first asked for: a process that
  // goes on uses one version, and takes the next one after its next start.
  // NOT_FOUND if there is none.
  virtual absl::StatusOr<VersionedKey> GetNewest(absl::string_view purpose,
                                                 absl::string_view id) = 0;

  // As GetNewest, and makes version 1 from random bytes if there is none.
  virtual absl::StatusOr<VersionedKey> GetOrCreate(absl::string_view purpose,
                                                   absl::string_view id) = 0;
};

// Keys in files `<folder>/<purpose>/<id>/<version>.key`: 64 hex digits and a
// newline, mode 0600 enforced. Makes the folder with mode 0700.
absl::StatusOr<std::unique_ptr<KeyProvider>> OpenFileKeyProvider(
    const std::string& folder);

// Adds the next version of a key that is in `folder`, from random bytes.
// NOT_FOUND if there is none. One call at a time for a key.
absl::StatusOr<VersionedKey> AddKeyVersion(const std::string& folder,
                                           absl::string_view purpose,
                                           absl::string_view id);

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_KEY_PROVIDER_H_
