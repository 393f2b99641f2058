// Names of China's administrative divisions from province to county, for
// finding where in an address they end.
#ifndef SLUICE_LIBS_DESENSITIZE_DIVISION_NAMES_H_
#define SLUICE_LIBS_DESENSITIZE_DIVISION_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace sluice::desensitize {

// The divisions of one province. Names are separated by spaces. A city name
// that ends with '=' has no counties: streets stand right below it.
struct ProvinceNames {
  absl::string_view province;
  absl::string_view cities;
  absl::string_view counties;
};

// Every province, and the names in use at the end of 2023 (division_table.cc).
extern const ProvinceNames kDivisionTable[];
extern const size_t kDivisionTableSize;

// Names that are gone and still stand in registers (former_divisions.cc).
extern const ProvinceNames kFormerDivisions[];
extern const size_t kFormerDivisionsSize;

// A name found at the start of a text; bytes is 0 if there is none.
struct DivisionMatch {
  size_t bytes = 0;
  uint32_t province = 0;
  // A province that is a city itself (北京市).
  bool is_municipality = false;
  // A city without counties (东莞市).
  bool has_no_counties = false;
  // How many bytes of the text decided this: with the same ones, whatever
  // follows, the same is found. kUndecided where no count is known.
  size_t decided_by = kUndecided;

  static constexpr size_t kUndecided = ~size_t{0};
};

// Immutable and thread-safe. The longest name wins.
class DivisionNames {
 public:
  // Built at the first call; lives as long as the program.
  static const DivisionNames& Get();

  DivisionMatch FindProvince(absl::string_view text) const;
  // A city, prefecture or league of `province`.
  DivisionMatch FindCity(uint32_t province, absl::string_view text) const;
  // A county, district, banner or county-level city of `province`.
  DivisionMatch FindCounty(uint32_t province, absl::string_view text) const;

 private:
  enum class Level : uint8_t { kProvince, kCity, kCounty };
  struct Entry {
    uint64_t key;
    std::string name;
    DivisionMatch match;
  };

  DivisionNames();
  void AddBelow(uint32_t province, const ProvinceNames& names);
  void Add(Level level, uint32_t province, absl::string_view name);
  void AddRenamed(uint32_t province, absl::string_view county);
  static uint64_t KeyOf(Level level, uint32_t province, const char* text);
  DivisionMatch Find(Level level, uint32_t province,
                     absl::string_view text) const;

  // Ascending by key, longer names first.
  std::vector<Entry> entries_;
  // Where in entries_ a key starts.
  absl::flat_hash_map<uint64_t, uint32_t> first_of_key_;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_DIVISION_NAMES_H_
