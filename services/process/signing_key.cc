#include "services/process/signing_key.h"

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/identity/spiffe_id.h"

namespace sluice::process {

absl::StatusOr<crypto::SigningKey> LoadSigningKey(const std::string& path) {
  auto key = crypto::SigningKey::Load(path);
  if (key.ok() || ReasonOf(key.status()) != status::v1::REASON_CODE_NOT_FOUND) {
    return key;
  }
  return FieldError(status::v1::REASON_CODE_NOT_FOUND, "signing_key_file",
                    absl::StrCat("there is no ", path,
                                 ": make it with `sluicectl key create ", path,
                                 "`, and have an officer enrol it"));
}

absl::Status CheckEnrolled(const registry::Registry& registry,
                           const crypto::PublicKey& key,
                           const std::string& department,
                           registry::v1::Role role) {
  const absl::string_view role_name = identity::RoleName(role);
  const auto known = registry.GetKey(AsView(key.id()));
  if (!known.ok()) {
    return Error(
        status::v1::REASON_CODE_UNKNOWN_KEY,
        absl::StrCat(
            "the signing key ", key.id(),
            " of this process is not enrolled: let an officer run `sluicectl "
            "key enrol --department ",
            department, " --role ", role_name, " --holder NAME --public-key ",
            HexEncode(AsView(key.bytes())), "`"));
  }
  const registry::v1::SigningKey& info = (*known)->info;
  if (info.department() != department || info.role() != role) {
    return Error(
        status::v1::REASON_CODE_ROLE_NOT_ALLOWED,
        absl::StrCat("the signing key ", key.id(), " is enrolled for ",
                     info.department(), " as ", identity::RoleName(info.role()),
                     ", and this process is ", department, "'s ", role_name,
                     ": give it a key of its own"));
  }
  if (info.state() != registry::v1::KEY_STATE_ACTIVE) {
    return Error(status::v1::REASON_CODE_KEY_REVOKED,
                 absl::StrCat("the signing key ", key.id(),
                              " was retired or revoked at registry offset ",
                              info.ended_offset(),
                              ": give this process a new key and have it "
                              "enrolled"));
  }
  return absl::OkStatus();
}

}  // namespace sluice::process
