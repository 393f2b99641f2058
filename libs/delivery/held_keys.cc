#include "libs/delivery/held_keys.h"

#include <xxhash.h>

#include <utility>

#include "libs/crypto/random.h"

namespace sluice::delivery {
namespace {

constexpr size_t kSecretBytes = 192;
static_assert(kSecretBytes >= XXH3_SECRET_SIZE_MIN);

}  // namespace

HeldKeys::HeldKeys(size_t keys_max)
    : keys_max_(keys_max), secret_(crypto::RandomBytes(kSecretBytes)) {}

HeldKeys::Digest HeldKeys::DigestOf(absl::string_view key) const {
  const XXH128_hash_t digest = XXH3_128bits_withSecret(
      key.data(), key.size(), secret_.data(), secret_.size());
  return {digest.high64, digest.low64};
}

bool HeldKeys::Add(absl::string_view key) {
  const Digest digest = DigestOf(key);
  if (held_.size() >= keys_max_ && !held_.contains(digest)) return false;
  held_.insert(digest);
  if (in_baseline_) named_.insert(digest);
  return true;
}

bool HeldKeys::Remove(absl::string_view key) {
  const Digest digest = DigestOf(key);
  if (in_baseline_) named_.erase(digest);
  return held_.erase(digest) != 0;
}

void HeldKeys::BeginBaseline() {
  named_.clear();
  in_baseline_ = true;
}

bool HeldKeys::EndBaseline() {
  if (!in_baseline_) return false;
  held_ = std::exchange(named_, {});
  in_baseline_ = false;
  return true;
}

void HeldKeys::Clear() {
  held_.clear();
  named_.clear();
  in_baseline_ = false;
}

}  // namespace sluice::delivery
