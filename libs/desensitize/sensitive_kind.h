// What of persons is looked for in prose.
#ifndef SLUICE_LIBS_DESENSITIZE_SENSITIVE_KIND_H_
#define SLUICE_LIBS_DESENSITIZE_SENSITIVE_KIND_H_

#include <cstdint>

namespace sluice::desensitize {

// Of numbers, those come first that are less likely by chance.
enum class SensitiveKind : uint8_t { kResidentId, kPhone, kBankCard, kEmail };

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SENSITIVE_KIND_H_
