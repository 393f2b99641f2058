// How large an audit entry may be.
#ifndef SLUICE_LIBS_AUDIT_ENTRY_SIZE_H_
#define SLUICE_LIBS_AUDIT_ENTRY_SIZE_H_

#include <cstddef>

namespace sluice::audit {

// Largest serialized entry: C2SP tlog-tiles stores it behind a uint16 length.
inline constexpr size_t kEntryBytesMax = 65'535;

}  // namespace sluice::audit

#endif  // SLUICE_LIBS_AUDIT_ENTRY_SIZE_H_
