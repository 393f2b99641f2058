#include "libs/audit/merkle.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::audit {
namespace {

constexpr char kLeafPrefix = 0x00;
constexpr char kNodePrefix = 0x01;

bool IsOdd(uint64_t number) { return (number & 1) != 0; }

// The largest power of two below `size`, which is at least 2: where RFC 6962
// splits a tree.
uint64_t SplitOf(uint64_t size) { return std::bit_floor(size - 1); }

// Root of leaves [first, first + size). RFC 6962 splits so that `first` is
// always a multiple of the power of two at or above `size`, which makes the
// largest part a stored node.
absl::StatusOr<Digest> RootOfRange(uint64_t first, uint64_t size,
                                   const NodeReader& nodes) {
  if (std::has_single_bit(size)) {
    const int level = std::countr_zero(size);
    return nodes(NodeId{level, first >> level});
  }
  const uint64_t split = SplitOf(size);
  ASSIGN_OR_RETURN(const Digest left, RootOfRange(first, split, nodes));
  ASSIGN_OR_RETURN(const Digest right,
                   RootOfRange(first + split, size - split, nodes));
  return NodeHash(left, right);
}

absl::Status BadProof(absl::string_view what, absl::string_view why) {
  return Error(
      status::v1::REASON_CODE_CORRUPT,
      absl::StrCat("the ", what, " proof does not hold: ", why,
                   ": do not trust this trail before it is explained"));
}

// Walks up from a leaf (or the last leaf of an older tree) to the root: at each
// step says on which side the next hash of a proof stands.
class Climb {
 public:
  Climb(uint64_t node, uint64_t last) : node_(node), last_(last) {}

  bool AtRoot() const { return last_ == 0; }
  // Whether the next hash stands left of the path.
  bool SiblingIsLeft() const { return IsOdd(node_) || node_ == last_; }

  void Up() {
    if (SiblingIsLeft()) {
      // At the right edge the levels without a sibling are skipped.
      while (!IsOdd(node_) && node_ != 0) Shift();
    }
    Shift();
  }
  void SkipOddLevels() {
    while (IsOdd(node_)) Shift();
  }

 private:
  void Shift() {
    node_ >>= 1;
    last_ >>= 1;
  }

  uint64_t node_;
  uint64_t last_;
};

}  // namespace

Digest LeafHash(absl::string_view entry) {
  // One hasher a thread: making one allocates.
  thread_local crypto::Sha256Hasher hasher;
  hasher.Update(absl::string_view(&kLeafPrefix, 1));
  hasher.Update(entry);
  return hasher.Finish();
}

Digest NodeHash(const Digest& left, const Digest& right) {
  char bytes[1 + 2 * crypto::kDigestBytes];
  bytes[0] = kNodePrefix;
  std::memcpy(bytes + 1, left.data(), left.size());
  std::memcpy(bytes + 1 + left.size(), right.data(), right.size());
  return crypto::Sha256(absl::string_view(bytes, sizeof(bytes)));
}

Frontier::Frontier(uint64_t size, std::vector<Digest> roots)
    : size_(size), roots_(std::move(roots)) {
  assert(static_cast<size_t>(std::popcount(size_)) == roots_.size());
}

void Frontier::Append(const Digest& leaf,
                      const std::function<void(NodeId, const Digest&)>& node) {
  NodeId id{0, size_};
  Digest hash = leaf;
  if (node) node(id, hash);
  while (IsOdd(id.index)) {
    hash = NodeHash(roots_.back(), hash);
    roots_.pop_back();
    id = NodeId{id.level + 1, id.index >> 1};
    if (node) node(id, hash);
  }
  roots_.push_back(hash);
  ++size_;
}

Digest Frontier::Root() const {
  if (roots_.empty()) return crypto::Sha256("");
  Digest root = roots_.back();
  for (size_t i = roots_.size() - 1; i-- > 0;) root = NodeHash(roots_[i], root);
  return root;
}

absl::StatusOr<Frontier> FrontierAt(uint64_t size, const NodeReader& nodes) {
  std::vector<Digest> roots;
  uint64_t first = 0;
  while (first < size) {
    const uint64_t leaves = std::bit_floor(size - first);
    const int level = std::countr_zero(leaves);
    ASSIGN_OR_RETURN(const Digest root, nodes(NodeId{level, first >> level}));
    roots.push_back(root);
    first += leaves;
  }
  return Frontier(size, std::move(roots));
}

absl::StatusOr<Digest> RootAt(uint64_t size, const NodeReader& nodes) {
  ASSIGN_OR_RETURN(const Frontier frontier, FrontierAt(size, nodes));
  return frontier.Root();
}

