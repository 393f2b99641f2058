// Step 4 of a delivery, its first half: which records of a batch leave, and as
// what, under an agreement's row_filter.
#ifndef SLUICE_LIBS_DELIVERY_ROW_FILTER_H_
#define SLUICE_LIBS_DELIVERY_ROW_FILTER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/delivery/held_keys.h"
#include "libs/delivery/row_selection.h"
#include "libs/predicate/predicate.h"
#include "libs/records/batch.h"
#include "sluice/agreement/v1/agreement.pb.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::delivery {

// Immutable and thread-safe.
class RowFilter {
 public:
  // The errors of predicate::Compile, at the path "row_filter".
  static absl::StatusOr<std::unique_ptr<const RowFilter>> Compile(
      const agreement::v1::Agreement& agreement,
      const catalog::v1::Resource& resource);

  // Whether what leaves depends on what the consumer has: of a STATE resource a
  // record that leaves the filter becomes a delete for a consumer that has it,
  // and nothing for any other, and so does a delete.
  bool needs_held_keys() const { return needs_held_keys_; }

  // The fields it reads, ascending; those columns of a batch must be of their
  // fields' types.
  const std::vector<uint32_t>& fields() const { return fields_; }

  // The rows that leave for the consumer who has `held`, which is brought up to
  // date; null unless needs_held_keys. TOO_LARGE where `held` is full,
  // TOO_MANY where no memory is left for it.
  absl::StatusOr<RowSelection> Select(const records::Batch& batch,
                                      HeldKeys* held) const;

  // Entries [begin, end) of `selection` as a batch with the columns of
  // `columns`, ids that ascend. A delete has its key alone, and that only as
  // far as `columns` names it.
  records::Batch Take(const records::Batch& batch,
                      const RowSelection& selection, size_t begin, size_t end,
                      const std::vector<uint32_t>& columns) const;

 private:
  RowFilter() = default;

  std::unique_ptr<const predicate::Predicate> predicate_;
  bool needs_held_keys_ = false;
  std::vector<uint32_t> fields_;
  // In the order of the key's bytes.
  std::vector<uint32_t> key_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_ROW_FILTER_H_
