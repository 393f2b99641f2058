// The Merkle tree of RFC 6962: hashes, roots and proofs over an append-only
// list.
#ifndef SLUICE_LIBS_AUDIT_MERKLE_H_
#define SLUICE_LIBS_AUDIT_MERKLE_H_

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/crypto/sha256.h"

namespace sluice::audit {

using crypto::Digest;

// SHA-256(0x00 || entry) and SHA-256(0x01 || left || right).
Digest LeafHash(absl::string_view entry);
Digest NodeHash(const Digest& left, const Digest& right);

// The perfect subtree of 2^level leaves whose first leaf is index * 2^level.
struct NodeId {
  int level = 0;
  uint64_t index = 0;

  friend bool operator==(const NodeId&, const NodeId&) = default;
};

// What a tree of some size needs to grow: the roots of its perfect subtrees,
// from the largest. Copyable; at most 64 hashes.
class Frontier {
 public:
  Frontier() = default;
  // `roots` as perfect_roots() gave them for a tree of `size` leaves.
  Frontier(uint64_t size, std::vector<Digest> roots);

  // Adds a leaf. Calls `node` (if given) for each perfect subtree that this
  // leaf completes, the leaf itself first.
  void Append(const Digest& leaf,
              const std::function<void(NodeId, const Digest&)>& node = nullptr);

  uint64_t size() const { return size_; }
  // MTH of RFC 6962, 2.1; SHA-256 of nothing for the empty tree.
  Digest Root() const;
  const std::vector<Digest>& perfect_roots() const { return roots_; }

 private:
  uint64_t size_ = 0;
  std::vector<Digest> roots_;
};

// Reads the hash of a perfect subtree that the tree contains whole.
using NodeReader = std::function<absl::StatusOr<Digest>(NodeId)>;

// The frontier, and the root, of the first `size` leaves.
absl::StatusOr<Frontier> FrontierAt(uint64_t size, const NodeReader& nodes);
absl::StatusOr<Digest> RootAt(uint64_t size, const NodeReader& nodes);

// PATH of RFC 6962, 2.1.1. OUT_OF_BOUNDS unless index < size.
absl::StatusOr<std::vector<Digest>> InclusionProof(uint64_t index,
                                                   uint64_t size,
                                                   const NodeReader& nodes);

// PROOF of RFC 6962, 2.1.2. OUT_OF_BOUNDS unless 0 < old_size <= new_size.
absl::StatusOr<std::vector<Digest>> ConsistencyProof(uint64_t old_size,
                                                     uint64_t new_size,
                                                     const NodeReader& nodes);

// RFC 9162, 2.1.3.2 and 2.1.4.2. CORRUPT if the proof does not hold. Every tree
// extends the empty one, by an empty proof.
absl::Status VerifyInclusion(const Digest& leaf, uint64_t index, uint64_t size,
                             const std::vector<Digest>& proof,
                             const Digest& root);
absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size,
                               const std::vector<Digest>& proof,
                               const Digest& old_root, const Digest& new_root);

}  // namespace sluice::audit

#endif  // SLUICE_LIBS_AUDIT_MERKLE_H_
