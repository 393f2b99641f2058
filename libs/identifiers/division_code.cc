#include "libs/identifiers/division_code.h"

#include <array>

#include "libs/identifiers/ascii_class.h"

namespace sluice::identifiers {
namespace {

// GB/T 2260, all since 1997.
constexpr std::array<bool, 100> MakeProvinces() {
  std::array<bool, 100> provinces = {};
  for (const int code :
       {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42,
        43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82}) {
    provinces[static_cast<size_t>(code)] = true;
  }
  return provinces;
}
constexpr std::array<bool, 100> kProvinces = MakeProvinces();

// Digits of a code of each level; the sum is that of a whole code.
constexpr std::array<size_t, 5> kLevelDigits = {2, 2, 2, 3, 3};

}  // namespace

bool IsProvinceCode(absl::string_view digits) {
  if (digits.size() != 2 || !AreAllDigits(digits)) return false;
  const int code = (digits[0] - '0') * 10 + (digits[1] - '0');
  return kProvinces[static_cast<size_t>(code)];
}

bool IsDivisionCode(absl::string_view text) {
  if (!IsProvinceCode(text.substr(0, 2)) || !AreAllDigits(text)) return false;
  size_t length = 0;
  for (const size_t digits : kLevelDigits) {
    length += digits;
    if (text.size() == length) return true;
  }
  return false;
}

}  // namespace sluice::identifiers
