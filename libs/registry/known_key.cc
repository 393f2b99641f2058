#include "libs/registry/known_key.h"

#include <utility>

#include "libs/base/status.h"
#include "libs/base/string_view.h"

namespace sluice::registry {

absl::StatusOr<KeyPtr> MakeKnownKey(v1::SigningKey info) {
  ASSIGN_OR_RETURN(crypto::PublicKey key,
                   crypto::PublicKey::FromBytes(AsView(info.public_key())));
  return std::make_shared<const KnownKey>(
      KnownKey{std::move(info), std::move(key)});
}

}  // namespace sluice::registry
