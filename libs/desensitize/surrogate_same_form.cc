#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "libs/base/endian.h"
#include "libs/crypto/sha256.h"
#include "libs/desensitize/character_class.h"
#include "libs/desensitize/keyed_operators.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/text_column_writer.h"
#include "libs/desensitize/utf8.h"
#include "libs/desensitize/value_groups.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

// Every Han character of the alphabet of `fpe`.
constexpr char32_t kHanFirst = 0x4E00;
constexpr char32_t kHanLast = 0x9FA5;

// Draws from the digest of a value, and from the digests of its digests where
// that is used up, as docs/formats/surrogate.md has it.
class Draws {
 public:
  Draws(const crypto::HmacSha256& key, const crypto::Digest& digest)
      : key_(key), digest_(digest) {}

  // 0 to count - 1, of 2 bytes; `count` is small beside 65,536.
  uint32_t Below(uint32_t count) { return LoadBig16(Take(2)) * count >> 16; }
  // The same of 4 bytes.
  uint32_t BelowMany(uint32_t count) {
    return static_cast<uint32_t>(uint64_t{LoadBig32(Take(4))} * count >> 32);
  }

 private:
  static uint32_t LoadBig16(const uint8_t* bytes) {
    return uint32_t{bytes[0]} << 8 | bytes[1];
  }

  const uint8_t* Take(size_t bytes) {
    if (at_ + bytes > digest_.size()) {
      const crypto::Digest used = digest_;
      const absl::string_view message = crypto::DigestView(used);
      // No column has the type 0.
      key_.ComputeMany('\0', &message, 1, &digest_);
      at_ = 0;
    }
    const uint8_t* const taken = digest_.data() + at_;
    at_ += bytes;
    return taken;
  }

  const crypto::HmacSha256& key_;
  crypto::Digest digest_;
  size_t at_ = 0;
};

// A character of three bytes of UTF-8.
char* WriteThreeBytes(char32_t code, char* out) {
  out[0] = static_cast<char>(0xE0 | code >> 12);
  out[1] = static_cast<char>(0x80 | (code >> 6 & 0x3F));
  out[2] = static_cast<char>(0x80 | (code & 0x3F));
  return out + 3;
}

// Writes no more bytes than `text` has; null if it has another character than
// those that are replaced or stay, or nothing to replace.
char* WriteSameForm(absl::string_view text, Draws* draws, char* out) {
  bool replaced = false;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const size_t bytes = CharacterBytes(*at);
    const CharacterClass kind = ClassOf(CodePointAt(at));
    replaced = replaced || kind != CharacterClass::kPunctuation;
    switch (kind) {
      case CharacterClass::kPunctuation:
        std::memcpy(out, at, bytes);
        out += bytes;
        break;
      case CharacterClass::kUpper:
        *out++ = static_cast<char>('A' + draws->Below(26));
        break;
      case CharacterClass::kLower:
        *out++ = static_cast<char>('a' + draws->Below(26));
        break;
      case CharacterClass::kDigit:
        *out++ = static_cast<char>('0' + draws->Below(10));
        break;
      case CharacterClass::kWideUpper:
        out = WriteThreeBytes(U'Ａ' + draws->Below(26), out);
        break;
      case CharacterClass::kWideLower:
        out = WriteThreeBytes(U'ａ' + draws->Below(26), out);
        break;
      case CharacterClass::kWideDigit:
        out = WriteThreeBytes(U'０' + draws->Below(10), out);
        break;
      case CharacterClass::kHan:
        out = WriteThreeBytes(
            kHanFirst + draws->BelowMany(kHanLast - kHanFirst + 1), out);
        break;
      case CharacterClass::kOther:
        return nullptr;
    }
    at += bytes;
  }
  return replaced ? out : nullptr;
}

class SameFormSurrogate : public Operator {
 public:
  explicit SameFormSurrogate(absl::string_view key) : key_(key) {}

  Treated Apply(const records::Column& column) const override {
    TextColumnWriter writer(column.row_count, column.data.size());
    OutputValidity validity(column);
    const auto prefix = static_cast<char>(column.type);
    VisitValueGroups(column, [&](const ValueGroup& group) {
      std::array<crypto::Digest, kValueGroupMax> digests;
      key_.ComputeMany(prefix, group.bytes.data(), group.size, digests.data());
      for (size_t i = 0; i < group.size; ++i) {
        Draws draws(key_, digests[i]);
        char* const begin = writer.Begin(group.rows[i]);
        const char* const end = WriteSameForm(group.bytes[i], &draws, begin);
        if (end == nullptr) {
          validity.ClearRow(group.rows[i]);
        } else {
          writer.End(end);
        }
      }
    });
    Treated treated{std::move(writer).Finish(column), validity.cleared()};
    std::move(validity).MoveTo(&treated.column);
    return treated;
  }

 private:
  const crypto::HmacSha256 key_;
};

}  // namespace

std::unique_ptr<const Operator> NewSameFormSurrogate(absl::string_view key) {
  return std::make_unique<SameFormSurrogate>(key);
}

}  // namespace sluice::desensitize
