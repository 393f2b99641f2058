// What can be said of a treatment before any value is seen: whether it fits a
// field, what a bare one stands for, what comes out, how strong it is.
#ifndef SLUICE_LIBS_DESENSITIZE_TREATMENT_H_
#define SLUICE_LIBS_DESENSITIZE_TREATMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sluice/agreement/v1/treatment.pb.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::desensitize {

using agreement::v1::Treatment;
using catalog::v1::Field;
using catalog::v1::Resource;

// How much of a value is left, from all to nothing.
enum class Strength {
  kPlain,         // keep
  kReduced,       // mask, generalize
  kPseudonymous,  // pseudonym
  kWithheld,      // withhold
};

Strength StrengthOf(const Treatment& treatment);

// The weakest treatment that the platform policy allows for a level: L1 and L2
// plain, L3 reduced, L4 pseudonymous; of a conditional treatment both must be.
// TREATMENT_TOO_WEAK, naming `path`, otherwise; nothing is strong enough for
// CORE, nor for a field without a level.
absl::Status CheckStrength(const Treatment& treatment, const Field& field,
                           absl::string_view path);

// The treatment of `field`, one of `resource`, with all that it leaves to the
// field spelled out: `mask: {}` becomes what is right for the semantic type and
// the sensitivity (semantics.h), which need be no mask; defaults become values.
// TREATMENT_UNFIT, naming `path` and what in it is wrong, when
// it does not fit the field's type, sets nothing, or is outside its bounds; the
// message says which treatments would fit. PREDICATE_UNFIT or UNKNOWN_FIELD for
// a condition, as predicate::Compile says; TREATMENT_TOO_WEAK for one that
// looks at core data. Resolving what is resolved changes nothing.
absl::StatusOr<Treatment> ResolveTreatment(const Treatment& treatment,
                                           const Field& field,
                                           const Resource& resource,
                                           absl::string_view path);

// The same for a field of no resource: a resource that has it alone, and no
// key.
absl::StatusOr<Treatment> ResolveTreatment(const Treatment& treatment,
                                           const Field& field,
                                           absl::string_view path);

// The resource that `field` is of where it is of none.
Resource ResourceOf(const Field& field);

// Fields of `resource` that a resolved treatment of one of them looks at beside
// it, ascending, each once: those of conditions, and under `perturb` those of
// the key.
std::vector<uint32_t> FieldsLookedAt(const Treatment& resolved,
                                     const Resource& resource);

// The field as its consumer sees it after a resolved treatment: type, longest
// value, whether it may be null, and what it still means.
Field FieldAfter(const Treatment& resolved, const Field& field);

// "keep", "mask.name", "mask.address.district", "pseudonym.hex",
// "generalize.date.year", "withhold", "conditional(withhold|keep)": the name in
// audit entries and tables. For a resolved treatment.
std::string TreatmentName(const Treatment& resolved);

// The name with what is set beside it, and of a conditional treatment what
// decides: "withhold where age < 14, else perturb.laplace (scale 500)". On one
// line; long texts and lists are cut, and it says so.
std::string DescribeTreatment(const Treatment& resolved);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TREATMENT_H_
