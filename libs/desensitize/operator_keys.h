// The keys of the single operators out of what CompileOperator is given.
// Internal to libs/desensitize.
#ifndef SLUICE_LIBS_DESENSITIZE_OPERATOR_KEYS_H_
#define SLUICE_LIBS_DESENSITIZE_OPERATOR_KEYS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/desensitize/operator.h"
#include "sluice/agreement/v1/treatment.pb.h"

namespace sluice::desensitize {

// The secret of the agreement's own domain where `domain` is empty, else of the
// shared one. `field_name` is for the error.
absl::StatusOr<std::string> DomainSecret(const OperatorKeys& keys,
                                         absl::string_view domain,
                                         const std::string& field_name);

// Keys for other purposes than pseudonyms, of `length` bytes: HKDF-SHA256 of
// the domain's secret under a salt of their own, and what else the key is for.
// docs/formats/fpe.md has them.
std::string PurposeKey(absl::string_view domain_secret, absl::string_view salt,
                       size_t length, absl::string_view info = "");

inline constexpr absl::string_view kFpeAesSalt = "sluice.fpe.aes.v1";
inline constexpr absl::string_view kFpeSm4Salt = "sluice.fpe.sm4.v1";
inline constexpr absl::string_view kPerturbSalt = "sluice.perturb.v1";
inline constexpr absl::string_view kSurrogateSalt = "sluice.surrogate.v1";
inline constexpr absl::string_view kTokenSalt = "sluice.token.v1";

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_OPERATOR_KEYS_H_
