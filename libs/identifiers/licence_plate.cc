#include "libs/identifiers/licence_plate.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "libs/base/endian.h"

namespace sluice::identifiers {
namespace {

constexpr size_t kHanBytes = 3;

bool IsOneOf(absl::string_view han, absl::string_view of) {
  for (size_t i = 0; i < of.size(); i += kHanBytes) {
    if (of.substr(i, kHanBytes) == han) return true;
  }
  return false;
}

}  // namespace

bool IsLicencePlate(absl::string_view text) {
  if (text.size() < kPlateHeadBytes + 5 ||
      !kPlateProvinces.Has(LoadLittle<uint32_t>(text.data())) ||
      !absl::ascii_isupper(static_cast<unsigned char>(text[kHanBytes]))) {
    return false;
  }
  absl::string_view rest = text.substr(kPlateHeadBytes);
  size_t characters = 0;
  if (rest.size() > kHanBytes &&
      !absl::ascii_isascii(static_cast<unsigned char>(rest.back())) &&
      IsOneOf(rest.substr(rest.size() - kHanBytes), kPlateLastCharacters)) {
    rest.remove_suffix(kHanBytes);
    ++characters;
  }
  for (const char c : rest) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isdigit(byte) && !absl::ascii_isupper(byte)) return false;
    if (c == 'I' || c == 'O') return false;
  }
  characters += rest.size();
  return characters == 5 || characters == 6;
}

}  // namespace sluice::identifiers
