// Which records of one partition a consumer has under a row filter: what tells
// whether one that leaves the filter becomes a delete.
#ifndef SLUICE_LIBS_DELIVERY_HELD_KEYS_H_
#define SLUICE_LIBS_DELIVERY_HELD_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "libs/delivery/byte_budget.h"

namespace sluice::delivery {

// A set of keys that follows the partition message by message and is a function
// of them alone. Of a key it holds 16 bytes, a digest under a secret that each
// set draws for itself, so that no one who chooses keys can aim at two with the
// same. Not thread-safe.
class HeldKeys {
 public:
  static constexpr size_t kKeysMax = 10'000'000;

  // Its memory is of `budget`, which outlives it; null: without bound. That is
  // 20 to 40 bytes a key, and as much again of what a baseline has named while
  // one is under way. For the moment in which a table grows it has half as much
  // again, which is not counted.
  explicit HeldKeys(ByteBudget* budget = nullptr, size_t keys_max = kKeysMax);

  // `key` is in the bytes of records::RecordKey.

  // The consumer gets the record; unless it was added, the set is of no use any
  // more.
  enum class Added {
    kYes,
    // There are keys_max others.
    kTooMany,
    // The budget is spent.
    kNoMemory,
  };
  Added Add(absl::string_view key);

  // It does not have the record any more. False if it never had.
  bool Remove(absl::string_view key);

  // What a consumer does at the marks of a baseline: at the end it drops what
  // was not named since the beginning. A beginning without an end drops
  // nothing.
  void BeginBaseline();
  // False if the beginning was not seen: then nothing is dropped, and for a
  // consumer who came later nothing is there to be.
  bool EndBaseline();

  void Clear();
  size_t size() const { return held_->size(); }
  // Null: none.
  const ByteBudget* budget() const { return budget_; }

 private:
  using Digest = std::pair<uint64_t, uint64_t>;

  // A table whose size is of the budget before it is there.
  class DigestSet {
   public:
    explicit DigestSet(ByteBudget* budget) : share_(budget) {}

    size_t size() const { return digests_.size(); }
    bool Contains(const Digest& digest) const {
      return digests_.contains(digest);
    }
    // False if the budget is spent.
    bool Insert(const Digest& digest);
    bool Erase(const Digest& digest) { return digests_.erase(digest) != 0; }

   private:
    bool Grow();

    ByteBudget::Share share_;
    // A power of two, of which 7/8 are used before there are twice as many.
    size_t slots_ = 0;
    absl::flat_hash_set<Digest> digests_;
  };

  Digest DigestOf(absl::string_view key) const;

  ByteBudget* const budget_;
  const size_t keys_max_;
  const std::string secret_;
  std::unique_ptr<DigestSet> held_;
  // Of a baseline that is under way: held, and named by it. Null: none is.
  std::unique_ptr<DigestSet> named_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_HELD_KEYS_H_
