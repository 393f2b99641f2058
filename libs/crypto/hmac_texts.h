// HMACs of many texts, most of them short. Internal to libs/crypto.
#ifndef SLUICE_LIBS_CRYPTO_HMAC_TEXTS_H_
#define SLUICE_LIBS_CRYPTO_HMAC_TEXTS_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "libs/base/endian.h"
#include "libs/base/short_copy.h"
#include "libs/crypto/digest.h"
#include "libs/crypto/hmac_blocks.h"

namespace sluice::crypto {

// `block` becomes the second and last block of a message whose first is a
// key's, and whose rest is `prefix` followed by the `text_bytes` at `text`: one
// less than kHashBlockTextMax at most.
inline void SetSecondBlock(char prefix, const char* text, size_t text_bytes,
                           HashBlock* block) {
  assert(text_bytes < kHashBlockTextMax);
  block->fill(0);
  auto* const bytes = reinterpret_cast<char*>(block->data());
  bytes[0] = prefix;
  CopyShort(text, text_bytes, bytes + 1);
  bytes[text_bytes + 1] = static_cast<char>(0x80);
  const uint64_t bits = (kHashBlockBytes + 1 + text_bytes) * 8;
  StoreLittle(__builtin_bswap64(bits), bytes + kHashBlockBytes - 8);
}

// digests[i] becomes the HMAC of `prefix` followed by texts[i], under the key
// that `inner` and `outer` are of: by `hmac_blocks` where both fit into a
// block, else what `hmac_long(texts[i])` returns.
template <typename HmacLong>
void HmacTexts(HmacBlocks hmac_blocks, const HashState& inner,
               const HashState& outer, char prefix,
               const absl::string_view* texts, size_t count, Digest* digests,
               HmacLong hmac_long) {
  constexpr size_t kTextMax = kHashBlockTextMax - 1;
  constexpr size_t kAtOnce = 16;
  std::array<HashBlock, kAtOnce> blocks;
  for (size_t begin = 0; begin < count; begin += kAtOnce) {
    const size_t size = std::min(kAtOnce, count - begin);
    for (size_t i = 0; i < size; ++i) {
      const absl::string_view text = texts[begin + i];
      // A longer one is put right below; its block holds what it may.
      const size_t bytes = std::min(text.size(), kTextMax);
      SetSecondBlock(prefix, text.data(), bytes, &blocks[i]);
    }
    hmac_blocks(inner, outer, blocks.data(), size, digests + begin);
    for (size_t i = begin; i < begin + size; ++i) {
      if (texts[i].size() > kTextMax) digests[i] = hmac_long(texts[i]);
    }
  }
}

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_HMAC_TEXTS_H_
