// Notices as messages of the registry topic: heartbeats and reservations of
// quota, beside the commands.
#ifndef SLUICE_LIBS_REGISTRY_NOTICE_H_
#define SLUICE_LIBS_REGISTRY_NOTICE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "libs/bus/event_log.h"
#include "libs/crypto/ed25519.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/known_key.h"
#include "sluice/registry/v1/notice.pb.h"

namespace sluice::registry {

// Largest serialized Notice.
inline constexpr size_t kNoticeBytesMax = 4'096;

// Whether a message with this key is a notice or nothing: no command has such
// a key.
bool IsNoticeKey(absl::string_view message_key);

// Signed, under the key that its kind of notice has. A heartbeat's is the same
// for each of a broker's. A reservation's is made of its bytes, so that none
// can take another's place in the compacted topic.
bus::Outgoing MakeNoticeMessage(const v1::Notice& notice,
                                const crypto::SigningKey& key);

// What removes the message with this key.
bus::Outgoing MakeNoticeRemoval(const std::string& message_key);

// Nothing unless `message` holds a notice within its bounds under a key that
// belongs to it. Whether it is genuine is not checked. Fields that this build
// does not know are passed over: a newer release adds none that change what
// the others mean.
struct ParsedNotice {
  v1::SignedNotice signed_notice;
  v1::Notice notice;
};
std::optional<ParsedNotice> ParseNotice(const bus::Message& message);

// Whether `key` is an active broker's and has signed it for this trust domain.
// `key` may be null.
bool IsGenuine(const ParsedNotice& parsed, const crypto::Digest& genesis_digest,
               const KnownKey* key);

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_NOTICE_H_
