// A random generator whose sequence is fixed by its algorithm, so that a seed
// makes the same data on every machine and with every compiler. The
// distributions of <random> leave their output to the implementation.
#ifndef SLUICE_TOOLS_LOADGEN_PRNG_H_
#define SLUICE_TOOLS_LOADGEN_PRNG_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sluice::loadgen {

// SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.
class Prng {
 public:
  explicit Prng(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15U;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
  }

  // A number below `bound` (at least 1), by multiplication. The bias is below
  // bound / 2^32, which no use of this data notices.
  uint32_t Below(uint32_t bound) {
    return static_cast<uint32_t>(((Next() >> 32) * bound) >> 32);
  }

  template <typename T, size_t kSize>
  const T& Pick(const std::array<T, kSize>& choices) {
    return choices[Below(static_cast<uint32_t>(kSize))];
  }

 private:
  uint64_t state_;
};

// A permutation of 0 .. size-1: distinct numbers in, distinct numbers out,
// without a table. Its output looks random to the eye; not for secrets.
class Permutation {
 public:
  // `size` is 2 to 2^31.
  Permutation(uint32_t size, Prng* prng)
      : size_(size),
        bits_(std::bit_width(size - 1)),
        mask_((uint32_t{1} << bits_) - 1),
        multipliers_{static_cast<uint32_t>(prng->Next()) | 1,
                     static_cast<uint32_t>(prng->Next()) | 1},
        offset_(static_cast<uint32_t>(prng->Next())) {}

  // `index` is below size.
  uint32_t operator()(uint32_t index) const {
    // Each step can be undone within the next power of two; walking on until
    // the number is below size keeps it a permutation of what is below size.
    do {
      for (const uint32_t multiplier : multipliers_) {
        index = (index * multiplier + offset_) & mask_;
        index ^= index >> (bits_ / 2 + 1);
      }
    } while (index >= size_);
    return index;
  }

 private:
  const uint32_t size_;
  const int bits_;
  const uint32_t mask_;
  const std::array<uint32_t, 2> multipliers_;
  const uint32_t offset_;
};

}  // namespace sluice::loadgen

#endif  // SLUICE_TOOLS_LOADGEN_PRNG_H_
