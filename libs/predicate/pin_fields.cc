#include "libs/predicate/pin_fields.h"

#include "absl/strings/str_cat.h"
#include "libs/config/bounds.h"
#include "sluice/agreement/v1/predicate.pb.h"

namespace sluice::predicate {
namespace {

using agreement::v1::FieldRef;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

class Pinner {
 public:
  explicit Pinner(const catalog::v1::Resource& resource)
      : resource_(resource) {}

  void Visit(const std::string& path, Message* message) {
    if (message->GetDescriptor() == FieldRef::descriptor()) {
      Pin(path, static_cast<FieldRef*>(message));
      return;
    }
    const auto* const reflection = message->GetReflection();
    std::vector<const FieldDescriptor*> set;
    reflection->ListFields(*message, &set);
    for (const FieldDescriptor* field : set) {
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      const std::string below = config::FieldPath(path, field->name());
      if (!field->is_repeated()) {
        Visit(below, reflection->MutableMessage(message, field));
        continue;
      }
      const int size = reflection->FieldSize(*message, field);
      for (int i = 0; i < size; ++i) {
        Visit(config::ElementPath(below, static_cast<size_t>(i)),
              reflection->MutableRepeatedMessage(message, field, i));
      }
    }
  }

  std::vector<MissingField> Take() { return std::move(missing_); }

 private:
  void Pin(const std::string& path, FieldRef* ref) {
    if (ref->id() != 0) return;
    for (const auto& field : resource_.fields()) {
      if (field.name() != ref->name()) continue;
      ref->set_id(field.id());
      return;
    }
    missing_.push_back({path, ref->name()});
  }

  const catalog::v1::Resource& resource_;
  std::vector<MissingField> missing_;
};

}  // namespace

std::vector<MissingField> PinFields(const catalog::v1::Resource& resource,
                                    absl::string_view path, Message* message) {
  Pinner pinner(resource);
  pinner.Visit(std::string(path), message);
  return pinner.Take();
}

}  // namespace sluice::predicate
