#include "libs/desensitize/division_names.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kHanBytes = 3;
// Every name has two characters at least.
constexpr size_t kKeyTextBytes = 2 * kHanBytes;

// Functional districts that most cities have one of, as people write them.
constexpr char kZones[] =
    "高新技术产业开发区 高新技术开发区 高新区 经济技术开发区 经济开发区 经开区 "
    "开发区";

constexpr char kMunicipalities[] = "北京市 天津市 上海市 重庆市";

std::vector<absl::string_view> Names(absl::string_view list) {
  return absl::StrSplit(list, ' ', absl::SkipEmpty());
}

}  // namespace

const DivisionNames& DivisionNames::Get() {
  static const DivisionNames* const names = new DivisionNames;
  return *names;
}

DivisionNames::DivisionNames() {
  for (uint32_t province = 0; province < kDivisionTableSize; ++province) {
    const ProvinceNames& names = kDivisionTable[province];
    Add(Level::kProvince, province, names.province);
    AddBelow(province, names);
    for (const absl::string_view county : Names(names.counties)) {
      AddRenamed(province, county);
    }
    AddBelow(province, {names.province, "", kZones});
    for (size_t i = 0; i < kFormerDivisionsSize; ++i) {
      if (kFormerDivisions[i].province == names.province) {
        AddBelow(province, kFormerDivisions[i]);
      }
    }
  }
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) {
                     return std::make_pair(a.key, b.name.size()) <
                            std::make_pair(b.key, a.name.size());
                   });
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    const uint32_t first =
        first_of_key_.try_emplace(entries_[i].key, i).first->second;
    // A longer name that begins with this one would win over it.
    Entry& entry = entries_[i];
    const bool is_beginning =
        std::any_of(entries_.begin() + first, entries_.begin() + i,
                    [&entry](const Entry& longer) {
                      return longer.name.size() > entry.name.size() &&
                             absl::StartsWith(longer.name, entry.name);
                    });
    if (!is_beginning) entry.match.decided_by = entry.name.size();
  }
}

void DivisionNames::AddBelow(uint32_t province, const ProvinceNames& names) {
  for (const absl::string_view city : Names(names.cities)) {
    Add(Level::kCity, province, city);
  }
  for (const absl::string_view county : Names(names.counties)) {
    Add(Level::kCounty, province, county);
  }
}

// A county that became a district is written either way in registers. No name
// with 市 is made up: too much in an address reads like one (市场).
void DivisionNames::AddRenamed(uint32_t province, absl::string_view county) {
  const absl::string_view stem = county.substr(0, county.size() - kHanBytes);
  const absl::string_view suffix = county.substr(stem.size());
  // 易县, 浦东新区 and 围场满族蒙古族自治县 have no other form.
  const bool plain = stem.size() >= 2 * kHanBytes &&
                     stem.size() <= 3 * kHanBytes &&
                     !absl::EndsWith(stem, "新") && !absl::EndsWith(stem, "发");
  if (!plain) return;
  if (suffix == "区" || suffix == "市") {
    Add(Level::kCounty, province, absl::StrCat(stem, "县"));
  }
  if (suffix == "县" || suffix == "市") {
    Add(Level::kCounty, province, absl::StrCat(stem, "区"));
  }
}

void DivisionNames::Add(Level level, uint32_t province,
                        absl::string_view name) {
  Entry entry;
  entry.match.has_no_counties = absl::ConsumeSuffix(&name, "=");
  assert(name.size() >= kKeyTextBytes);
  entry.match.bytes = name.size();
  entry.match.province = province;
  entry.match.is_municipality =
      level == Level::kProvince && absl::StrContains(kMunicipalities, name);
  entry.key = KeyOf(level, province, name.data());
  entry.name = std::string(name);
  entries_.push_back(std::move(entry));
}

// The first two characters, and above them the level and the province.
uint64_t DivisionNames::KeyOf(Level level, uint32_t province,
                              const char* text) {
  // Not one copy of six bytes: reading back what two stores wrote stalls the
  // processor, and this is called three times for an address.
  uint32_t begin;
  uint16_t end;
  static_assert(sizeof(begin) + sizeof(end) == kKeyTextBytes);
  std::memcpy(&begin, text, sizeof(begin));
  std::memcpy(&end, text + sizeof(begin), sizeof(end));
  const uint64_t key = begin | uint64_t{end} << (8 * sizeof(begin));
  const uint64_t scope = level == Level::kProvince
                             ? 0
                             : province << 2 | static_cast<uint64_t>(level);
  return key | scope << (8 * kKeyTextBytes);
}

DivisionMatch DivisionNames::Find(Level level, uint32_t province,
                                  absl::string_view text) const {
  if (text.size() < kKeyTextBytes) return {};
  const uint64_t key = KeyOf(level, province, text.data());
  const auto first = first_of_key_.find(key);
  if (first == first_of_key_.end()) {
    DivisionMatch none;
    none.decided_by = kKeyTextBytes;
    return none;
  }
  for (size_t i = first->second; i < entries_.size() && entries_[i].key == key;
       ++i) {
    const std::string& name = entries_[i].name;
    if (name.size() <= text.size() &&
        std::memcmp(name.data(), text.data(), name.size()) == 0) {
      return entries_[i].match;
    }
  }
  return {};
}

DivisionMatch DivisionNames::FindProvince(absl::string_view text) const {
  return Find(Level::kProvince, 0, text);
}

DivisionMatch DivisionNames::FindCity(uint32_t province,
                                      absl::string_view text) const {
  return Find(Level::kCity, province, text);
}

DivisionMatch DivisionNames::FindCounty(uint32_t province,
                                        absl::string_view text) const {
  return Find(Level::kCounty, province, text);
}

}  // namespace sluice::desensitize
