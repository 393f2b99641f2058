// Field names in conditions that people wrote turned into ids.
#ifndef SLUICE_LIBS_PREDICATE_PIN_FIELDS_H_
#define SLUICE_LIBS_PREDICATE_PIN_FIELDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::predicate {

// A field that a condition names and its resource does not have.
struct MissingField {
  // Of the FieldRef.
  std::string path;
  std::string name;
};

// Gives every FieldRef in `message`, at any depth, that has a name and no id
// the id of the field of `resource` that is so named. `message` is a Predicate,
// or holds some, as a Treatment does; `path` is where it stands. Returns those
// that have no such field, in the order of the message; they stay as they are.
std::vector<MissingField> PinFields(const catalog::v1::Resource& resource,
                                    absl::string_view path,
                                    google::protobuf::Message* message);

}  // namespace sluice::predicate

#endif  // SLUICE_LIBS_PREDICATE_PIN_FIELDS_H_
