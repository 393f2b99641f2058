// The low-level SHA256_* functions are deprecated in OpenSSL 3.0 and are what
// this file is for: EVP allocates and looks up a provider for each digest,
// which costs more than hashing a short value, and offers no cheap copy of a
// keyed state.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "libs/crypto/sha256.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <iterator>

#include "libs/crypto/hmac_blocks.h"
#include "libs/crypto/hmac_texts.h"

namespace sluice::crypto {
namespace {

constexpr size_t kBlockBytes = SHA256_CBLOCK;
static_assert(kBlockBytes == kHashBlockBytes);

SHA256_CTX StateAfterBlock(const Digest& key_or_zero, absl::string_view key,
                           uint8_t pad) {
  uint8_t block[kBlockBytes] = {};
  if (key.size() > kBlockBytes) {
    std::memcpy(block, key_or_zero.data(), key_or_zero.size());
  } else if (!key.empty()) {
    std::memcpy(block, key.data(), key.size());
  }
  for (uint8_t& byte : block) byte ^= pad;
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, block, sizeof(block));
  OPENSSL_cleanse(block, sizeof(block));
  return state;
}

HashState WordsOf(const SHA256_CTX& context) {
  HashState words;
  std::copy(std::begin(context.h), std::end(context.h), words.begin());
  return words;
}

Digest Final(SHA256_CTX* state) {
  Digest digest;
  SHA256_Final(digest.data(), state);
  return digest;
}

}  // namespace

Digest DigestFrom(absl::string_view bytes) {
  assert(bytes.size() == kDigestBytes);
  Digest digest;
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

Digest Sha256(absl::string_view bytes) {
  // Not SHA256(): since OpenSSL 3.0 it goes through EVP.
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, bytes.data(), bytes.size());
  return Final(&state);
}

struct Sha256Hasher::State {
  SHA256_CTX context;
};

Sha256Hasher::Sha256Hasher() : state_(std::make_unique<State>()) {
  SHA256_Init(&state_->context);
}

Sha256Hasher::~Sha256Hasher() = default;

void Sha256Hasher::Update(absl::string_view bytes) {
  SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

Digest Sha256Hasher::Finish() {
  const Digest digest = Final(&state_->context);
  SHA256_Init(&state_->context);
  return digest;
}

struct HmacSha256::State {
  SHA256_CTX inner;
  SHA256_CTX outer;
  ~State() { OPENSSL_cleanse(this, sizeof(*this)); }

  // The digest of `prefix` followed by `text`.
  Digest Compute(absl::string_view prefix, absl::string_view text) const {
    SHA256_CTX state = inner;
    SHA256_Update(&state, prefix.data(), prefix.size());
    SHA256_Update(&state, text.data(), text.size());
    const Digest hashed = Final(&state);
    state = outer;
    SHA256_Update(&state, hashed.data(), hashed.size());
    return Final(&state);
  }
};

HmacSha256::HmacSha256(absl::string_view key) {
  const Digest hashed = Sha256(key);
  state_ = std::make_unique<State>(StateAfterBlock(hashed, key, 0x36),
                                   StateAfterBlock(hashed, key, 0x5C));
}

HmacSha256::~HmacSha256() = default;

Digest HmacSha256::Compute(absl::string_view message) const {
  return state_->Compute("", message);
}

void HmacSha256::ComputeMany(char prefix, const absl::string_view* texts,
                             size_t count, Digest* digests) const {
  static const HmacBlocks hmac_blocks = FastestHmacBlocks();
  HmacTexts(hmac_blocks, WordsOf(state_->inner), WordsOf(state_->outer), prefix,
            texts, count, digests, [this, &prefix](absl::string_view text) {
              return state_->Compute(absl::string_view(&prefix, 1), text);
            });
}

std::string HkdfSha256(absl::string_view secret, absl::string_view salt,
                       absl::string_view info, size_t length) {
  assert(length <= 255 * kDigestBytes);
  const Digest extracted = HmacSha256(salt).Compute(secret);
  const HmacSha256 expand(DigestView(extracted));
  std::string output;
  std::string block;
  for (uint8_t counter = 1; output.size() < length; ++counter) {
    block.append(info.data(), info.size());
    block.push_back(static_cast<char>(counter));
    const Digest digest =
        expand.Compute(absl::string_view(block.data(), block.size()));
    block.assign(reinterpret_cast<const char*>(digest.data()), digest.size());
    output.append(block);
  }
  output.resize(length);
  return output;
}

bool ConstantTimeEqual(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sluice::crypto
