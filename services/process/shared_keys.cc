#include "services/process/shared_keys.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/crypto/sha256.h"

namespace sluice::process {
namespace {

constexpr size_t kCheckBytes = 16;
constexpr char kCheckInfo[] = "sluice/pseudonym-root-check/v1";

class SharedKeys : public crypto::KeyProvider {
 public:
  SharedKeys(std::string folder, std::unique_ptr<crypto::KeyProvider> files)
      : folder_(std::move(folder)), files_(std::move(files)) {}

  absl::StatusOr<std::string> Get(absl::string_view purpose,
                                  absl::string_view id,
                                  uint32_t version) override {
    return files_->Get(purpose, id, version);
  }

  absl::StatusOr<crypto::VersionedKey> GetNewest(
      absl::string_view purpose, absl::string_view id) override {
    auto key = files_->GetNewest(purpose, id);
    if (key.ok() ||
        ReasonOf(key.status()) != status::v1::REASON_CODE_NOT_FOUND) {
      return key;
    }
    return FieldError(
        status::v1::REASON_CODE_NOT_FOUND, "keys_dir",
        absl::StrCat(folder_, " holds no ", purpose, "/", id,
                     ", which all brokers share: copy it from another broker, "
                     "or, for the first broker of a trust domain, make it with "
                     "`sluicectl key make-root ",
                     folder_, "`"));
  }

  absl::StatusOr<crypto::VersionedKey> GetOrCreate(
      absl::string_view purpose, absl::string_view id) override {
    return GetNewest(purpose, id);
  }

 private:
  const std::string folder_;
  const std::unique_ptr<crypto::KeyProvider> files_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<crypto::KeyProvider>> OpenSharedKeys(
    const std::string& folder) {
  ASSIGN_OR_RETURN(auto files, crypto::OpenFileKeyProvider(folder));
  auto keys = std::make_unique<SharedKeys>(folder, std::move(files));
  RETURN_IF_ERROR(keys->GetNewest(kPseudonymPurpose, kPseudonymRoot).status());
  return std::unique_ptr<crypto::KeyProvider>(std::move(keys));
}

absl::StatusOr<std::string> PseudonymRootCheck(crypto::KeyProvider* keys) {
  ASSIGN_OR_RETURN(const crypto::VersionedKey root,
                   keys->GetOrCreate(kPseudonymPurpose, kPseudonymRoot));
  return crypto::HkdfSha256(AsView(root.secret), "",
                            absl::StrCat(kCheckInfo, "/", root.version),
                            kCheckBytes);
}

}  // namespace sluice::process
