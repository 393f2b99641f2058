#include "libs/identifiers/money_amount.h"

#include "absl/strings/strip.h"
#include "libs/identifiers/ascii_class.h"

namespace sluice::identifiers {
namespace {

constexpr size_t kWholeDigitsMax = 15;
constexpr int64_t kHundredths = 100;

bool IsWholePart(absl::string_view digits) {
  return AreAllDigits(digits) && digits.size() <= kWholeDigitsMax &&
         (digits.size() == 1 || digits.front() != '0');
}

}  // namespace

bool IsAmountText(absl::string_view text) {
  absl::ConsumePrefix(&text, "-");
  const size_t point = text.find('.');
  if (!IsWholePart(text.substr(0, point))) return false;
  if (point == absl::string_view::npos) return true;
  const absl::string_view places = text.substr(point + 1);
  return AreAllDigits(places) && places.size() <= kAmountPlacesMax;
}

bool IsAmount(int64_t number) {
  return number > -kAmountEnd * kHundredths &&
         number < kAmountEnd * kHundredths;
}

bool IsAmount(double number) {
  // A comparison with what is no number is false.
  return number > -static_cast<double>(kAmountEnd) &&
         number < static_cast<double>(kAmountEnd);
}

bool IsAmount(absl::int128 unscaled, uint32_t scale) {
  absl::int128 unit = 1;
  for (uint32_t i = 0; i < scale; ++i) unit *= 10;
  const absl::int128 whole = unscaled / unit;
  if (whole <= -kAmountEnd || whole >= kAmountEnd) return false;
  if (scale <= kAmountPlacesMax) return true;
  for (uint32_t i = 0; i < kAmountPlacesMax; ++i) unit /= 10;
  return unscaled % unit == 0;
}

}  // namespace sluice::identifiers
