#include "libs/desensitize/address_cut.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/match.h"
#include "libs/desensitize/utf8.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kHanBytes = 3;
// 内蒙古's and 贵州's longest have fewer characters, suffix included.
constexpr size_t kStreetCharactersMax = 20;

// The three-byte characters from U+3400 to U+9FFF but for a few symbols.
bool IsHan(absl::string_view character) {
  const auto lead = static_cast<uint8_t>(character[0]);
  const auto second = static_cast<uint8_t>(character[1]);
  return (lead >= 0xE4 && lead <= 0xE9) || (lead == 0xE3 && second >= 0x90);
}

bool StartsWithAny(absl::string_view text, absl::string_view characters) {
  return text.size() >= kHanBytes &&
         absl::StrContains(characters, text.substr(0, kHanBytes));
}

size_t SuffixBytes(absl::string_view text) {
  for (const absl::string_view suffix : {"街道", "镇", "乡", "苏木"}) {
    if (absl::StartsWith(text, suffix)) return suffix.size();
  }
  return 0;
}

// Whether `text`, inside a name, starts with a character that says that this is
// no street-level name but a road or a house: 和平路小镇, 幸福里3栋. Right
// before the suffix some are part of the name: 李村镇, 中山路街道.
bool EndsTheSearch(absl::string_view text) {
  const absl::string_view next = text.substr(kHanBytes);
  if (StartsWithAny(text, "村")) return SuffixBytes(next) == 0;
  return StartsWithAny(text, "路街道巷弄号楼栋幢区") &&
         !absl::StartsWith(next, "街道");
}

}  // namespace

size_t StreetBytes(absl::string_view text) {
  size_t at = 0;
  for (size_t i = 0; i < kStreetCharactersMax; ++i) {
    const absl::string_view rest = text.substr(at);
    if (rest.empty() || CharacterBytes(rest[0]) != kHanBytes || !IsHan(rest)) {
      return 0;
    }
    if (i > 0) {
      const size_t suffix = SuffixBytes(rest);
      if (suffix != 0) {
        // 古镇镇 is a town, in 城关镇镇东路 the second 镇 is a road's.
        const bool certain = SuffixBytes(rest.substr(suffix)) == 0;
        return certain ? at + suffix : 0;
      }
      if (EndsTheSearch(rest)) return 0;
    }
    at += kHanBytes;
  }
  return 0;
}

size_t AddressCut::BytesKept(absl::string_view address, bool* holds) const {
  *holds = false;
  size_t kept = 0;
  // How far from the start it was looked to decide what has been found so far.
  size_t looked_at = 0;
  const auto look = [&kept, &looked_at](const DivisionMatch& match) {
    constexpr size_t kUndecided = DivisionMatch::kUndecided;
    looked_at = match.decided_by == kUndecided || looked_at == kUndecided
                    ? kUndecided
                    : std::max(looked_at, kept + match.decided_by);
  };
  const DivisionMatch province = names_.FindProvince(address);
  look(province);
  kept = province.bytes;
  if (province.bytes == 0 || level_ == AddressLevel::kProvince) {
    *holds = looked_at <= kept;
    return kept;
  }
  const DivisionMatch city =
      names_.FindCity(province.province, address.substr(kept));
  look(city);
  kept += city.bytes;
  if (level_ == AddressLevel::kCity) {
    *holds = looked_at <= kept;
    return city.bytes != 0 || province.is_municipality ? kept : 0;
  }
  const DivisionMatch county =
      names_.FindCounty(province.province, address.substr(kept));
  look(county);
  kept += county.bytes;
  if (county.bytes == 0 && !city.has_no_counties) return 0;
  if (level_ == AddressLevel::kDistrict) {
    *holds = looked_at <= kept;
    return kept;
  }
  const size_t street = StreetBytes(address.substr(kept));
  return street != 0 ? kept + street : 0;
}

}  // namespace sluice::desensitize
