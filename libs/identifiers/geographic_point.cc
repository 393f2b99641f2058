#include "libs/identifiers/geographic_point.h"

#include "absl/strings/strip.h"
#include "libs/identifiers/ascii_class.h"

namespace sluice::identifiers {
namespace {

constexpr size_t kWholeDigitsMax = 3;
constexpr size_t kPlacesMax = 15;

struct Degrees {
  int whole = 0;
  // Whether anything but zeros stands behind the point.
  bool has_fraction = false;
};

// False if `text` is no decimal.
bool ReadDegrees(absl::string_view text, Degrees* degrees) {
  absl::ConsumePrefix(&text, "-");
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  if (!AreAllDigits(whole) || whole.size() > kWholeDigitsMax) return false;
  for (const char c : whole) degrees->whole = degrees->whole * 10 + (c - '0');
  if (point == absl::string_view::npos) return true;
  const absl::string_view places = text.substr(point + 1);
  degrees->has_fraction =
      places.find_first_not_of('0') != absl::string_view::npos;
  return AreAllDigits(places) && places.size() <= kPlacesMax;
}

bool IsWithin(const Degrees& degrees, int end) {
  return degrees.whole < end || (degrees.whole == end && !degrees.has_fraction);
}

}  // namespace

PointCheck CheckPoint(absl::string_view text) {
  const size_t comma = text.find(',');
  if (comma == absl::string_view::npos) return PointCheck::kNotOfTheForm;
  absl::string_view second = text.substr(comma + 1);
  absl::ConsumePrefix(&second, " ");
  Degrees longitude;
  Degrees latitude;
  if (!ReadDegrees(text.substr(0, comma), &longitude) ||
      !ReadDegrees(second, &latitude)) {
    return PointCheck::kNotOfTheForm;
  }
  return IsWithin(longitude, 180) && IsWithin(latitude, 90)
             ? PointCheck::kPoint
             : PointCheck::kOutOfRange;
}

}  // namespace sluice::identifiers
