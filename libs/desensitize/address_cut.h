// Where in a Chinese address a level of the administrative divisions ends.
#ifndef SLUICE_LIBS_DESENSITIZE_ADDRESS_CUT_H_
#define SLUICE_LIBS_DESENSITIZE_ADDRESS_CUT_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "libs/desensitize/division_names.h"

namespace sluice::desensitize {

enum class AddressLevel { kProvince, kCity, kDistrict, kStreet };

// Reads an address from its province down. Province, city and county are known
// by name, so that no building or road can be taken for one (城市花园,
// 阳光小区); a street-level division by its suffix, under rules that would
// rather find none than one too long. docs/treatments.md has the rules.
// Immutable and thread-safe.
class AddressCut {
 public:
  explicit AddressCut(AddressLevel level)
      : level_(level), names_(DivisionNames::Get()) {}

  // Bytes from the start of `address`, valid UTF-8, to the end of the level; 0
  // if the level is not found.
  size_t BytesKept(absl::string_view address) const {
    bool holds = false;
    return BytesKept(address, &holds);
  }
  // The same; `holds` is set if of every address that begins with the kept
  // bytes just these are kept.
  size_t BytesKept(absl::string_view address, bool* holds) const;

 private:
  const AddressLevel level_;
  const DivisionNames& names_;
};

// Bytes of the street-level division (街道, 镇, 乡, 苏木) that `text` starts
// with; 0 if there is none for certain.
size_t StreetBytes(absl::string_view text);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_ADDRESS_CUT_H_
