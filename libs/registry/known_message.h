// Whether this build understands all of a message.
#ifndef SLUICE_LIBS_REGISTRY_KNOWN_MESSAGE_H_
#define SLUICE_LIBS_REGISTRY_KNOWN_MESSAGE_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace sluice::registry {

// MALFORMED, naming the message, when `message` or one inside it has a field
// that this build does not know. A command that a newer program made may hold a
// restriction there; to skip it would grant more than was agreed.
absl::Status CheckAllKnown(const google::protobuf::Message& message);

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_KNOWN_MESSAGE_H_
