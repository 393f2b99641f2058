// One node of a compiled predicate.
#ifndef SLUICE_LIBS_PREDICATE_CONDITION_H_
#define SLUICE_LIBS_PREDICATE_CONDITION_H_

#include <cstdint>

#include "libs/predicate/predicate.h"
#include "libs/records/batch.h"

namespace sluice::predicate {

// Immutable and thread-safe.
class Condition {
 public:
  virtual ~Condition() = default;

  // Writes one truth for each row of the batch.
  virtual void Evaluate(const records::Batch& batch, Truth* truths) const = 0;
};

// A condition on one field. Deals with what is no value; its Test deals with
// values alone.
class FieldCondition : public Condition {
 public:
  FieldCondition(uint32_t field_id, records::DataType type)
      : field_id_(field_id), type_(type) {}

  void Evaluate(const records::Batch& batch, Truth* truths) const final;

 private:
  // Writes the truth of each row, null or not, of a column of the field's type;
  // under a null lies zero or an empty text, and its truth becomes kUnknown.
  virtual void Test(const records::Column& column, Truth* truths) const = 0;

  const uint32_t field_id_;
  const records::DataType type_;
};

class IsNullCondition : public Condition {
 public:
  IsNullCondition(uint32_t field_id, records::DataType type)
      : field_id_(field_id), type_(type) {}

  void Evaluate(const records::Batch& batch, Truth* truths) const override;

 private:
  const uint32_t field_id_;
  const records::DataType type_;
};

}  // namespace sluice::predicate

#endif  // SLUICE_LIBS_PREDICATE_CONDITION_H_
