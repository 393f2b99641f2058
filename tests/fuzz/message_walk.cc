#include "tests/fuzz/message_walk.h"

namespace sluice::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void AddParts(Message* message, std::vector<Message*>* all) {
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection->ListFields(*message, &set);
  for (const FieldDescriptor* field : set) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      all->push_back(reflection->MutableMessage(message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
      all->push_back(reflection->MutableRepeatedMessage(message, field, i));
    }
  }
}

}  // namespace

std::vector<Message*> WalkMessages(Message* root) {
  std::vector<Message*> all = {root};
  for (size_t at = 0; at < all.size(); ++at) AddParts(all[at], &all);
  return all;
}

}  // namespace sluice::fuzz
