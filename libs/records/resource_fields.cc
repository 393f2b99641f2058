#include "libs/records/resource_fields.h"

#include <string>

namespace sluice::records {

using catalog::v1::Field;
using catalog::v1::Resource;

const Field* FindField(const Resource& resource, uint32_t id) {
  for (const Field& field : resource.fields()) {
    if (field.id() == id) return &field;
  }
  return nullptr;
}

std::vector<uint32_t> KeyFieldsOf(const Resource& resource) {
  std::vector<uint32_t> ids;
  ids.reserve(static_cast<size_t>(resource.key_size()));
  for (const std::string& name : resource.key()) {
    for (const Field& field : resource.fields()) {
      if (field.name() == name) ids.push_back(field.id());
    }
  }
  return ids;
}

}  // namespace sluice::records
