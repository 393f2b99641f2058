// The operators that work under a key, but pseudonyms.
#ifndef SLUICE_LIBS_DESENSITIZE_KEYED_OPERATORS_H_
#define SLUICE_LIBS_DESENSITIZE_KEYED_OPERATORS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/crypto/block_cipher.h"
#include "libs/desensitize/operator.h"
#include "sluice/agreement/v1/treatment.pb.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::desensitize {

// FPE over an alphabet. `tweak` is at most kFf1TweakBytesMax.
std::unique_ptr<const Operator> NewAlphabetFpe(
    const agreement::v1::Fpe& resolved,
    std::unique_ptr<const crypto::BlockCipher> cipher, std::string tweak);

// The presets: resident id, USCC, phone, bank card.
std::unique_ptr<const Operator> NewPresetFpe(
    const agreement::v1::Fpe& resolved,
    std::unique_ptr<const crypto::BlockCipher> cipher);

// STRING, BYTES, INT64 and DATE columns to STRING. `key` is of AesSiv;
// `version` stands before each token, unless it is 0.
std::unique_ptr<const Operator> NewToken(absl::string_view key,
                                         uint32_t version);

// Date shift and noise under `key` for values of `field`. `record_key`: fields
// of the record's key, in its order; none if records have no key.
std::unique_ptr<const Operator> NewPerturb(
    const agreement::v1::Perturb& resolved, const catalog::v1::Field& field,
    std::vector<uint32_t> record_key, absl::string_view key);

// What is made up for values of `field`, under `key`.
std::unique_ptr<const Operator> NewSurrogate(
    const agreement::v1::Surrogate& resolved, const catalog::v1::Field& field,
    absl::string_view key);

// Its kinds that make up no text of their own.
std::unique_ptr<const Operator> NewInRangeSurrogate(
    const agreement::v1::SurrogateInRange& range,
    const catalog::v1::Field& field, absl::string_view key);
std::unique_ptr<const Operator> NewSameFormSurrogate(absl::string_view key);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_KEYED_OPERATORS_H_
