// Made-up names, streets and companies.
#ifndef SLUICE_LIBS_DESENSITIZE_SURROGATE_TEXTS_H_
#define SLUICE_LIBS_DESENSITIZE_SURROGATE_TEXTS_H_

#include <cstddef>

#include "libs/crypto/digest.h"

namespace sluice::desensitize {

// The longest surrogate there is.
inline constexpr size_t kSurrogateBytesMax = 32;

enum class SurrogateSex { kEither, kFemale, kMale };

// Each writes what `digest` picks, at most kSurrogateBytesMax bytes; returns
// the end. One digest always picks the same.
char* WriteSurrogateName(const crypto::Digest& digest, SurrogateSex sex,
                         char* out);
char* WriteSurrogateStreet(const crypto::Digest& digest, char* out);
char* WriteSurrogateCompany(const crypto::Digest& digest, char* out);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SURROGATE_TEXTS_H_
