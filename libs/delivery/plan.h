// A delivery plan: what one version of an agreement does to batches of one
// version of a schema. Compiled once; every error that can be known beforehand
// is known then.
#ifndef SLUICE_LIBS_DELIVERY_PLAN_H_
#define SLUICE_LIBS_DELIVERY_PLAN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"
#include "sluice/agreement/v1/agreement.pb.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::delivery {

// One granted field.
struct PlannedField {
  // As its consumer sees it.
  catalog::v1::Field after;
  uint32_t field_id = 0;
  // Of its column before treatment.
  records::DataType type = records::v1::DATA_TYPE_UNSPECIFIED;
  // As in the audit trail: "mask.name".
  std::string treatment;
  std::unique_ptr<const desensitize::Operator> op;
};

// A field that the plan reads, granted or not, as the schema has it.
struct ReadField {
  uint32_t id = 0;
  std::string name;
  records::DataType type = records::v1::DATA_TYPE_UNSPECIFIED;
};

// A batch as it may leave, and what could not be treated in it, by planned
// field.
struct TreatedBatch {
  records::Batch batch;
  std::vector<uint64_t> untreatable;
  uint64_t untreatable_total = 0;
};

// Immutable and thread-safe.
class Plan {
 public:
  // UNKNOWN_FIELD if a granted field is not in the schema; TREATMENT_UNFIT or
  // TREATMENT_TOO_WEAK as desensitize says.
  static absl::StatusOr<std::shared_ptr<const Plan>> Compile(
      const agreement::v1::Agreement& agreement,
      const catalog::v1::Resource& resource,
      const desensitize::OperatorKeys& keys);

  // Columns that are neither granted nor looked at by the treatment of one that
  // is are left alone. BATCH_INVALID if one of the others has another type than
  // its field. VALUE_UNTREATABLE if the agreement refuses batches with values
  // that a treatment cannot take. A granted column that the publisher left out
  // is treated as one that is null throughout.
  absl::StatusOr<TreatedBatch> Apply(const records::Batch& batch) const;

  const std::vector<PlannedField>& fields() const { return fields_; }
  uint32_t schema_version() const { return schema_version_; }
  // Names of the resource's key fields that are granted.
  const std::vector<std::string>& key() const { return key_; }

 private:
  Plan() = default;

  // Types are checked before any value is read.
  absl::Status CheckTypes(const records::Batch& batch) const;

  uint32_t schema_version_ = 0;
  bool refuse_untreatable_ = false;
  std::vector<PlannedField> fields_;
  // Ascending by id.
  std::vector<ReadField> read_;
  std::vector<std::string> key_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_PLAN_H_
