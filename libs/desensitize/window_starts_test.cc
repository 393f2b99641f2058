#include "libs/desensitize/window_starts.h"

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/x86_vectors.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

using Lanes = std::array<uint64_t, kLanes>;

template <uint32_t kRows>
SLUICE_AVX512 Lanes StartsOf(const char* offsets, const Lanes& begins) {
  Lanes starts;
  _mm512_storeu_si512(
      starts.data(),
      WindowStarts<kRows>(offsets, _mm512_loadu_si512(begins.data())));
  return starts;
}

template <uint32_t kRows, uint32_t kRow>
SLUICE_AVX512 Lanes BytesOf(const char* offsets) {
  Lanes bytes;
  _mm512_storeu_si512(bytes.data(), BytesBefore<kRows, kRow>(offsets));
  return bytes;
}

template <uint32_t kRows>
void CheckWindows() {
  CAPTURE(kRows);
  std::mt19937_64 random(kRows);
  for (int i = 0; i < 100; ++i) {
    // Some way into a column, and as many as are read for the last sizes.
    std::vector<uint32_t> offsets = {static_cast<uint32_t>(random() % 5000)};
    while (offsets.size() < kOffsetsRead<kRows> + kRows + 1) {
      const uint64_t size = random() % (64 / kRows);
      offsets.push_back(offsets.back() + static_cast<uint32_t>(size));
    }
    Lanes begins;
    Lanes expected = {};
    Lanes sizes;
    for (uint32_t window = 0; window < kLanes; ++window) {
      const uint32_t* const first = &offsets[window * kRows];
      begins[window] = *first;
      for (uint32_t row = 0; row < kRows; ++row) {
        expected[window] |= uint64_t{1} << (first[row] - *first);
      }
      sizes[window] = first[kRows] - *first;
    }
    const auto* const bytes = reinterpret_cast<const char*>(offsets.data());
    CHECK(StartsOf<kRows>(bytes, begins) == expected);
    CHECK(BytesOf<kRows, kRows>(bytes) == sizes);
    CHECK(BytesOf<kRows, 0>(bytes) == Lanes{});
  }
}

TEST_CASE("where texts begin is what their offsets say") {
  if (UsedCpuLevel() != CpuLevel::kAvx512) return;
  CheckWindows<1>();
  CheckWindows<2>();
  CheckWindows<3>();
  CheckWindows<4>();
  CheckWindows<5>();
  CheckWindows<6>();
}

}  // namespace
}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)
