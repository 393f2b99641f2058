// One treatment or the other.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/treatment.h"
#include "libs/desensitize/treatment_site.h"
#include "libs/predicate/predicate.h"
#include "libs/records/resource_fields.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Conditional;

// Conditionals in each other's `otherwise`.
constexpr int kConditionalsMax = 8;

int CountOf(const Conditional& conditional) {
  const Conditional* last = &conditional;
  int count = 1;
  for (; last->otherwise().has_conditional(); ++count) {
    last = &last->otherwise().conditional();
  }
  return count;
}

bool IsKey(const Resource& resource, const Field& field) {
  return std::find(resource.key().begin(), resource.key().end(),
                   field.name()) != resource.key().end();
}

// That what the condition looks at may be looked at, and is there.
absl::Status CheckCondition(const TreatmentSite& site,
                            const Conditional& conditional) {
  const Resource& resource = site.resource();
  const std::string path = absl::StrCat(site.path(), ".conditional.when");
  RETURN_IF_ERROR(
      predicate::Compile(conditional.when(), resource, path).status());
  // A delete carries the key alone. Its key must come out as it did when the
  // record was sent.
  const bool is_key_of_state =
      resource.kind() == catalog::v1::RESOURCE_KIND_STATE &&
      IsKey(resource, site.field());
  for (const uint32_t id : predicate::FieldsOf(conditional.when())) {
    const Field* const field = records::FindField(resource, id);
    if (field == nullptr) continue;
    if (is_key_of_state && !IsKey(resource, *field)) {
      return site.Unfit(
          "conditional.when",
          absl::StrCat("looks at field ", field->name(),
                       ", which is not of the key: a delete carries the key "
                       "alone, which would come out of it as another"));
    }
  }
  return absl::OkStatus();
}

absl::Status ResolveBranch(const TreatmentSite& site, absl::string_view part,
                           Treatment* branch) {
  const std::string path = absl::StrCat(site.path(), ".conditional.", part);
  ASSIGN_OR_RETURN(
      *branch,
      ResolveAt(TreatmentSite(site.field(), site.resource(), AsView(path)),
                *branch));
  return absl::OkStatus();
}

}  // namespace

absl::Status ResolveConditional(const TreatmentSite& site,
                                Conditional* conditional) {
  if (CountOf(*conditional) > kConditionalsMax) {
    return site.Unfit("conditional",
                      absl::StrCat("holds more than ", kConditionalsMax,
                                   " conditionals, each in the `otherwise` of "
                                   "the one before it"));
  }
  RETURN_IF_ERROR(CheckCondition(site, *conditional));
  if (conditional->then().has_conditional()) {
    return site.Unfit("conditional.then",
                      "is conditional, which only `otherwise` may be");
  }
  RETURN_IF_ERROR(ResolveBranch(site, "then", conditional->mutable_then()));
  RETURN_IF_ERROR(
      ResolveBranch(site, "otherwise", conditional->mutable_otherwise()));
  const Field then = FieldAfter(conditional->then(), site.field());
  const Field otherwise = FieldAfter(conditional->otherwise(), site.field());
  if (then.type() == otherwise.type()) return absl::OkStatus();
  return site.Unfit(
      "conditional",
      absl::StrCat("makes ", TypeName(then.type()), " of some values and ",
                   TypeName(otherwise.type()),
                   " of others: both treatments must make the same type"));
}

}  // namespace sluice::desensitize
