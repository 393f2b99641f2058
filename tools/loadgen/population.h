// A synthetic population: people who do not exist, in the shape of a register.
#ifndef SLUICE_TOOLS_LOADGEN_POPULATION_H_
#define SLUICE_TOOLS_LOADGEN_POPULATION_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "tools/loadgen/csv_writer.h"
#include "tools/loadgen/divisions.h"
#include "tools/loadgen/prng.h"

namespace sluice::loadgen {

// Every resident id is different up to this many.
inline constexpr uint64_t kPopulationRowsMax = 320'000'000;

inline constexpr absl::string_view kPopulationHeader =
    "resident_id,name,sex,birth_date,phone,ethnicity,marital_status,education,"
    "household_no,community_code,address,registered_on";

// Twelve columns, about 170 bytes a row. One thread at a time; constant memory.
//
// Resident ids are valid by GB 11643 but for their region, which begins with 99
// and so is nowhere: no id is a real person's. Phones begin with 154.
// Households follow one another and live in one place; marriage and schooling
// fit the age on 2024-01-01.
class Population {
 public:
  // `communities` is not empty and outlives this. The same seed and communities
  // make the same rows, and a shorter run makes the beginning of a longer one.
  Population(uint64_t seed, const std::vector<Community>* communities);

  // Writes the next row.
  absl::Status WriteRow(CsvWriter* writer);

 private:
  struct Household {
    uint64_t number = 0;
    uint32_t members_left = 0;
    const Community* community = nullptr;
    uint32_t road = 0;
    uint32_t building = 0;
    uint32_t room = 0;
  };

  static void AppendResidentId(uint32_t id_key, absl::CivilDay birth,
                               CsvWriter* writer);
  static void AppendDate(absl::CivilDay day, CsvWriter* writer);

  int64_t PickBirthDay(uint64_t block, uint32_t id_key);
  // Returns the ethnicity that goes with the name.
  absl::string_view AppendName(bool male, CsvWriter* writer);
  void AppendAddress(CsvWriter* writer) const;
  void MoveIntoNextHousehold();

  Prng prng_;
  const Permutation id_keys_;
  const Permutation phones_;
  const std::vector<Community>* const communities_;
  Household household_;
  uint64_t row_ = 0;
};

}  // namespace sluice::loadgen

#endif  // SLUICE_TOOLS_LOADGEN_POPULATION_H_
