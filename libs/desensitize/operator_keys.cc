#include "libs/desensitize/operator_keys.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/crypto/sha256.h"
#include "libs/desensitize/pseudonym.h"

namespace sluice::desensitize {

absl::StatusOr<std::string> DomainSecret(const OperatorKeys& keys,
                                         absl::string_view domain,
                                         const std::string& field_name) {
  std::string secret = keys.pseudonym_secret;
  if (!domain.empty()) {
    if (!keys.shared_domain) {
      return Error(status::v1::REASON_CODE_INTERNAL,
                   absl::StrCat("field ", field_name,
                                " is treated under the shared domain ", domain,
                                " and no keys of shared domains are at hand"));
    }
    ASSIGN_OR_RETURN(secret, keys.shared_domain(domain));
  }
  if (secret.size() == kPseudonymSecretBytes) return secret;
  return Error(
      status::v1::REASON_CODE_INTERNAL,
      absl::StrCat("field ", field_name,
                   " is treated under a key, and the secret given has ",
                   secret.size(), " bytes instead of ", kPseudonymSecretBytes,
                   ": check the pseudonym root key of this broker"));
}

std::string PurposeKey(absl::string_view domain_secret, absl::string_view salt,
                       size_t length, absl::string_view info) {
  return crypto::HkdfSha256(domain_secret, salt, info, length);
}

}  // namespace sluice::desensitize
