// Ids of resources, as they stand in every batch and envelope.
#ifndef SLUICE_LIBS_RECORDS_RESOURCE_ID_H_
#define SLUICE_LIBS_RECORDS_RESOURCE_ID_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sluice::records {

inline constexpr size_t kResourceIdBytesMax = 128;

// Whether `id` is `<department>.<slug>`: two slugs of lower case letters,
// digits and
// '-', each starting with a letter, at most kResourceIdBytesMax bytes together.
// An id that passes may stand in a log.
bool IsResourceId(absl::string_view id);

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_RESOURCE_ID_H_
