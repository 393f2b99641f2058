#include "libs/desensitize/decimal_text.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kDigitsMax = 38;

bool AreDigitsOnly(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return !text.empty();
}

struct Parts {
  bool negative = false;
  absl::string_view whole;
  absl::string_view fraction;
};

// Both without the zeros that say nothing.
Parts Trimmed(Parts parts) {
  while (!parts.fraction.empty() && parts.fraction.back() == '0') {
    parts.fraction.remove_suffix(1);
  }
  while (!parts.whole.empty() && parts.whole.front() == '0') {
    parts.whole.remove_prefix(1);
  }
  return parts;
}

std::optional<Parts> Split(absl::string_view text) {
  Parts parts;
  if (!text.empty() && text[0] == '-') {
    parts.negative = true;
    text.remove_prefix(1);
  }
  const size_t point = text.find('.');
  parts.whole = text.substr(0, point);
  if (point != absl::string_view::npos) {
    parts.fraction = text.substr(point + 1);
    if (!AreDigitsOnly(parts.fraction)) return std::nullopt;
  }
  if (!AreDigitsOnly(parts.whole)) return std::nullopt;
  return parts;
}

}  // namespace

std::optional<absl::int128> ParseDecimal(absl::string_view text,
                                         uint32_t scale) {
  const std::optional<Parts> parts = Split(text);
  if (!parts) return std::nullopt;
  const auto [negative, whole, fraction] = Trimmed(*parts);
  if (fraction.size() > scale || whole.size() + scale > kDigitsMax) {
    return std::nullopt;
  }
  absl::int128 number = 0;
  for (const char c : whole) number = number * 10 + (c - '0');
  for (size_t i = 0; i < scale; ++i) {
    number = number * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  return negative ? -number : number;
}

std::optional<double> ParseDouble(absl::string_view text) {
  double number = 0;
  if (!Split(text) || text.size() > kDigitsMax + 2 ||
      !absl::SimpleAtod(text, &number)) {
    return std::nullopt;
  }
  return number;
}

bool ReachesUnit(absl::string_view text, uint32_t scale) {
  const std::optional<Parts> parts = Split(text);
  if (!parts) return false;
  const auto [negative, whole, fraction] = Trimmed(*parts);
  return !whole.empty() || fraction.substr(0, scale).find_first_not_of('0') !=
                               absl::string_view::npos;
}

std::string ShortestDecimal(absl::string_view text) {
  const std::optional<Parts> parts = Split(text);
  if (!parts) return "";
  const auto [negative, whole, fraction] = Trimmed(*parts);
  const bool is_zero = whole.empty() && fraction.empty();
  return absl::StrCat(negative && !is_zero ? "-" : "",
                      whole.empty() ? "0" : whole, fraction.empty() ? "" : ".",
                      fraction);
}

}  // namespace sluice::desensitize
