#include "libs/identifiers/uscc.h"

#include <array>
#include <cassert>
#include <cstdint>

namespace sluice::identifiers {
namespace {

constexpr int kRadix = 31;
static_assert(kUsccAlphabet.size() == kRadix);

constexpr std::array<int8_t, 256> MakeValues() {
  std::array<int8_t, 256> values = {};
  for (int8_t& value : values) value = -1;
  for (size_t i = 0; i < kUsccAlphabet.size(); ++i) {
    values[static_cast<uint8_t>(kUsccAlphabet[i])] = static_cast<int8_t>(i);
  }
  return values;
}
constexpr std::array<int8_t, 256> kValues = MakeValues();

// GB 11714 counts all letters.
int OrganizationValueOf(char c) { return c <= '9' ? c - '0' : c - 'A' + 10; }

}  // namespace

int UsccValueOf(char c) { return kValues[static_cast<uint8_t>(c)]; }

char UsccCheckCharacter(absl::string_view characters) {
  assert(characters.size() == kUsccLength - 1);
  int sum = 0;
  int weight = 1;
  for (const char c : characters) {
    assert(UsccValueOf(c) >= 0);
    sum += weight * UsccValueOf(c);
    weight = weight * 3 % kRadix;
  }
  return kUsccAlphabet[static_cast<size_t>((kRadix - sum % kRadix) % kRadix)];
}

char OrganizationCheckCharacter(absl::string_view characters) {
  constexpr std::array<int, 8> kWeights = {3, 7, 9, 10, 5, 8, 4, 2};
  assert(characters.size() == kWeights.size());
  int sum = 0;
  for (size_t i = 0; i < kWeights.size(); ++i) {
    sum += kWeights[i] * OrganizationValueOf(characters[i]);
  }
  return "0X987654321"[sum % 11];
}

bool IsValidUscc(absl::string_view code) {
  if (code.size() != kUsccLength) return false;
  for (const char c : code) {
    if (UsccValueOf(c) < 0) return false;
  }
  return code.back() == UsccCheckCharacter(code.substr(0, kUsccLength - 1));
}

}  // namespace sluice::identifiers
