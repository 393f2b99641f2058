#include "libs/base/cpu_level.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

namespace sluice {
namespace {

SLUICE_ANY_LEVEL inline uint32_t SumOf(const uint32_t* numbers, size_t count) {
  uint32_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += numbers[i] * numbers[i];
  return sum;
}

TEST_CASE("a body gives the same at every level of the CPU") {
  std::vector<uint32_t> numbers;
  numbers.reserve(1000);
  for (uint32_t i = 0; i < 1000; ++i) numbers.push_back(i * 2'654'435'761u);
  const uint32_t* const first = numbers.data();
  const size_t count = numbers.size();
  const uint32_t expected = SumOf(first, count);
  for (const CpuLevel level :
       {CpuLevel::kPortable, CpuLevel::kAvx2, CpuLevel::kAvx512}) {
    const CpuLevelCap cap(level);
    CHECK(RunAtUsedCpuLevel([=]() SLUICE_ANY_LEVEL {
            return SumOf(first, count);
          }) == expected);
  }
}

TEST_CASE("a cap lowers the level while it lives") {
  const CpuLevel before = UsedCpuLevel();
  {
    const CpuLevelCap cap(CpuLevel::kPortable);
    CHECK(UsedCpuLevel() == CpuLevel::kPortable);
  }
  CHECK(UsedCpuLevel() == before);
}

}  // namespace
}  // namespace sluice
