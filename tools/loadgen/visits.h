// Synthetic visits to clinics, by the people of a population file.
#ifndef SLUICE_TOOLS_LOADGEN_VISITS_H_
#define SLUICE_TOOLS_LOADGEN_VISITS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/loadgen/csv_writer.h"
#include "tools/loadgen/prng.h"

namespace sluice::loadgen {

// Times its seconds, a row number stays below 2^64.
inline constexpr uint64_t kVisitRowsMax = 100'000'000'000;

inline constexpr absl::string_view kVisitsHeader =
    "visit_id,resident_id,visited_at,hospital,department,diagnosis_code,amount";

// The first 17 digits of the resident ids in the first column of a population
// file, in its order: eight bytes a person, and the check character follows
// from them.
//
// MALFORMED names the line (and never the id) if the header has no resident_id
// in front, an id is not valid, or there is none.
absl::StatusOr<std::vector<uint64_t>> ReadResidents(const std::string& path);

// Seven columns. One thread at a time; constant memory.
//
// Visits are in the order of their time, spread evenly over the year 2023;
// their ids count from 1. Diagnosis codes have ICD-10's form and are drawn at
// random.
class Visits {
 public:
  // `residents` is not empty and outlives this; `rows` is how many rows there
  // will be (1 to kVisitRowsMax). The same arguments make the same rows.
  Visits(uint64_t seed, uint64_t rows, const std::vector<uint64_t>* residents);

  // Writes the next row.
  absl::Status WriteRow(CsvWriter* writer);

 private:
  void AppendTime(CsvWriter* writer);

  Prng prng_;
  const uint64_t rows_;
  const std::vector<uint64_t>* const residents_;
  uint64_t row_ = 0;
};

}  // namespace sluice::loadgen

#endif  // SLUICE_TOOLS_LOADGEN_VISITS_H_
