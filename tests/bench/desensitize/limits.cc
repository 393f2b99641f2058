#define OPENSSL_SUPPRESS_DEPRECATED
#include "tests/bench/desensitize/limits.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "libs/base/shared_bytes.h"
#include "libs/base/string_view.h"
#include "libs/records/aligned_buffer.h"
#include "tests/bench/desensitize/columns.h"

namespace sluice::bench {

using records::Column;

namespace {

volatile uint64_t sink = 0;

SharedBytes CopyOf(const SharedBytes& bytes) {
  records::AlignedBuffer buffer(bytes.size());
  std::memcpy(buffer.data(), bytes.data(), bytes.size());
  return std::move(buffer).Share();
}

}  // namespace

void Use(uint64_t value) { sink = sink + value; }

size_t BytesOf(const Column& column) {
  return column.data.size() + column.offsets.size() + column.validity.size();
}

void CopyColumn(const Column& column) {
  const SharedBytes data = CopyOf(column.data);
  SharedBytes offsets;
  SharedBytes validity;
  if (!column.offsets.empty()) offsets = CopyOf(column.offsets);
  if (!column.validity.empty()) validity = CopyOf(column.validity);
  Use(static_cast<uint8_t>(data.data()[0]) + offsets.size() + validity.size());
}

void SearchColumn(const RE2& expression, const Column& column) {
  uint64_t found = 0;
  for (uint32_t row = 0; row < column.row_count; ++row) {
    const re2::StringPiece text = AsStdView(column.Text(row));
    size_t at = 0;
    re2::StringPiece match;
    while (at < text.size() && expression.Match(text, at, text.size(),
                                                RE2::UNANCHORED, &match, 1)) {
      at = static_cast<size_t>(match.end() - text.begin());
      ++found;
    }
  }
  Use(found);
}

void TwoCompressions() {
  SHA256_CTX state;
  SHA256_Init(&state);
  uint8_t block[64] = {1};
  for (uint32_t i = 0; i < kRows; ++i) {
    SHA256_Transform(&state, block);
    SHA256_Transform(&state, block);
  }
  Use(state.h[0]);
}

// Two blocks a record, which OpenSSL 3.0 offers through EVP alone: in one call,
// so that nothing but compressions counts.
void TwoSm3Compressions() {
  static EVP_MD_CTX* const context = [] {
    EVP_MD_CTX* const made = EVP_MD_CTX_new();
    EVP_DigestInit_ex(made, EVP_sm3(), nullptr);
    return made;
  }();
  static const std::string blocks(size_t{kRows} * 128, 'b');
  EVP_DigestUpdate(context, blocks.data(), blocks.size());
}

namespace {

EVP_CIPHER_CTX* EncryptingWith(const EVP_CIPHER* cipher) {
  EVP_CIPHER_CTX* const made = EVP_CIPHER_CTX_new();
  const uint8_t key[32] = {1};
  EVP_EncryptInit_ex(made, cipher, nullptr, key, nullptr);
  EVP_CIPHER_CTX_set_padding(made, 0);
  return made;
}

void TenBlocksBy(EVP_CIPHER_CTX* context) {
  uint8_t block[16] = {1};
  for (uint32_t i = 0; i < kRows * 10; ++i) {
    int written = 0;
    EVP_EncryptUpdate(context, block, &written, block, sizeof(block));
  }
  Use(block[0]);
}

}  // namespace

void TenAesBlocks() {
  static EVP_CIPHER_CTX* const context = EncryptingWith(EVP_aes_256_ecb());
  TenBlocksBy(context);
}

void TenSm4Blocks() {
  static EVP_CIPHER_CTX* const context = EncryptingWith(EVP_sm4_ecb());
  TenBlocksBy(context);
}

}  // namespace sluice::bench
