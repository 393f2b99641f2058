// Moments by the rule of their days, at CpuLevel::kAvx2: a vector holds twice
// as many days, in 32 bits, as it holds moments. To be included by kernels' .cc
// alone.
#ifndef SLUICE_LIBS_DESENSITIZE_TIMES_BY_DAY_H_
#define SLUICE_LIBS_DESENSITIZE_TIMES_BY_DAY_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "libs/base/cpu_level.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/near_dates.h"
#include "libs/desensitize/shifted_number.h"

namespace sluice::desensitize {

#if defined(__x86_64__)

// Rows of a TIMESTAMP column on their way to the midnights of days that
// `floor(day, &out)`, of near_dates.h and for DATE, makes of theirs.
template <typename DateFloor>
class TimesByDay {
 public:
  // `span` is that of `floor`, which has no outcome before its first day.
  SLUICE_AVX2 TimesByDay(const NearSpan& span, const DateFloor& floor)
      : span_(span),
        floor_(floor),
        first_(_mm256_set1_epi64x(int64_t{span.first} * kMicrosecondsPerDay)) {}

  // Writes the midnights of `rows` times at `in` to `out`. False if one of the
  // times is not within the span: of it, it is no matter what.
  SLUICE_AVX2 bool Floor(const char* in, uint32_t rows, char* out) {
    const uint32_t whole = rows / kLanes * kLanes;
    FloorWhole(in, whole, out);
    const uint32_t rest = rows - whole;
    if (rest > 0) {
      std::array<int64_t, kLanes> times;
      times.fill(int64_t{span_.first} * kMicrosecondsPerDay);
      const size_t done = whole * sizeof(int64_t);
      std::memcpy(times.data(), in + done, rest * sizeof(int64_t));
      auto* const at = reinterpret_cast<char*>(times.data());
      FloorWhole(at, kLanes, at);
      std::memcpy(out + done, at, rest * sizeof(int64_t));
    }
    return _mm256_testz_si256(ticks_, _mm256_set1_epi64x(kNoTicks)) &&
           last_ < span_.days;
  }

 private:
  static constexpr uint32_t kLanes = 8;
  // What fits the first cache, so that each step has a loop of its own.
  static constexpr uint32_t kBlockRows = 256;

  // A day is a multiple of 2^13 microseconds, a tick. Days of up to 2^40 ticks
  // are exact: those of 285 years.
  static constexpr int kTickBits = 13;
  static constexpr auto kNoTicks = static_cast<int64_t>(~uint64_t{0} << 40);
  static constexpr int kTicksPerDay = 10'546'875;
  static_assert((int64_t{kTicksPerDay} << kTickBits) == kMicrosecondsPerDay);

  // Of a multiple of kLanes.
  SLUICE_AVX2 void FloorWhole(const char* in, uint32_t rows, char* out) {
    alignas(sizeof(__m256i)) std::array<uint32_t, kBlockRows> days;
    const auto first = static_cast<uint32_t>(span_.first);
    const DateFloor floor = floor_;
    for (uint32_t begin = 0; begin < rows; begin += kBlockRows) {
      const uint32_t count = std::min(rows - begin, kBlockRows);
      ReadDays(in + begin * sizeof(int64_t), count, days.data());
      for (uint32_t i = 0; i < count; ++i) {
        last_ = std::max(last_, days[i]);
        int32_t floored = 0;
        floor(static_cast<int32_t>(days[i] + first), &floored);
        days[i] = static_cast<uint32_t>(floored) - first;
      }
      WriteMidnights(days.data(), count, out + begin * sizeof(int64_t));
    }
  }

  // The days of each eight times, from the span's first one on, in an order of
  // their own.
  SLUICE_AVX2 void ReadDays(const char* in, uint32_t rows, uint32_t* days) {
    for (uint32_t row = 0; row < rows; row += kLanes) {
      const char* const at = in + row * sizeof(int64_t);
      const __m256d low = ShiftedDays(at);
      const __m256d high = ShiftedDays(at + sizeof(__m256i));
      const __m256 lowest_bits = _mm256_shuffle_ps(
          _mm256_castpd_ps(low), _mm256_castpd_ps(high), 0b10'00'10'00);
      _mm256_store_ps(reinterpret_cast<float*>(days + row), lowest_bits);
    }
  }

  // As NearDay<int64_t>::ShiftedFrom: the lowest bits are the days.
  SLUICE_AVX2 __m256d ShiftedDays(const char* in) {
    constexpr double kShift = Shifted<double>::kShift;
    const __m256i shift_bits =
        _mm256_set1_epi64x(static_cast<int64_t>(Shifted<double>::kShiftBits));
    const __m256i times =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in));
    const __m256i ticks =
        _mm256_srli_epi64(_mm256_sub_epi64(times, first_), kTickBits);
    ticks_ = _mm256_or_si256(ticks_, ticks);
    // The middle of a tick, less half a day: to be rounded, not cut.
    const __m256d number =
        _mm256_sub_pd(_mm256_castsi256_pd(_mm256_add_epi64(ticks, shift_bits)),
                      _mm256_set1_pd(kShift + (kTicksPerDay - 1.0) / 2));
    return _mm256_fmadd_pd(number, _mm256_set1_pd(1.0 / kTicksPerDay),
                           _mm256_set1_pd(kShift));
  }

  // The midnights of `days`, in the order of the times.
  SLUICE_AVX2 void WriteMidnights(const uint32_t* days, uint32_t rows,
                                  char* out) const {
    for (uint32_t row = 0; row < rows; row += kLanes) {
      const __m256i of_span =
          _mm256_load_si256(reinterpret_cast<const __m256i*>(days + row));
      // 17 bits have room for these.
      const __m256i moved = _mm256_slli_epi32(of_span, kTickBits);
      auto* const at = reinterpret_cast<__m256i*>(out + row * sizeof(int64_t));
      _mm256_storeu_si256(at, MidnightsOf(_mm256_unpacklo_epi32(moved, moved)));
      _mm256_storeu_si256(at + 1,
                          MidnightsOf(_mm256_unpackhi_epi32(moved, moved)));
    }
  }

  // Of the lower half of each lane.
  SLUICE_AVX2 __m256i MidnightsOf(__m256i moved_days) const {
    const __m256i since =
        _mm256_mul_epu32(moved_days, _mm256_set1_epi64x(kTicksPerDay));
    return _mm256_add_epi64(since, first_);
  }

  const NearSpan span_;
  const DateFloor floor_;
  const __m256i first_;
  // The last day of all, and the ticks of each lane in one word.
  uint32_t last_ = 0;
  __m256i ticks_ = _mm256_setzero_si256();
};

#endif  // defined(__x86_64__)

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TIMES_BY_DAY_H_
