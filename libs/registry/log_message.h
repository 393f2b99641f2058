// A command as a message of the registry topic.
#ifndef SLUICE_LIBS_REGISTRY_LOG_MESSAGE_H_
#define SLUICE_LIBS_REGISTRY_LOG_MESSAGE_H_

#include <optional>
#include <string>

#include "libs/bus/event_log.h"
#include "libs/crypto/sha256.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::registry {

// `<command id>/<16 random hex digits>`: a key of its own for each append. Were
// the id alone the key, a command that was sent twice would lose its first
// place in the compacted topic, and who replays the log would judge it in
// another order.
std::string NewMessageKey(const std::string& command_id);

bus::Outgoing MakeMessage(const std::string& key,
                          const v1::SignedCommand& command);

struct CommandMessage {
  v1::SignedCommand signed_command;
  // Parsed; bounds and signature are not yet checked.
  v1::Command command;
  crypto::Digest digest = {};
};

// Nothing unless the value is a command and the key is one that NewMessageKey
// makes for its id. Such a message is no part of what everyone agrees on:
// compaction may drop it, so nothing may follow from it.
std::optional<CommandMessage> ParseMessage(const bus::Message& message);

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_LOG_MESSAGE_H_
