#include "libs/registry/notice.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/string_view.h"
#include "libs/config/bounds.h"
#include "libs/registry/registry.h"

namespace sluice::registry {
namespace {

constexpr absl::string_view kHeartbeatPrefix = "broker/";
constexpr absl::string_view kReservationPrefix = "quota/";
// Of the digest of a reservation's bytes, in its message's key.
constexpr size_t kKeyDigits = 16;

std::string KeyOf(const v1::SignedNotice& signed_notice,
                  const v1::Notice& notice) {
  if (notice.has_heartbeat()) {
    return absl::StrCat(kHeartbeatPrefix, signed_notice.key_id());
  }
  const crypto::Digest digest = crypto::Sha256(AsView(signed_notice.notice()));
  return absl::StrCat(
      kReservationPrefix, signed_notice.key_id(), "/",
      HexEncode(crypto::DigestView(digest)).substr(0, kKeyDigits));
}

}  // namespace

bool IsNoticeKey(absl::string_view message_key) {
  return absl::StartsWith(message_key, kHeartbeatPrefix) ||
         absl::StartsWith(message_key, kReservationPrefix);
}

bus::Outgoing MakeNoticeMessage(const v1::Notice& notice,
                                const crypto::SigningKey& key) {
  v1::SignedNotice signed_notice;
  signed_notice.set_notice(notice.SerializeAsString());
  signed_notice.set_key_id(key.id());
  signed_notice.set_signature(
      key.Sign(crypto::kNoticeDomain, AsView(signed_notice.notice())));
  return bus::Outgoing{{kRegistryTopic, 0},
                       KeyOf(signed_notice, notice),
                       SharedBytes::Own(signed_notice.SerializeAsString())};
}

bus::Outgoing MakeNoticeRemoval(const std::string& message_key) {
  return bus::Outgoing{{kRegistryTopic, 0}, message_key, SharedBytes()};
}

std::optional<ParsedNotice> ParseNotice(const bus::Message& message) {
  ParsedNotice parsed;
  if (message.value.empty() ||
      !parsed.signed_notice.ParseFromArray(
          message.value.data(), static_cast<int>(message.value.size())) ||
      parsed.signed_notice.notice().size() > kNoticeBytesMax ||
      !parsed.notice.ParseFromString(parsed.signed_notice.notice()) ||
      parsed.notice.body_case() == v1::Notice::BODY_NOT_SET ||
      message.key != KeyOf(parsed.signed_notice, parsed.notice) ||
      !config::CheckBounds(parsed.notice).ok()) {
    return std::nullopt;
  }
  return parsed;
}

bool IsGenuine(const ParsedNotice& parsed, const crypto::Digest& genesis_digest,
               const KnownKey* key) {
  return key != nullptr && key->info.role() == v1::ROLE_BROKER &&
         key->info.state() == v1::KEY_STATE_ACTIVE &&
         AsView(parsed.notice.genesis_digest()) ==
             crypto::DigestView(genesis_digest) &&
         key->key.Verify(crypto::kNoticeDomain,
                         AsView(parsed.signed_notice.notice()),
                         AsView(parsed.signed_notice.signature()));
}

}  // namespace sluice::registry
