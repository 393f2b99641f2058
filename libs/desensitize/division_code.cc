#include "libs/desensitize/division_code.h"

namespace sluice::desensitize {

using agreement::v1::DivisionLevel;

size_t DivisionDigits(DivisionLevel::Level level) {
  switch (level) {
    case DivisionLevel::PROVINCE:
      return 2;
    case DivisionLevel::CITY:
      return 4;
    case DivisionLevel::COUNTY:
      return 6;
    case DivisionLevel::STREET:
      return 9;
    default:
      return 0;
  }
}

}  // namespace sluice::desensitize
