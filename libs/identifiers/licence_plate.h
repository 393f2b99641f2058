// Licence plates of motor vehicles (GA 36): a province in one Han character, an
// authority's letter, and five characters, six of a new-energy vehicle.
#ifndef SLUICE_LIBS_IDENTIFIERS_LICENCE_PLATE_H_
#define SLUICE_LIBS_IDENTIFIERS_LICENCE_PLATE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

// Bytes of province and authority.
inline constexpr size_t kPlateHeadBytes = 4;

// In three bytes each.
inline constexpr absl::string_view kPlateProvinceCharacters =
    "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";
// May end a plate: police, training, trailer, Hong Kong, Macao, embassy,
// consulate. In three bytes each.
inline constexpr absl::string_view kPlateLastCharacters = "警学挂港澳使领";

// The provinces of plates, to be looked up without a branch.
class PlateProvinces {
 public:
  constexpr PlateProvinces() {
    constexpr absl::string_view kProvinces = kPlateProvinceCharacters;
    provinces_.fill(kNone);
    for (size_t i = 0; i < kProvinces.size(); i += 3) {
      uint32_t province = 0;
      for (size_t byte = 3; byte > 0; --byte) {
        province =
            province << 8 | static_cast<uint8_t>(kProvinces[i + byte - 1]);
      }
      provinces_[PlaceOf(province)] = province;
      ++size_;
    }
  }

  // Whether the first three bytes of a text are one; `head` is its first four,
  // the first the lowest.
  constexpr bool Has(uint32_t head) const { return DifferenceOf(head) == 0; }
  // 0 if they are.
  constexpr uint32_t DifferenceOf(uint32_t head) const {
    const uint32_t province = head & 0xFFFFFF;
    return provinces_[PlaceOf(province)] ^ province;
  }

  // Whether each has a place of its own.
  constexpr bool AreApart() const {
    size_t filled = 0;
    for (const uint32_t province : provinces_) {
      filled += province != kNone ? 1 : 0;
    }
    return filled == size_;
  }

 private:
  // More than three bytes hold.
  static constexpr uint32_t kNone = ~uint32_t{0};

  // A multiplier that was searched for.
  static constexpr size_t PlaceOf(uint32_t province) {
    return province * uint32_t{0x69b0a169} >> 26;
  }

  std::array<uint32_t, 64> provinces_ = {};
  size_t size_ = 0;
};
inline constexpr PlateProvinces kPlateProvinces;
static_assert(kPlateProvinces.AreApart());

// 京A12345, 沪AD12345, 粤B1234学. The letters I and O are not used behind the
// authority, so that no digit can be taken for them. Separators (京A·12345) are
// refused.
bool IsLicencePlate(absl::string_view text);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_LICENCE_PLATE_H_
