#include "libs/identifiers/resident_id.h"

#include <array>
#include <cassert>

#include "absl/strings/ascii.h"

namespace sluice::identifiers {
namespace {

constexpr size_t kDigits = kResidentIdLength - 1;
constexpr std::array<int, kDigits> kWeights = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                               3, 7, 9,  10, 5, 8, 4, 2};
constexpr absl::string_view kCheckCharacters = "10X98765432";
constexpr int kOldestBirthYear = 1800;

bool AllDigits(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

int Number(absl::string_view digits) {
  int number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

bool IsDate(int year, absl::string_view mmdd) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30,
                                         31, 31, 30, 31, 30, 31};
  const int month = Number(mmdd.substr(0, 2));
  const int day = Number(mmdd.substr(2, 2));
  if (year < kOldestBirthYear || month < 1 || month > 12) return false;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const int days =
      month == 2 && leap ? 29 : kDays[static_cast<size_t>(month - 1)];
  return day >= 1 && day <= days;
}

}  // namespace

char ResidentIdCheckCharacter(absl::string_view digits) {
  assert(digits.size() == kDigits && AllDigits(digits));
  int sum = 0;
  for (size_t i = 0; i < kDigits; ++i) sum += kWeights[i] * (digits[i] - '0');
  return kCheckCharacters[static_cast<size_t>(sum) % kCheckCharacters.size()];
}

bool HasResidentIdForm(absl::string_view id) {
  if (id.size() != kResidentIdLength) return false;
  const absl::string_view digits = id.substr(0, kDigits);
  return AllDigits(digits) &&
         IsDate(Number(digits.substr(6, 4)), digits.substr(10, 4)) &&
         (id[kDigits] == 'X' || AllDigits(id.substr(kDigits)));
}

bool IsValidResidentId(absl::string_view id) {
  return HasResidentIdForm(id) &&
         id[kDigits] == ResidentIdCheckCharacter(id.substr(0, kDigits));
}

bool IsOldResidentId(absl::string_view id) {
  return id.size() == kOldResidentIdLength && AllDigits(id) &&
         IsDate(1900 + Number(id.substr(6, 2)), id.substr(8, 4));
}

}  // namespace sluice::identifiers
