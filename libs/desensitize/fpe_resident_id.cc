#include "libs/desensitize/fpe_resident_id.h"

#include "libs/desensitize/civil_date.h"
#include "libs/identifiers/resident_id.h"

namespace sluice::desensitize {
namespace {

constexpr std::array<uint8_t, 34> kProvinces = {
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42,
    43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82};
constexpr uint64_t kRegionsPerProvince = 10'000;
constexpr uint64_t kRegions = kProvinces.size() * kRegionsPerProvince;
constexpr uint64_t kSequences = 1'000;
// 1900-01-01, and the days from there to 2049-12-31.
constexpr int64_t kFirstDay = -25'567;
constexpr uint64_t kDays = 54'787;

constexpr size_t kRegionDigits = 6;
constexpr size_t kDateDigits = 8;
constexpr size_t kSequenceDigits = 3;
constexpr size_t kSequenceAt = kRegionDigits + kDateDigits;

uint64_t NumberAt(absl::string_view id, size_t at, size_t digits) {
  uint64_t number = 0;
  for (size_t i = at; i < at + digits; ++i) {
    number = number * 10 + static_cast<uint64_t>(id[i] - '0');
  }
  return number;
}

void WriteNumber(uint64_t number, size_t digits, char* out) {
  for (size_t i = digits; i-- > 0; number /= 10) {
    out[i] = static_cast<char>('0' + number % 10);
  }
}

}  // namespace

ResidentIdRanks::ResidentIdRanks(ResidentIdPart kept)
    : kept_(kept), count_(kSequences) {
  if (kept != ResidentIdPart::kRegion) count_ *= kRegions;
  if (kept != ResidentIdPart::kBirthDate) count_ *= kDays;
  province_ranks_.fill(-1);
  for (size_t i = 0; i < kProvinces.size(); ++i) {
    province_ranks_[kProvinces[i]] = static_cast<int8_t>(i);
  }
}

size_t ResidentIdRanks::tweak_bytes() const {
  return TweakOf("000000000000000000").size();
}

absl::string_view ResidentIdRanks::TweakOf(absl::string_view id) const {
  switch (kept_) {
    case ResidentIdPart::kRegion:
      return id.substr(0, kRegionDigits);
    case ResidentIdPart::kBirthDate:
      return id.substr(kRegionDigits, kDateDigits);
    case ResidentIdPart::kNone:
      break;
  }
  return "";
}

std::optional<uint64_t> ResidentIdRanks::RankOf(absl::string_view id) const {
  if (!identifiers::IsValidResidentId(id)) return std::nullopt;
  uint64_t rank = 0;
  if (kept_ != ResidentIdPart::kRegion) {
    const int8_t province = province_ranks_[NumberAt(id, 0, 2)];
    if (province < 0) return std::nullopt;
    rank = static_cast<uint64_t>(province) * kRegionsPerProvince +
           NumberAt(id, 2, 4);
  }
  if (kept_ != ResidentIdPart::kBirthDate) {
    const CivilDate date = {static_cast<int64_t>(NumberAt(id, 6, 4)),
                            static_cast<uint32_t>(NumberAt(id, 10, 2)),
                            static_cast<uint32_t>(NumberAt(id, 12, 2))};
    const int64_t day = DaysOf(date) - kFirstDay;
    if (day < 0 || day >= static_cast<int64_t>(kDays)) return std::nullopt;
    rank = rank * kDays + static_cast<uint64_t>(day);
  }
  return rank * kSequences + NumberAt(id, kSequenceAt, kSequenceDigits);
}

void ResidentIdRanks::Write(uint64_t rank, char* id) const {
  WriteNumber(rank % kSequences, kSequenceDigits, id + kSequenceAt);
  rank /= kSequences;
  if (kept_ != ResidentIdPart::kBirthDate) {
    const CivilDate date =
        DateOf(kFirstDay + static_cast<int64_t>(rank % kDays));
    rank /= kDays;
    WriteNumber(static_cast<uint64_t>(date.year), 4, id + kRegionDigits);
    WriteNumber(date.month, 2, id + kRegionDigits + 4);
    WriteNumber(date.day, 2, id + kRegionDigits + 6);
  }
  if (kept_ != ResidentIdPart::kRegion) {
    WriteNumber(kProvinces[rank / kRegionsPerProvince], 2, id);
    WriteNumber(rank % kRegionsPerProvince, 4, id + 2);
  }
  constexpr size_t kDigits = identifiers::kResidentIdLength - 1;
  id[kDigits] =
      identifiers::ResidentIdCheckCharacter(absl::string_view(id, kDigits));
}

}  // namespace sluice::desensitize
