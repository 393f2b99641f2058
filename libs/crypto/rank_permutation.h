// A keyed permutation of the numbers 0 to count - 1, for values whose domain is
// no power of an alphabet: dates, regions, and numbers made of them.
#ifndef SLUICE_LIBS_CRYPTO_RANK_PERMUTATION_H_
#define SLUICE_LIBS_CRYPTO_RANK_PERMUTATION_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "libs/crypto/ff1.h"

namespace sluice::crypto {

// FF1 over the binary digits of a number, again and again until it is below
// the count (cycle walking): 1.5 times on average, 2 at most. Immutable and
// thread-safe; allocates nothing but when it is made.
class RankPermutation {
 public:
  // `count` is kFf1DomainMin to 2^62. Tweaks are of `tweak_bytes`, at most 8.
  RankPermutation(std::unique_ptr<const BlockCipher> cipher, uint64_t count,
                  size_t tweak_bytes);

  uint64_t count() const { return count_; }

  struct Rank {
    absl::string_view tweak;
    uint64_t rank;
  };

  // Permutes each in place, several side by side.
  void Permute(Rank* ranks, size_t size) const;

 private:
  void PermuteLanes(Rank* ranks, size_t size) const;

  const uint64_t count_;
  const Ff1 ff1_;
  const Ff1Shape shape_;
};

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_RANK_PERMUTATION_H_
