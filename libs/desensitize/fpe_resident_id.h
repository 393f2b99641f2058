// Resident ids as numbers without gaps, for encrypting them among themselves.
// docs/formats/fpe.md has the numbering.
#ifndef SLUICE_LIBS_DESENSITIZE_FPE_RESIDENT_ID_H_
#define SLUICE_LIBS_DESENSITIZE_FPE_RESIDENT_ID_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace sluice::desensitize {

enum class ResidentIdPart { kNone, kRegion, kBirthDate };

// Ids whose province exists, whose birth date is one of 1900 to 2049, and whose
// check character is right, numbered by all but the part that stays. Immutable
// and thread-safe.
class ResidentIdRanks {
 public:
  explicit ResidentIdRanks(ResidentIdPart kept);

  // How many ids there are with one value of the kept part.
  uint64_t count() const { return count_; }

  // The kept part's length in bytes, and where it lies in an id.
  size_t tweak_bytes() const;
  absl::string_view TweakOf(absl::string_view id) const;

  // Nothing for a text that is no such id. A region that stays may be any.
  std::optional<uint64_t> RankOf(absl::string_view id) const;

  // Writes the id of `rank` over one at `id` that has the kept part in place.
  void Write(uint64_t rank, char* id) const;

 private:
  const ResidentIdPart kept_;
  uint64_t count_;
  // Where a province's two digits stand among those that exist; -1 if nowhere.
  std::array<int8_t, 100> province_ranks_;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_FPE_RESIDENT_ID_H_
