#include "libs/audit/merkle.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"

namespace sluice::audit {
namespace {

// --- The oracle: RFC 6962, 2.1, word for word. ------------------------------

using Leaves = std::vector<std::string>;

Digest HashOf(const std::string& bytes) { return crypto::Sha256(bytes); }

std::string Text(const Digest& digest) {
  return std::string(crypto::DigestView(digest));
}

size_t LargestPowerOfTwoBelow(size_t n) {
  size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

Leaves Part(const Leaves& d, size_t from, size_t to) {
  return Leaves(d.begin() + static_cast<ptrdiff_t>(from),
                d.begin() + static_cast<ptrdiff_t>(to));
}

Digest Mth(const Leaves& d) {
  if (d.empty()) return HashOf("");
  if (d.size() == 1) return HashOf(std::string(1, '\x00') + d[0]);
  const size_t k = LargestPowerOfTwoBelow(d.size());
  return HashOf(std::string(1, '\x01') + Text(Mth(Part(d, 0, k))) +
                Text(Mth(Part(d, k, d.size()))));
}

std::vector<Digest> Path(size_t m, const Leaves& d) {
  if (d.size() == 1) return {};
  const size_t k = LargestPowerOfTwoBelow(d.size());
  std::vector<Digest> path;
  if (m < k) {
    path = Path(m, Part(d, 0, k));
    path.push_back(Mth(Part(d, k, d.size())));
  } else {
    path = Path(m - k, Part(d, k, d.size()));
    path.push_back(Mth(Part(d, 0, k)));
  }
  return path;
}

std::vector<Digest> SubProof(size_t m, const Leaves& d, bool whole) {
  if (m == d.size()) {
    return whole ? std::vector<Digest>() : std::vector<Digest>{Mth(d)};
  }
  const size_t k = LargestPowerOfTwoBelow(d.size());
  std::vector<Digest> proof;
  if (m <= k) {
    proof = SubProof(m, Part(d, 0, k), whole);
    proof.push_back(Mth(Part(d, k, d.size())));
  } else {
    proof = SubProof(m - k, Part(d, k, d.size()), false);
    proof.push_back(Mth(Part(d, 0, k)));
  }
  return proof;
}

// --- A tree as the trail keeps it. -------------------------------------------

struct Tree {
  explicit Tree(const Leaves& leaves) {
    roots.push_back(frontier.Root());
    for (const std::string& leaf : leaves) {
      frontier.Append(LeafHash(leaf), [this](NodeId id, const Digest& hash) {
        REQUIRE(nodes.emplace(std::pair(id.level, id.index), hash).second);
      });
      roots.push_back(frontier.Root());
    }
  }

  NodeReader Reader() const {
    return [this](NodeId id) -> absl::StatusOr<Digest> {
      const auto found = nodes.find({id.level, id.index});
      if (found == nodes.end()) {
        return Error(status::v1::REASON_CODE_CORRUPT,
                     absl::StrCat("no node ", id.level, "/", id.index));
      }
      return found->second;
    };
  }

  Frontier frontier;
  std::map<std::pair<int, uint64_t>, Digest> nodes;
  std::vector<Digest> roots;  // by size
};

Leaves MakeLeaves(size_t count) {
  std::mt19937 random(20260331);
  Leaves leaves;
  for (size_t i = 0; i < count; ++i) {
    std::string leaf(random() % 40, '\0');
    for (char& c : leaf) c = static_cast<char>(random());
    leaves.push_back(leaf);
  }
  return leaves;
}

std::string Hex(const Digest& digest) {
  return HexEncode(crypto::DigestView(digest));
}

TEST_CASE("Roots are those of Certificate Transparency's reference tree") {
  const std::vector<std::pair<std::string, std::string>> vectors = {
      {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"00",
       "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {"10",
       "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {"2021",
       "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
      {"3031",
       "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
      {"40414243",
       "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
      {"5051525354555657",
       "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {"606162636465666768696a6b6c6d6e6f",
       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
  };
  Frontier frontier;
  CHECK(Hex(frontier.Root()) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (const auto& [leaf, root] : vectors) {
    frontier.Append(LeafHash(HexDecode(leaf).value()));
    INFO(frontier.size());
    CHECK(Hex(frontier.Root()) == root);
  }
}

TEST_CASE("Roots of all sizes are what RFC 6962 defines") {
  const Leaves leaves = MakeLeaves(300);
  const Tree tree(leaves);
  for (size_t size = 0; size <= leaves.size(); ++size) {
    INFO(size);
    const Digest expected = Mth(Part(leaves, 0, size));
    CHECK(tree.roots[size] == expected);
    CHECK(RootAt(size, tree.Reader()).value() == expected);
  }
}

TEST_CASE("A frontier read back grows as the one that wrote it") {
  const Leaves leaves = MakeLeaves(130);
  const Tree tree(leaves);
  for (size_t size = 0; size < leaves.size(); ++size) {
    Frontier frontier = FrontierAt(size, tree.Reader()).value();
    CHECK(frontier.size() == size);
    frontier.Append(LeafHash(leaves[size]));
    CHECK(frontier.Root() == tree.roots[size + 1]);
  }
}

TEST_CASE("Inclusion proofs are what RFC 6962 defines and verify") {
  const Leaves leaves = MakeLeaves(70);
  const Tree tree(leaves);
  for (size_t size = 1; size <= leaves.size(); ++size) {
    const Leaves part = Part(leaves, 0, size);
    for (size_t index = 0; index < size; ++index) {
      const auto proof = InclusionProof(index, size, tree.Reader()).value();
      REQUIRE(proof == Path(index, part));
      REQUIRE(VerifyInclusion(LeafHash(leaves[index]), index, size, proof,
                              tree.roots[size])
                  .ok());
    }
  }
}

TEST_CASE("Consistency proofs are what RFC 6962 defines and verify") {
  const Leaves leaves = MakeLeaves(70);
  const Tree tree(leaves);
  for (size_t size = 1; size <= leaves.size(); ++size) {
    const Leaves part = Part(leaves, 0, size);
    for (size_t old_size = 1; old_size <= size; ++old_size) {
      const auto proof =
          ConsistencyProof(old_size, size, tree.Reader()).value();
      REQUIRE(proof == SubProof(old_size, part, true));
      REQUIRE(VerifyConsistency(old_size, size, proof, tree.roots[old_size],
                                tree.roots[size])
                  .ok());
    }
  }
}

TEST_CASE("Proofs in trees of up to 300 entries verify") {
  const Leaves leaves = MakeLeaves(300);
  const Tree tree(leaves);
  std::mt19937 random(7);
  for (size_t size = 71; size <= leaves.size(); ++size) {
    const size_t index = random() % size;
    CHECK(VerifyInclusion(LeafHash(leaves[index]), index, size,
                          InclusionProof(index, size, tree.Reader()).value(),
                          tree.roots[size])
              .ok());
    CHECK(VerifyConsistency(
              index + 1, size,
              ConsistencyProof(index + 1, size, tree.Reader()).value(),
              tree.roots[index + 1], tree.roots[size])
              .ok());
  }
}

// What `proof` could be changed into without anyone noticing, if a check
// lacked.
std::vector<std::vector<Digest>> Mutations(const std::vector<Digest>& proof) {
  std::vector<std::vector<Digest>> mutations;
  for (size_t i = 0; i < proof.size(); ++i) {
    auto flipped = proof;
    flipped[i][i % flipped[i].size()] ^= 0x10;
    mutations.push_back(flipped);
    auto shorter = proof;
    shorter.erase(shorter.begin() + static_cast<ptrdiff_t>(i));
    mutations.push_back(shorter);
    auto doubled = proof;
    doubled.insert(doubled.begin() + static_cast<ptrdiff_t>(i), proof[i]);
    mutations.push_back(doubled);
  }
  auto longer = proof;
  longer.push_back(Digest{});
  mutations.push_back(longer);
  return mutations;
}

TEST_CASE("A changed inclusion proof is refused") {
  const Leaves leaves = MakeLeaves(40);
  const Tree tree(leaves);
  for (size_t size = 1; size <= leaves.size(); ++size) {
    for (size_t index = 0; index < size; ++index) {
      const Digest leaf = LeafHash(leaves[index]);
      const auto proof = InclusionProof(index, size, tree.Reader()).value();
      for (const auto& mutation : Mutations(proof)) {
        const absl::Status status =
            VerifyInclusion(leaf, index, size, mutation, tree.roots[size]);
        REQUIRE(ReasonOf(status) == status::v1::REASON_CODE_CORRUPT);
      }
      REQUIRE_FALSE(
          VerifyInclusion(LeafHash("x"), index, size, proof, tree.roots[size])
              .ok());
      REQUIRE_FALSE(
          VerifyInclusion(leaf, size, size, proof, tree.roots[size]).ok());
      if (size > 1) {
        REQUIRE_FALSE(VerifyInclusion(leaf, (index + 1) % size, size, proof,
                                      tree.roots[size])
                          .ok());
        REQUIRE_FALSE(
            VerifyInclusion(leaf, index, size, proof, tree.roots[size - 1])
                .ok());
      }
    }
  }
}

TEST_CASE("A changed consistency proof is refused") {
  const Leaves leaves = MakeLeaves(40);
  const Tree tree(leaves);
  const Digest other = LeafHash("another tree");
  for (size_t size = 1; size <= leaves.size(); ++size) {
    for (size_t old_size = 1; old_size <= size; ++old_size) {
      const auto proof =
          ConsistencyProof(old_size, size, tree.Reader()).value();
      const Digest& old_root = tree.roots[old_size];
      const Digest& new_root = tree.roots[size];
      for (const auto& mutation : Mutations(proof)) {
        const absl::Status status =
            VerifyConsistency(old_size, size, mutation, old_root, new_root);
        REQUIRE(ReasonOf(status) == status::v1::REASON_CODE_CORRUPT);
      }
      REQUIRE_FALSE(
          VerifyConsistency(old_size, size, proof, other, new_root).ok());
      REQUIRE_FALSE(
          VerifyConsistency(old_size, size, proof, old_root, other).ok());
      REQUIRE_FALSE(
          VerifyConsistency(size + 1, size, proof, old_root, new_root).ok());
    }
  }
}

TEST_CASE("Every tree extends the empty one") {
  const Tree tree(MakeLeaves(3));
  CHECK(VerifyConsistency(0, 3, {}, tree.roots[0], tree.roots[3]).ok());
  CHECK_FALSE(VerifyConsistency(0, 3, {}, tree.roots[1], tree.roots[3]).ok());
  CHECK_FALSE(
      VerifyConsistency(0, 3, {Digest{}}, tree.roots[0], tree.roots[3]).ok());
}

TEST_CASE("Proofs about what is not in the tree are refused") {
  const Tree tree(MakeLeaves(5));
  const auto reason = [](const auto& result) {
    return ReasonOf(result.status());
  };
  CHECK(reason(InclusionProof(5, 5, tree.Reader())) ==
        status::v1::REASON_CODE_OUT_OF_BOUNDS);
  CHECK(reason(InclusionProof(0, 0, tree.Reader())) ==
        status::v1::REASON_CODE_OUT_OF_BOUNDS);
  CHECK(reason(ConsistencyProof(0, 5, tree.Reader())) ==
        status::v1::REASON_CODE_OUT_OF_BOUNDS);
  CHECK(reason(ConsistencyProof(6, 5, tree.Reader())) ==
        status::v1::REASON_CODE_OUT_OF_BOUNDS);
}

TEST_CASE("A node that cannot be read fails the proof") {
  const NodeReader nothing = [](NodeId) -> absl::StatusOr<Digest> {
    return Error(status::v1::REASON_CODE_CORRUPT, "gone");
  };
  CHECK_FALSE(RootAt(5, nothing).ok());
  CHECK_FALSE(InclusionProof(2, 5, nothing).ok());
  CHECK_FALSE(ConsistencyProof(2, 5, nothing).ok());
}

}  // namespace
}  // namespace sluice::audit
