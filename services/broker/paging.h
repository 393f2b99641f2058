// Page sizes and tokens, the same for every list.
#ifndef SLUICE_SERVICES_BROKER_PAGING_H_
#define SLUICE_SERVICES_BROKER_PAGING_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::broker {

inline constexpr uint32_t kPageSizeDefault = 100;
inline constexpr uint32_t kPageSizeMax = 1000;
inline constexpr size_t kPageTokenBytesMax = 256;

// The page size a request asks for: 0 means the default. OUT_OF_BOUNDS above
// the largest.
absl::StatusOr<size_t> PageSize(uint32_t asked);

// A token is the key of the last item of a page. OUT_OF_BOUNDS if longer than
// any key.
absl::Status CheckPageToken(const std::string& token);

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_PAGING_H_
