#include "libs/desensitize/fpe_alphabet.h"

#include <algorithm>
#include <cstring>

#include "libs/base/encoding.h"
#include "libs/base/string_view.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Fpe;

constexpr absl::string_view kDigits = "0123456789";
constexpr absl::string_view kDigitsLower =
    "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr absl::string_view kDigitsUpper =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr size_t kRadixMax = 65'536;
constexpr uint32_t kFirstHan = 0x4E00;
constexpr uint32_t kLastHan = 0x9FA5;

std::string AllHan() {
  std::string characters;
  for (uint32_t code = kFirstHan; code <= kLastHan; ++code) {
    characters += static_cast<char>(0xE0 | code >> 12);
    characters += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    characters += static_cast<char>(0x80 | (code & 0x3F));
  }
  return characters;
}

}  // namespace

std::optional<FpeAlphabet> FpeAlphabet::Of(const Fpe& fpe) {
  if (fpe.has_characters()) return OfCharacters(AsView(fpe.characters()));
  switch (fpe.alphabet()) {
    case Fpe::DIGITS:
      return OfCharacters(kDigits);
    case Fpe::DIGITS_LOWER:
      return OfCharacters(kDigitsLower);
    case Fpe::DIGITS_UPPER:
      return OfCharacters(kDigitsUpper);
    case Fpe::LOWER:
      return OfCharacters(kDigitsLower.substr(kDigits.size()));
    case Fpe::UPPER:
      return OfCharacters(kDigitsUpper.substr(kDigits.size()));
    case Fpe::HAN: {
      static const std::string* const han = new std::string(AllHan());
      return OfCharacters(AsView(*han));
    }
    default:
      return std::nullopt;
  }
}

std::optional<FpeAlphabet> FpeAlphabet::OfCharacters(
    absl::string_view characters) {
  FpeAlphabet alphabet;
  alphabet.ascii_.fill(-1);
  while (!characters.empty()) {
    const size_t size = Utf8CharacterLength(characters);
    if (size == 0) return std::nullopt;
    if (alphabet.NumeralOf(characters.data(), size) >= 0) return std::nullopt;
    const auto numeral = static_cast<int32_t>(alphabet.texts_.size());
    Text text = {};
    std::memcpy(text.bytes.data(), characters.data(), size);
    text.size = static_cast<uint8_t>(size);
    alphabet.texts_.push_back(text);
    if (size == 1) {
      alphabet.ascii_[static_cast<uint8_t>(characters[0])] = numeral;
    } else {
      alphabet.longer_[KeyOf(characters.data(), size)] = numeral;
    }
    alphabet.bytes_min_ = std::min(alphabet.bytes_min_, size);
    alphabet.bytes_max_ = std::max(alphabet.bytes_max_, size);
    characters.remove_prefix(size);
  }
  if (alphabet.texts_.size() < 2 || alphabet.texts_.size() > kRadixMax) {
    return std::nullopt;
  }
  return alphabet;
}

char* FpeAlphabet::Write(uint32_t numeral, char* out) const {
  const Text& text = texts_[numeral];
  std::memcpy(out, text.bytes.data(), text.size);
  return out + text.size;
}

uint32_t FpeAlphabet::KeyOf(const char* character, size_t size) {
  uint32_t key = 0;
  std::memcpy(&key, character, size);
  return key;
}

int32_t FpeAlphabet::NumeralOfLong(const char* character, size_t size) const {
  const auto found = longer_.find(KeyOf(character, size));
  return found == longer_.end() ? -1 : found->second;
}

}  // namespace sluice::desensitize
