#include "libs/registry/log_message.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/string_view.h"
#include "libs/crypto/random.h"
#include "libs/registry/command.h"
#include "libs/registry/registry.h"

namespace sluice::registry {
namespace {

constexpr size_t kNonceBytes = 8;

bool IsKeyOf(const std::string& key, const std::string& command_id) {
  if (key.size() != command_id.size() + 1 + 2 * kNonceBytes ||
      key.compare(0, command_id.size(), command_id) != 0 ||
      key[command_id.size()] != '/') {
    return false;
  }
  return std::all_of(
      key.begin() + static_cast<ptrdiff_t>(command_id.size()) + 1, key.end(),
      [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string NewMessageKey(const std::string& command_id) {
  return absl::StrCat(command_id, "/",
                      HexEncode(AsView(crypto::RandomBytes(kNonceBytes))));
}

bus::Outgoing MakeMessage(const std::string& key,
                          const v1::SignedCommand& command) {
  v1::SignedCommand stored = command;
  stored.DiscardUnknownFields();
  return bus::Outgoing{
      {kRegistryTopic, 0}, key, SharedBytes::Own(stored.SerializeAsString())};
}

std::optional<CommandMessage> ParseMessage(const bus::Message& message) {
  CommandMessage parsed;
  if (message.value.empty() ||
      !parsed.signed_command.ParseFromArray(
          message.value.data(), static_cast<int>(message.value.size())) ||
      !parsed.command.ParseFromString(parsed.signed_command.command()) ||
      !IsKeyOf(message.key, parsed.command.id())) {
    return std::nullopt;
  }
  parsed.signed_command.DiscardUnknownFields();
  parsed.digest = CommandDigest(parsed.signed_command);
  return parsed;
}

}  // namespace sluice::registry
