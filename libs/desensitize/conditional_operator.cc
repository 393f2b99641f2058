#include "libs/desensitize/conditional_operator.h"

#include <array>
#include <utility>
#include <vector>

#include "libs/desensitize/record_operator.h"
#include "libs/records/assemble_rows.h"

namespace sluice::desensitize {
namespace {

using predicate::Truth;

// The rows of a column that go one way.
struct Branch {
  std::vector<uint32_t> rows;
  // The same rows of the batch; empty where these are no others.
  std::vector<uint32_t> batch_rows;
};

// A column's rows, told apart by what the condition says of their records.
class Split {
 public:
  // `truths`: a truth for each row of the batch. `size` rows of the column.
  Split(const std::vector<Truth>& truths, const BatchRows& records,
        uint32_t size)
      : truths_(truths), records_(records), size_(size) {
    for (uint32_t row = 0; row < size; ++row) ++Count(TruthOf(row));
  }

  Truth TruthOf(uint32_t row) const { return truths_[records_.Of(row)]; }
  bool AllAre(Truth truth) const {
    return counts_[static_cast<size_t>(truth)] == size_;
  }

  // Finds the rows of each branch, and of each row its place in its branch.
  void FindBranches() {
    for (const Truth truth : {Truth::kTrue, Truth::kFalse}) {
      Branch& branch = BranchOf(truth);
      branch.rows.reserve(Count(truth));
      if (records_.rows != nullptr) branch.batch_rows.reserve(Count(truth));
    }
    places_.resize(size_);
    for (uint32_t row = 0; row < size_; ++row) {
      const Truth truth = TruthOf(row);
      if (truth == Truth::kUnknown) continue;
      Branch& branch = BranchOf(truth);
      places_[row] = static_cast<uint32_t>(branch.rows.size());
      branch.rows.push_back(row);
      if (records_.rows != nullptr) {
        branch.batch_rows.push_back(records_.Of(row));
      }
    }
  }

  const Branch& branch(Truth truth) const {
    return truth == Truth::kTrue ? then_ : otherwise_;
  }
  uint32_t PlaceOf(uint32_t row) const { return places_[row]; }

 private:
  Branch& BranchOf(Truth truth) {
    return truth == Truth::kTrue ? then_ : otherwise_;
  }
  uint32_t& Count(Truth truth) { return counts_[static_cast<size_t>(truth)]; }

  const std::vector<Truth>& truths_;
  const BatchRows& records_;
  const uint32_t size_;
  std::array<uint32_t, 3> counts_ = {};
  Branch then_;
  Branch otherwise_;
  std::vector<uint32_t> places_;
};

// `op` on the rows of `column` that are the branch's.
Treated ApplyTo(const Operator& op, const records::Column& column,
                const BatchRows& records, const Branch& branch) {
  if (branch.rows.empty()) return {};
  const records::Column part = records::AssembleRows(
      column.field_id, column.type, static_cast<uint32_t>(branch.rows.size()),
      [&](uint32_t i) { return records::RowOf{&column, branch.rows[i]}; });
  const std::vector<uint32_t>& of_batch =
      records.rows == nullptr ? branch.rows : branch.batch_rows;
  return op.ApplyIn(part, {records.batch, of_batch.data()});
}

class ConditionalOperator : public RecordOperator {
 public:
  ConditionalOperator(std::unique_ptr<const predicate::Predicate> when,
                      std::unique_ptr<const Operator> then,
                      std::unique_ptr<const Operator> otherwise,
                      records::DataType after)
      : when_(std::move(when)),
        then_(std::move(then)),
        otherwise_(std::move(otherwise)),
        after_(after) {}

  Treated ApplyIn(const records::Column& column,
                  const BatchRows& records) const override {
    std::vector<Truth> truths;
    when_->Evaluate(records.batch, &truths);
    Split split(truths, records, column.row_count);
    if (split.AllAre(Truth::kTrue)) return then_->ApplyIn(column, records);
    if (split.AllAre(Truth::kFalse)) {
      return otherwise_->ApplyIn(column, records);
    }
    split.FindBranches();
    const Treated then =
        ApplyTo(*then_, column, records, split.branch(Truth::kTrue));
    const Treated otherwise =
        ApplyTo(*otherwise_, column, records, split.branch(Truth::kFalse));
    Treated treated;
    treated.column = records::AssembleRows(
        column.field_id, after_, column.row_count, [&](uint32_t row) {
          const Truth truth = split.TruthOf(row);
          if (truth == Truth::kUnknown) return records::RowOf{};
          return records::RowOf{
              truth == Truth::kTrue ? &then.column : &otherwise.column,
              split.PlaceOf(row)};
        });
    treated.untreatable =
        then.untreatable + otherwise.untreatable + Undecided(split, column);
    return treated;
  }

 private:
  // Values of which the condition says neither.
  static uint64_t Undecided(const Split& split, const records::Column& column) {
    uint64_t count = 0;
    for (uint32_t row = 0; row < column.row_count; ++row) {
      const bool unknown = split.TruthOf(row) == Truth::kUnknown;
      count += unknown && !column.IsNull(row) ? 1 : 0;
    }
    return count;
  }

  const std::unique_ptr<const predicate::Predicate> when_;
  const std::unique_ptr<const Operator> then_;
  const std::unique_ptr<const Operator> otherwise_;
  const records::DataType after_;
};

}  // namespace

std::unique_ptr<const Operator> NewConditional(
    std::unique_ptr<const predicate::Predicate> when,
    std::unique_ptr<const Operator> then,
    std::unique_ptr<const Operator> otherwise, records::DataType after) {
  return std::make_unique<ConditionalOperator>(std::move(when), std::move(then),
                                               std::move(otherwise), after);
}

}  // namespace sluice::desensitize
