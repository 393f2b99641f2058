// The table of administrative divisions (deploy/examples/data/divisions.csv),
// as the places where synthetic people live.
#ifndef SLUICE_TOOLS_LOADGEN_DIVISIONS_H_
#define SLUICE_TOOLS_LOADGEN_DIVISIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::loadgen {

// A place where people live.
struct Community {
  std::string code;     // its code in the divisions table
  std::string address;  // the names above it, province first
};

// Largest table taken: all of China's villages are 670,000 lines.
inline constexpr size_t kDivisionsMax = 2'000'000;

// Reads `code,name,level,parent_code` with one header line; levels are
// province, city, district, street and village. A parent comes before its
// children.
//
// The communities are the villages; in a table without any, the streets.
// MALFORMED names file and line. Memory: the whole table.
absl::StatusOr<std::vector<Community>> ReadCommunities(const std::string& path);

}  // namespace sluice::loadgen

#endif  // SLUICE_TOOLS_LOADGEN_DIVISIONS_H_
