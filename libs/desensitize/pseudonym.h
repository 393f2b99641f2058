// Keyed digests that stand for values. Every byte is specified in
// docs/formats/pseudonym.md.
#ifndef SLUICE_LIBS_DESENSITIZE_PSEUDONYM_H_
#define SLUICE_LIBS_DESENSITIZE_PSEUDONYM_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "libs/crypto/sha256.h"
#include "sluice/agreement/v1/treatment.pb.h"

namespace sluice::desensitize {

// Length of the secret pseudonyms are made under.
inline constexpr size_t kPseudonymSecretBytes = 32;

// The secret of `domain`: HKDF-SHA256 of `root`. Two domains, or two versions,
// share nothing that anyone without `root` could see.
std::string DerivePseudonymSecret(absl::string_view root,
                                  absl::string_view domain, uint32_t version);

// What DerivePseudonymSecret takes as the domain that agreements share under
// `name`. An agreement's own domain is its id, a slug, which has no colon.
std::string SharedDomain(absl::string_view name);

// Bounds on the characters of a pseudonym: at least 64 bits of digest, at most
// all.
struct PseudonymLengths {
  uint32_t min;
  uint32_t max;
};
PseudonymLengths LengthsOf(agreement::v1::Pseudonym::Format format);

// What WritePseudonym needs room for.
inline constexpr size_t kPseudonymRoom = 64;

// The first `length` characters of `digest` in `format`, at `out`; `length` is
// at most the format's max. Returns the end. What is behind it, up to
// kPseudonymRoom characters from `out` on, is written over.
char* WritePseudonym(const crypto::Digest& digest,
                     agreement::v1::Pseudonym::Format format, size_t length,
                     char* out);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_PSEUDONYM_H_
