// A condition on the fields of a record, compiled for one version of a schema
// and evaluated on columns. docs/predicates.md says what conditions mean.
#ifndef SLUICE_LIBS_PREDICATE_PREDICATE_H_
#define SLUICE_LIBS_PREDICATE_PREDICATE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/records/batch.h"
#include "sluice/agreement/v1/predicate.pb.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::predicate {

// Bounds of a predicate, one without any other inside it being one deep.
inline constexpr int kDepthMax = 8;
inline constexpr int kConditionsMax = 256;
inline constexpr int kInValuesMax = 10'000;

// In this order `all` is the least of its conditions, `any` the greatest, and
// `not` 2 minus its own.
enum class Truth : uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

// Immutable and thread-safe.
class Predicate {
 public:
  virtual ~Predicate() = default;

  // One truth a row. A column that the batch leaves out is null throughout; of
  // one that has another type than its field every condition is unknown,
  // is_null too, and nothing is read. `truths` is resized; its memory is used
  // again. Allocates at most once for each `all` and `any`, never for a value.
  virtual void Evaluate(const records::Batch& batch,
                        std::vector<Truth>* truths) const = 0;
};

// PREDICATE_UNFIT, naming the place below `path` and what is wrong there:
// nothing set, too deep or too many conditions, a value that its field's type
// does not take, an operator that the type does not have, an empty range.
// UNKNOWN_FIELD if the resource has no such field, or one of another name.
// TREATMENT_TOO_WEAK if the field is core data: which records meet a condition
// on it would tell something of it.
absl::StatusOr<std::unique_ptr<const Predicate>> Compile(
    const agreement::v1::Predicate& predicate,
    const catalog::v1::Resource& resource, absl::string_view path);

// What Compile says of the fields that the predicate looks at, all of them at
// `path`; no value is looked at, so that it is cheap. For a predicate that was
// compiled for an earlier version of the resource.
absl::Status CheckFields(const agreement::v1::Predicate& predicate,
                         const catalog::v1::Resource& resource,
                         absl::string_view path);

// The fields it looks at, ascending and each once.
std::vector<uint32_t> FieldsOf(const agreement::v1::Predicate& predicate);

}  // namespace sluice::predicate

#endif  // SLUICE_LIBS_PREDICATE_PREDICATE_H_
