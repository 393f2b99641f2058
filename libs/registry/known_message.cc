#include "libs/registry/known_message.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"

namespace sluice::registry {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

absl::Status Check(const Message& message, const std::string& path) {
  const Reflection& reflection = *message.GetReflection();
  const auto& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) {
    const absl::string_view where = path.empty() ? "command" : AsView(path);
    return FieldError(
        status::v1::REASON_CODE_MALFORMED, where,
        absl::StrCat("holds a field (number ", unknown.field(0).number(),
                     ") that is not known here: leave it out, or update the "
                     "brokers"));
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const std::string field_path =
        absl::StrCat(path, path.empty() ? "" : ".", field->name());
    if (!field->is_repeated()) {
      RETURN_IF_ERROR(Check(reflection.GetMessage(message, field), field_path));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      RETURN_IF_ERROR(Check(reflection.GetRepeatedMessage(message, field, i),
                            absl::StrCat(field_path, "[", i, "]")));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckAllKnown(const Message& message) {
  return Check(message, "");
}

}  // namespace sluice::registry
