#include "libs/crypto/aes_siv.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "libs/base/endian.h"

namespace sluice::crypto {
namespace {

constexpr size_t kBlock = kCipherBlockBytes;

// Twice `block` in the field that CMAC and S2V reckon in.
CipherBlock Doubled(const CipherBlock& block) {
  const uint64_t high = LoadBig64(block.data());
  const uint64_t low = LoadBig64(&block[8]);
  const uint64_t doubled_low = low << 1 ^ (high >> 63 != 0 ? 0x87 : 0);
  CipherBlock doubled;
  StoreLittle(__builtin_bswap64(high << 1 | low >> 63), doubled.data());
  StoreLittle(__builtin_bswap64(doubled_low), &doubled[8]);
  return doubled;
}

void Xor(const CipherBlock& other, CipherBlock* block) {
  for (size_t i = 0; i < kBlock; ++i) (*block)[i] ^= other[i];
}

void XorBytes(const char* bytes, size_t size, CipherBlock* block) {
  for (size_t i = 0; i < size; ++i) {
    (*block)[i] ^= static_cast<uint8_t>(bytes[i]);
  }
}

}  // namespace

AesSiv::AesSiv(absl::string_view key)
    : digest_cipher_(NewAes(key.substr(0, key.size() / 2))),
      text_cipher_(NewAes(key.substr(key.size() / 2))) {
  CipherBlock zero = {};
  digest_cipher_->Encrypt(&zero, 1);
  full_subkey_ = Doubled(zero);
  padded_subkey_ = Doubled(full_subkey_);
}

CipherBlock AesSiv::Cmac(absl::string_view text) const {
  CipherBlock state = {};
  while (text.size() > kBlock) {
    XorBytes(text.data(), kBlock, &state);
    digest_cipher_->Encrypt(&state, 1);
    text.remove_prefix(kBlock);
  }
  XorBytes(text.data(), text.size(), &state);
  if (text.size() == kBlock) {
    Xor(full_subkey_, &state);
  } else {
    state[text.size()] ^= 0x80;
    Xor(padded_subkey_, &state);
  }
  digest_cipher_->Encrypt(&state, 1);
  return state;
}

CipherBlock AesSiv::HeaderOf(
    std::initializer_list<absl::string_view> parts) const {
  const char zero[kBlock] = {};
  CipherBlock header = Cmac(absl::string_view(zero, kBlock));
  for (const absl::string_view part : parts) {
    header = Doubled(header);
    Xor(Cmac(part), &header);
  }
  return header;
}

CipherBlock AesSiv::SyntheticIv(const CipherBlock& header,
                                absl::string_view text) const {
  if (text.size() < kBlock) {
    CipherBlock last = Doubled(header);
    XorBytes(text.data(), text.size(), &last);
    last[text.size()] ^= 0x80;
    return Cmac(absl::string_view(reinterpret_cast<const char*>(last.data()),
                                  last.size()));
  }
  // The header goes over the text's last sixteen bytes, which lie in its last
  // one or two blocks: these are digested from a copy.
  CipherBlock state = {};
  while (text.size() > 2 * kBlock) {
    XorBytes(text.data(), kBlock, &state);
    digest_cipher_->Encrypt(&state, 1);
    text.remove_prefix(kBlock);
  }
  char tail[2 * kBlock];
  std::memcpy(tail, text.data(), text.size());
  char* const end = tail + text.size() - kBlock;
  for (size_t i = 0; i < kBlock; ++i) {
    end[i] = static_cast<char>(static_cast<uint8_t>(end[i]) ^ header[i]);
  }
  size_t at = 0;
  if (text.size() > kBlock) {
    XorBytes(tail, kBlock, &state);
    digest_cipher_->Encrypt(&state, 1);
    at = kBlock;
  }
  const size_t rest = text.size() - at;
  XorBytes(tail + at, rest, &state);
  if (rest == kBlock) {
    Xor(full_subkey_, &state);
  } else {
    state[rest] ^= 0x80;
    Xor(padded_subkey_, &state);
  }
  digest_cipher_->Encrypt(&state, 1);
  return state;
}

void AesSiv::ApplyKeystream(const CipherBlock& iv, absl::string_view text,
                            char* out) const {
  // RFC 5297 clears two bits, so that the counter's words carry nothing over.
  uint64_t high = LoadBig64(iv.data());
  uint64_t low = LoadBig64(&iv[8]) & 0x7FFFFFFF7FFFFFFFu;
  std::array<CipherBlock, 8> stream;
  while (!text.empty()) {
    const size_t blocks =
        std::min(stream.size(), (text.size() + kBlock - 1) / kBlock);
    for (size_t i = 0; i < blocks; ++i) {
      StoreLittle(__builtin_bswap64(high), stream[i].data());
      StoreLittle(__builtin_bswap64(low), &stream[i][8]);
      if (++low == 0) ++high;
    }
    text_cipher_->Encrypt(stream.data(), blocks);
    const size_t bytes = std::min(text.size(), blocks * kBlock);
    for (size_t i = 0; i < bytes; ++i) {
      *out++ = static_cast<char>(static_cast<uint8_t>(text[i]) ^
                                 stream[i / kBlock][i % kBlock]);
    }
    text.remove_prefix(bytes);
  }
}

void AesSiv::Seal(const CipherBlock& header, absl::string_view text,
                  char* out) const {
  const CipherBlock iv = SyntheticIv(header, text);
  ApplyKeystream(iv, text, out + kSivBytes);
  std::memcpy(out, iv.data(), iv.size());
}

bool AesSiv::Open(const CipherBlock& header, absl::string_view sealed,
                  char* out) const {
  if (sealed.size() < kSivBytes) return false;
  CipherBlock iv;
  std::memcpy(iv.data(), sealed.data(), iv.size());
  const absl::string_view text = sealed.substr(kSivBytes);
  ApplyKeystream(iv, text, out);
  const CipherBlock expected =
      SyntheticIv(header, absl::string_view(out, text.size()));
  if (CRYPTO_memcmp(iv.data(), expected.data(), iv.size()) == 0) return true;
  std::memset(out, 0, text.size());
  return false;
}

}  // namespace sluice::crypto
