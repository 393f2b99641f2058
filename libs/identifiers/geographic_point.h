// Points on the earth as text: `longitude,latitude` in decimal degrees, the
// order of GeoJSON (RFC 7946) and of the maps in use here.
//
// Longitude -180 to 180, latitude -90 to 90. Whether they are of WGS 84,
// CGCS2000 or a shifted system (GCJ-02) cannot be told from the numbers.
//
// All functions are pure and thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_GEOGRAPHIC_POINT_H_
#define SLUICE_LIBS_IDENTIFIERS_GEOGRAPHIC_POINT_H_

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

enum class PointCheck {
  kPoint,
  // Not two decimals with a comma between them.
  kNotOfTheForm,
  // Of the form, and no place. A point east of 90 degrees whose latitude stands
  // first is found by this; one further west (Kashgar) is not.
  kOutOfRange,
};

// 116.397128,39.916527 and -0.1276,51.5072; a space may follow the comma. At
// most three digits before a point and fifteen behind it.
PointCheck CheckPoint(absl::string_view text);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_GEOGRAPHIC_POINT_H_
