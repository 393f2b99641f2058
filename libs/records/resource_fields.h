// Finds fields in a catalog entry.
#ifndef SLUICE_LIBS_RECORDS_RESOURCE_FIELDS_H_
#define SLUICE_LIBS_RECORDS_RESOURCE_FIELDS_H_

#include <cstdint>
#include <vector>

#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::records {

// The field of `resource` with this id, null if it has none. Lives as long as
// `resource` does.
const catalog::v1::Field* FindField(const catalog::v1::Resource& resource,
                                    uint32_t id);

// The ids of the fields that make up a record's key, in the key's order; empty
// for a resource without one.
std::vector<uint32_t> KeyFieldsOf(const catalog::v1::Resource& resource);

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_RESOURCE_FIELDS_H_
