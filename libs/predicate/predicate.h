// A condition on the fields of a record, compiled for one version of a schema
// and evaluated on columns.
#ifndef SLUICE_LIBS_PREDICATE_PREDICATE_H_
#define SLUICE_LIBS_PREDICATE_PREDICATE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/records/batch.h"
#include "sluice/agreement/v1/predicate.pb.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::predicate {

// In this order `all` is the least of its conditions, `any` the greatest, and
// `not` 2 minus its own.
enum class Truth : uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

// Immutable and thread-safe.
class Predicate {
 public:
  virtual ~Predicate() = default;

  // One truth a row. Of a type that Compile knew; a column that the batch
  // leaves out is null throughout. `truths` is resized; its memory is used
  // again.
  virtual void Evaluate(const records::Batch& batch,
                        std::vector<Truth>* truths) const = 0;
};

// PREDICATE_UNFIT, naming `path` and what in it is wrong: nothing set, too deep
// or too many conditions, a value that its field's type does not take, an
// operator that the type does not have, an empty range. UNKNOWN_FIELD if the
// resource has no such field, or one of another name.
absl::StatusOr<std::unique_ptr<const Predicate>> Compile(
    const agreement::v1::Predicate& predicate,
    const catalog::v1::Resource& resource, absl::string_view path);

// The fields it looks at, ascending and each once.
std::vector<uint32_t> FieldsOf(const agreement::v1::Predicate& predicate);

}  // namespace sluice::predicate

#endif  // SLUICE_LIBS_PREDICATE_PREDICATE_H_
