#include "libs/delivery/held_keys.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "libs/crypto/random.h"

namespace sluice::delivery {
namespace {

constexpr size_t kSecretBytes = 192;
static_assert(kSecretBytes >= XXH3_SECRET_SIZE_MIN);

// A digest, and a byte by which absl's tables look it up.
constexpr size_t kSlotBytes = 17;
constexpr size_t kSlotsMin = 64;

}  // namespace

bool HeldKeys::DigestSet::Insert(const Digest& digest) {
  if (digests_.size() >= slots_ / 8 * 7 && !Contains(digest) && !Grow()) {
    return false;
  }
  digests_.insert(digest);
  // One in which much was erased may have grown by itself.
  return digests_.capacity() < slots_ || Grow();
}

bool HeldKeys::DigestSet::Grow() {
  const size_t slots = std::max(kSlotsMin, 2 * slots_);
  if (!share_.GrowTo(slots * kSlotBytes)) return false;
  slots_ = slots;
  digests_.reserve(slots / 8 * 7);
  return true;
}

HeldKeys::HeldKeys(ByteBudget* budget, size_t keys_max)
    : budget_(budget),
      keys_max_(keys_max),
      secret_(crypto::RandomBytes(kSecretBytes)),
      held_(std::make_unique<DigestSet>(budget)) {}

HeldKeys::Digest HeldKeys::DigestOf(absl::string_view key) const {
  const XXH128_hash_t digest = XXH3_128bits_withSecret(
      key.data(), key.size(), secret_.data(), secret_.size());
  return {digest.high64, digest.low64};
}

HeldKeys::Added HeldKeys::Add(absl::string_view key) {
  const Digest digest = DigestOf(key);
  if (held_->size() >= keys_max_ && !held_->Contains(digest)) {
    return Added::kTooMany;
  }
  if (!held_->Insert(digest)) return Added::kNoMemory;
  if (named_ != nullptr && !named_->Insert(digest)) return Added::kNoMemory;
  return Added::kYes;
}

bool HeldKeys::Remove(absl::string_view key) {
  const Digest digest = DigestOf(key);
  if (named_ != nullptr) named_->Erase(digest);
  return held_->Erase(digest);
}

void HeldKeys::BeginBaseline() {
  named_ = std::make_unique<DigestSet>(budget_);
}

bool HeldKeys::EndBaseline() {
  if (named_ == nullptr) return false;
  held_ = std::move(named_);
  return true;
}

void HeldKeys::Clear() {
  held_ = std::make_unique<DigestSet>(budget_);
  named_.reset();
}

}  // namespace sluice::delivery
