#include "libs/desensitize/treatment.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/constant_value.h"
#include "libs/desensitize/semantics.h"
#include "libs/desensitize/treatment_site.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Chain;
using agreement::v1::FpeResidentId;
using agreement::v1::Mask;
using agreement::v1::Withhold;

constexpr int kChainStepsMax = 8;
// A column's offsets are 32 bits: so much may each of a batch's records have
// between the steps of a chain, where nothing is sent in parts.
constexpr uint32_t kChainedBytesMax =
    (uint32_t{1} << 31) / records::kBatchRowsMax - 1;

absl::Status CheckWithhold(const TreatmentSite& site,
                           const Withhold& withhold) {
  if (withhold.replacement_case() == Withhold::REPLACEMENT_NOT_SET) {
    return absl::OkStatus();
  }
  if (ConstantOf(withhold, site.field())) return absl::OkStatus();
  return site.Unfit(
      withhold.has_constant() ? "withhold.constant" : "withhold.placeholder",
      "is no value that this field can have: write it as in "
      "YAML, within the field's length");
}

absl::Status CheckToken(const TreatmentSite& site) {
  RETURN_IF_ERROR(
      site.CheckType(site.type() == records::v1::DATA_TYPE_STRING ||
                         site.type() == records::v1::DATA_TYPE_BYTES ||
                         site.type() == records::v1::DATA_TYPE_INT64 ||
                         site.type() == records::v1::DATA_TYPE_DATE,
                     "token", "STRING, BYTES, INT64 or DATE"));
  if (TokenLengthMax(site.field()) <= kFieldLengthMax) return absl::OkStatus();
  return site.Unfit(
      "token", absl::StrCat("could grow above ", kFieldLengthMax, " bytes"));
}

// The treatment that a mask without a rule stands for.
absl::StatusOr<Treatment> ResolveBareMask(const TreatmentSite& site,
                                          const Mask& mask) {
  std::optional<Treatment> meant = DefaultTreatment(site.field());
  if (!meant) {
    return site.Unfit(
        "mask",
        absl::StrCat("names no rule, and none is customary for values of "
                     "semantic type ",
                     SemanticTypeName(site.field().semantic_type()),
                     " in such a column at this sensitivity: spell the "
                     "treatment, such as mask.keep_ends or mask.pattern"));
  }
  if (meant->has_mask()) meant->mutable_mask()->set_symbol(mask.symbol());
  ASSIGN_OR_RETURN(Treatment resolved, ResolveAt(site, *meant));
  if (!resolved.has_mask() && !mask.symbol().empty()) {
    return site.Unfit("mask.symbol",
                      absl::StrCat("has no place: `mask` stands for ",
                                   TreatmentName(resolved),
                                   " here; leave the symbol out, or spell the "
                                   "treatment"));
  }
  return resolved;
}

// Each step meets what the one before it made.
absl::Status ResolveChain(const TreatmentSite& site, Chain* chain) {
  if (chain->steps().empty() || chain->steps_size() > kChainStepsMax) {
    return site.Unfit("chain.steps",
                      absl::StrCat("are not 1 to ", kChainStepsMax));
  }
  Field field = site.field();
  for (int i = 0; i < chain->steps_size(); ++i) {
    const std::string path = absl::StrCat(site.path(), ".chain.steps[", i, "]");
    const TreatmentSite step_site(field, site.resource(), AsView(path));
    Treatment* const step = chain->mutable_steps(i);
    if (step->has_chain() || step->has_keep() || step->has_conditional()) {
      return step_site.Unfit(
          "", "is keep, a chain or conditional, which no chain holds");
    }
    ASSIGN_OR_RETURN(*step, ResolveAt(step_site, *step));
    const uint32_t before = LengthMaxOf(field);
    field = FieldAfter(*step, field);
    const bool is_text = field.type() == records::v1::DATA_TYPE_STRING;
    if (is_text && LengthMaxOf(field) > std::max(before, kChainedBytesMax)) {
      return step_site.Unfit(
          "", absl::StrCat("could make values grow above ", kChainedBytesMax,
                           " bytes, which a chain may not"));
    }
  }
  return absl::OkStatus();
}

absl::string_view StrengthName(Strength strength) {
  switch (strength) {
    case Strength::kPlain:
      return "keep";
    case Strength::kReduced:
      return "mask, generalize or perturb";
    case Strength::kPseudonymous:
      return "pseudonym, fpe, token or surrogate (not same_form)";
    case Strength::kWithheld:
      break;
  }
  return "withhold";
}

}  // namespace