absl::StatusOr<std::vector<Digest>> InclusionProof(uint64_t index,
                                                   uint64_t size,
                                                   const NodeReader& nodes) {
  if (index >= size) {
    return Error(
        status::v1::REASON_CODE_OUT_OF_BOUNDS,
        absl::StrCat("no proof that entry ", index, " is in a tree of ", size,
                     " entries: indexes start at 0 and end below the "
                     "size"));
  }
  std::vector<Digest> proof;
  uint64_t first = 0;
  while (size > 1) {
    const uint64_t split = SplitOf(size);
    const bool in_left = index - first < split;
    ASSIGN_OR_RETURN(const Digest sibling,
                     in_left ? RootOfRange(first + split, size - split, nodes)
                             : RootOfRange(first, split, nodes));
    proof.push_back(sibling);
    if (in_left) {
      size = split;
    } else {
      first += split;
      size -= split;
    }
  }
  // RFC 6962 lists the hashes from the leaf up.
  std::reverse(proof.begin(), proof.end());
  return proof;
}

absl::StatusOr<std::vector<Digest>> ConsistencyProof(uint64_t old_size,
                                                     uint64_t new_size,
                                                     const NodeReader& nodes) {
  if (old_size == 0 || old_size > new_size) {
    return Error(status::v1::REASON_CODE_OUT_OF_BOUNDS,
                 absl::StrCat("no proof that a tree of ", new_size,
                              " entries extends one of ", old_size,
                              ": ask for 1 <= old size <= new size"));
  }
  std::vector<Digest> proof;
  uint64_t first = 0;
  uint64_t size = new_size;
  while (old_size - first < size) {
    const uint64_t split = SplitOf(size);
    const bool in_left = old_size - first <= split;
    ASSIGN_OR_RETURN(const Digest sibling,
                     in_left ? RootOfRange(first + split, size - split, nodes)
                             : RootOfRange(first, split, nodes));
    proof.push_back(sibling);
    if (in_left) {
      size = split;
    } else {
      first += split;
      size -= split;
    }
  }
  // Left out where it is the old root itself, which the verifier has.
  if (first != 0) {
    ASSIGN_OR_RETURN(const Digest rest, RootOfRange(first, size, nodes));
    proof.push_back(rest);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

absl::Status VerifyInclusion(const Digest& leaf, uint64_t index, uint64_t size,
                             const std::vector<Digest>& proof,
                             const Digest& root) {
  constexpr char kWhat[] = "inclusion";
  if (index >= size)
    return BadProof(kWhat, "the entry is behind the tree's end");
  Climb climb(index, size - 1);
  Digest hash = leaf;
  for (const Digest& sibling : proof) {
    if (climb.AtRoot()) return BadProof(kWhat, "it has too many hashes");
    hash = climb.SiblingIsLeft() ? NodeHash(sibling, hash)
                                 : NodeHash(hash, sibling);
    climb.Up();
  }
  if (!climb.AtRoot()) return BadProof(kWhat, "it has too few hashes");
  if (hash != root) return BadProof(kWhat, "it leads to another root");
  return absl::OkStatus();
}

absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size,
                               const std::vector<Digest>& proof,
                               const Digest& old_root, const Digest& new_root) {
  constexpr char kWhat[] = "consistency";
  if (old_size > new_size) return BadProof(kWhat, "the trail has shrunk");
  if (old_size == 0 || old_size == new_size) {
    if (!proof.empty()) return BadProof(kWhat, "it has too many hashes");
    const Digest& expected = old_size == 0 ? Frontier().Root() : new_root;
    if (old_root != expected) return BadProof(kWhat, "the roots differ");
    return absl::OkStatus();
  }
  Climb climb(old_size - 1, new_size - 1);
  climb.SkipOddLevels();
  // An old tree that is perfect is itself where the climb starts.
  const bool starts_at_old_root = std::has_single_bit(old_size);
  if (!starts_at_old_root && proof.empty()) {
    return BadProof(kWhat, "it has too few hashes");
  }
  Digest old_hash = starts_at_old_root ? old_root : proof.front();
  Digest new_hash = old_hash;
  for (size_t i = starts_at_old_root ? 0 : 1; i < proof.size(); ++i) {
    if (climb.AtRoot()) return BadProof(kWhat, "it has too many hashes");
    if (climb.SiblingIsLeft()) {
      old_hash = NodeHash(proof[i], old_hash);
      new_hash = NodeHash(proof[i], new_hash);
    } else {
      new_hash = NodeHash(new_hash, proof[i]);
    }
    climb.Up();
  }
  if (!climb.AtRoot()) return BadProof(kWhat, "it has too few hashes");
  if (old_hash != old_root) {
    return BadProof(kWhat, "it does not start from the old root");
  }
  if (new_hash != new_root) {
    return BadProof(kWhat, "it does not lead to the new root");
  }
  return absl::OkStatus();
}

}  // namespace sluice::audit
