#include "libs/crypto/rank_permutation.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <utility>

namespace sluice::crypto {
namespace {

constexpr size_t kLanesMax = 8;

}  // namespace

RankPermutation::RankPermutation(std::unique_ptr<const BlockCipher> cipher,
                                 uint64_t count, size_t tweak_bytes)
    : count_(count),
      ff1_(std::move(cipher), 2),
      shape_(ff1_.ShapeOf(static_cast<size_t>(std::bit_width(count - 1)),
                          tweak_bytes)) {
  assert(count >= kFf1DomainMin && count <= uint64_t{1} << 62);
  assert(shape_.is_short);
}

void RankPermutation::Permute(Rank* ranks, size_t size) const {
  for (size_t at = 0; at < size; at += kLanesMax) {
    PermuteLanes(ranks + at, std::min(kLanesMax, size - at));
  }
}

void RankPermutation::PermuteLanes(Rank* ranks, size_t size) const {
  std::array<Ff1::Value, kLanesMax> values;
  // Which rank each value is of; those that are done fall out.
  std::array<size_t, kLanesMax> of;
  for (size_t i = 0; i < size; ++i) {
    assert(ranks[i].rank < count_);
    of[i] = i;
  }
  const size_t v = shape_.v;
  while (size > 0) {
    for (size_t i = 0; i < size; ++i) {
      const Rank& rank = ranks[of[i]];
      values[i] = {&shape_, rank.tweak, rank.rank >> v,
                   rank.rank & (shape_.right_modulus - 1)};
    }
    ff1_.EncryptMany(values.data(), size);
    size_t left = 0;
    for (size_t i = 0; i < size; ++i) {
      const uint64_t rank = values[i].left << v | values[i].right;
      ranks[of[i]].rank = rank;
      if (rank >= count_) of[left++] = of[i];
    }
    size = left;
  }
}

}  // namespace sluice::crypto
