// One program for many CPUs: a kernel is compiled once for each level of
// instructions, and which one runs is decided when it does.
#ifndef SLUICE_LIBS_BASE_CPU_LEVEL_H_
#define SLUICE_LIBS_BASE_CPU_LEVEL_H_

// A function that is compiled for a level may only run where UsedCpuLevel() is
// that level or above.
#if defined(__x86_64__)
#define SLUICE_AVX2 __attribute__((target("avx2,bmi,bmi2,fma,lzcnt,popcnt")))
#define SLUICE_AVX512                                          \
  __attribute__((                                              \
      target("avx2,bmi,bmi2,fma,lzcnt,popcnt,avx512f,"         \
             "avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi," \
             "avx512vbmi2,avx512bitalg,avx512vpopcntdq")))
#endif

// A body that is compiled anew, for the level of the function it stands in.
#define SLUICE_ANY_LEVEL __attribute__((always_inline))

namespace sluice {

// Each level has the instructions of those before it.
enum class CpuLevel {
  // What every CPU of its kind has (SSE2 on x86-64).
  kPortable,
  // Intel since 2013, AMD since 2015.
  kAvx2,
  // With VBMI2: Intel servers since 2019, AMD since 2022.
  kAvx512,
};

// The highest level of this CPU, unless a CpuLevelCap holds it down.
CpuLevel UsedCpuLevel();

// For tests: while it lives, UsedCpuLevel() is at most `level` in all threads.
// One at a time.
class CpuLevelCap {
 public:
  explicit CpuLevelCap(CpuLevel level);
  ~CpuLevelCap();
  CpuLevelCap(const CpuLevelCap&) = delete;
  CpuLevelCap& operator=(const CpuLevelCap&) = delete;
};

namespace cpu_level_internal {

#if defined(__x86_64__)
template <typename Body>
SLUICE_AVX2 auto RunAvx2(Body body) {
  return body();
}
template <typename Body>
SLUICE_AVX512 auto RunAvx512(Body body) {
  return body();
}
#endif

}  // namespace cpu_level_internal

// body(), compiled for each level. `body` is a lambda that captures by value
// and is, with all that it calls, SLUICE_ANY_LEVEL: what is not inlined stays
// portable code.
template <typename Body>
auto RunAtUsedCpuLevel(Body body) {
#if defined(__x86_64__)
  switch (UsedCpuLevel()) {
    case CpuLevel::kAvx512:
      return cpu_level_internal::RunAvx512(body);
    case CpuLevel::kAvx2:
      return cpu_level_internal::RunAvx2(body);
    case CpuLevel::kPortable:
      break;
  }
#endif
  return body();
}

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_CPU_LEVEL_H_
