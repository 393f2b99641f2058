// Which records of one partition a consumer has under a row filter: what tells
// whether one that leaves the filter becomes a delete.
#ifndef SLUICE_LIBS_DELIVERY_HELD_KEYS_H_
#define SLUICE_LIBS_DELIVERY_HELD_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace sluice::delivery {

// A set of keys that follows the partition message by message and is a function
// of them alone. Of a key it holds 16 bytes, a digest under a secret that each
// set draws for itself, so that no one who chooses keys can aim at two with the
// same. Not thread-safe.
class HeldKeys {
 public:
  // About 40 bytes a key, and as much again while a baseline is under way.
  static constexpr size_t kKeysMax = 10'000'000;

  explicit HeldKeys(size_t keys_max = kKeysMax);

  // `key` is in the bytes of records::RecordKey.

  // The consumer gets the record. False if that would be one more than
  // keys_max.
  bool Add(absl::string_view key);

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
  size_t size() const { return held_.size(); }

 private:
  using Digest = std::pair<uint64_t, uint64_t>;

  Digest DigestOf(absl::string_view key) const;

  const size_t keys_max_;
  const std::string secret_;
  absl::flat_hash_set<Digest> held_;
  bool in_baseline_ = false;
  // Of a baseline that is under way: held, and named by it.
  absl::flat_hash_set<Digest> named_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_HELD_KEYS_H_