absl::StatusOr<Treatment> ResolveAt(const TreatmentSite& site,
                                    const Treatment& treatment) {
  Treatment resolved = treatment;
  absl::Status status;
  switch (treatment.kind_case()) {
    case Treatment::kKeep:
      break;
    case Treatment::kWithhold:
      status = CheckWithhold(site, treatment.withhold());
      break;
    case Treatment::kMask:
      if (treatment.mask().rule_case() == Mask::RULE_NOT_SET) {
        return ResolveBareMask(site, treatment.mask());
      }
      status = ResolveMask(site, resolved.mutable_mask());
      break;
    case Treatment::kPseudonym:
      status = ResolvePseudonym(site, resolved.mutable_pseudonym());
      break;
    case Treatment::kGeneralize:
      status = CheckGeneralize(site, treatment.generalize());
      break;
    case Treatment::kFpe:
      status = ResolveFpe(site, resolved.mutable_fpe());
      break;
    case Treatment::kToken:
      status = CheckToken(site);
      break;
    case Treatment::kPerturb:
      status = CheckPerturb(site, treatment.perturb());
      break;
    case Treatment::kSurrogate:
      status = CheckSurrogate(site, treatment.surrogate());
      break;
    case Treatment::kChain:
      status = ResolveChain(site, resolved.mutable_chain());
      break;
    case Treatment::kConditional:
      status = ResolveConditional(site, resolved.mutable_conditional());
      break;
    case Treatment::KIND_NOT_SET:
      status = site.Unfit("", "sets no treatment");
      break;
  }
  RETURN_IF_ERROR(status);
  return resolved;
}

Strength StrengthOf(const Treatment& treatment) {
  switch (treatment.kind_case()) {
    case Treatment::kMask:
    case Treatment::kPerturb:
      return Strength::kReduced;
    case Treatment::kGeneralize:
      // What lies between the ends stays as it was.
      return treatment.generalize().has_clamp() ? Strength::kPlain
                                                : Strength::kReduced;
    case Treatment::kFpe:
      return treatment.fpe().resident_id().keep() ==
                     FpeResidentId::KEEP_UNSPECIFIED
                 ? Strength::kPseudonymous
                 : Strength::kReduced;
    case Treatment::kSurrogate:
      // Length, punctuation and the kind of each character stay.
      return treatment.surrogate().has_same_form() ? Strength::kReduced
                                                   : Strength::kPseudonymous;
    case Treatment::kPseudonym:
    case Treatment::kToken:
      return Strength::kPseudonymous;
    case Treatment::kWithhold:
      return Strength::kWithheld;
    case Treatment::kChain: {
      // A step takes nothing back of what one before it took away.
      Strength strongest = Strength::kPlain;
      for (const Treatment& step : treatment.chain().steps()) {
        strongest = std::max(strongest, StrengthOf(step));
      }
      return strongest;
    }
    case Treatment::kConditional:
      return std::min(StrengthOf(treatment.conditional().then()),
                      StrengthOf(treatment.conditional().otherwise()));
    case Treatment::kKeep:
    case Treatment::KIND_NOT_SET:
      break;
  }
  return Strength::kPlain;
}

absl::Status CheckStrength(const Treatment& treatment, const Field& field,
                           absl::string_view path) {
  if (treatment.has_conditional()) {
    RETURN_IF_ERROR(CheckStrength(treatment.conditional().then(), field,
                                  absl::StrCat(path, ".conditional.then")));
    return CheckStrength(treatment.conditional().otherwise(), field,
                         absl::StrCat(path, ".conditional.otherwise"));
  }
  const auto too_weak = [&](absl::string_view why) {
    return FieldError(status::v1::REASON_CODE_TREATMENT_TOO_WEAK, path,
                      absl::StrCat("field ", field.name(), " ", why));
  };
  Strength least = Strength::kPlain;
  switch (field.sensitivity()) {
    case catalog::v1::SENSITIVITY_L1_PUBLIC:
    case catalog::v1::SENSITIVITY_L2_INTERNAL:
      break;
    case catalog::v1::SENSITIVITY_L3_SENSITIVE:
      least = Strength::kReduced;
      break;
    case catalog::v1::SENSITIVITY_L4_HIGHLY_SENSITIVE:
      least = Strength::kPseudonymous;
      break;
    case catalog::v1::SENSITIVITY_CORE:
      return too_weak(
          "is core data, which never leaves its department: take it out of the "
          "agreement");
    default:
      return too_weak(
          "has no sensitivity level that this version knows: the owner must "
          "classify it before it can be shared");
  }
  if (StrengthOf(treatment) >= least) return absl::OkStatus();
  const absl::string_view level =
      least == Strength::kReduced ? "L3 (sensitive)" : "L4 (highly sensitive)";
  return too_weak(absl::StrCat("is ", level, " and needs ", StrengthName(least),
                               " or stronger: choose such a treatment or take "
                               "the field out of the agreement"));
}

absl::StatusOr<Treatment> ResolveTreatment(const Treatment& treatment,
                                           const Field& field,
                                           const Resource& resource,
                                           absl::string_view path) {
  return ResolveAt(TreatmentSite(field, resource, path), treatment);
}

absl::StatusOr<Treatment> ResolveTreatment(const Treatment& treatment,
                                           const Field& field,
                                           absl::string_view path) {
  return ResolveTreatment(treatment, field, ResourceOf(field), path);
}

Resource ResourceOf(const Field& field) {
  Resource resource;
  *resource.add_fields() = field;
  return resource;
}

}  // namespace sluice::desensitize
