#include "libs/base/cpu_level.h"

#include <algorithm>
#include <atomic>

namespace sluice {
namespace {

CpuLevel HighestCpuLevel() {
#if defined(__x86_64__)
  const bool has_avx2 = __builtin_cpu_supports("avx2") != 0 &&
                        __builtin_cpu_supports("bmi") != 0 &&
                        __builtin_cpu_supports("bmi2") != 0 &&
                        __builtin_cpu_supports("fma") != 0 &&
                        __builtin_cpu_supports("lzcnt") != 0 &&
                        __builtin_cpu_supports("popcnt") != 0;
  if (!has_avx2) return CpuLevel::kPortable;
  const bool has_avx512 = __builtin_cpu_supports("avx512f") != 0 &&
                          __builtin_cpu_supports("avx512bw") != 0 &&
                          __builtin_cpu_supports("avx512cd") != 0 &&
                          __builtin_cpu_supports("avx512dq") != 0 &&
                          __builtin_cpu_supports("avx512vl") != 0 &&
                          __builtin_cpu_supports("avx512vbmi") != 0 &&
                          __builtin_cpu_supports("avx512vbmi2") != 0 &&
                          __builtin_cpu_supports("avx512bitalg") != 0 &&
                          __builtin_cpu_supports("avx512vpopcntdq") != 0;
  return has_avx512 ? CpuLevel::kAvx512 : CpuLevel::kAvx2;
#else
  return CpuLevel::kPortable;
#endif
}

std::atomic<CpuLevel>& Cap() {
  static std::atomic<CpuLevel> cap{CpuLevel::kAvx512};
  return cap;
}

}  // namespace

CpuLevel UsedCpuLevel() {
  static const CpuLevel highest = HighestCpuLevel();
  return std::min(highest, Cap().load(std::memory_order_relaxed));
}

CpuLevelCap::CpuLevelCap(CpuLevel level) {
  Cap().store(level, std::memory_order_relaxed);
}

CpuLevelCap::~CpuLevelCap() {
  Cap().store(CpuLevel::kAvx512, std::memory_order_relaxed);
}

}  // namespace sluice
