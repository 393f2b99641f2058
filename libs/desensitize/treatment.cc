#include "libs/desensitize/treatment.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/division_code.h"
#include "libs/desensitize/mask_symbol.h"
#include "libs/desensitize/pseudonym.h"
#include "libs/desensitize/semantics.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::DatePart;
using agreement::v1::DivisionLevel;
using agreement::v1::Generalize;
using agreement::v1::KeepEnds;
using agreement::v1::Mask;
using agreement::v1::MaskAddress;
using agreement::v1::Pseudonym;
using records::v1::DataType;

// What a value's length is bounded by where the field does not say.
constexpr uint32_t kLengthMaxDefault = 4096;
// What the schema of any field can promise at most.
constexpr uint32_t kLengthMax = 65'536;
constexpr uint32_t kKeptMax = 64;
constexpr uint32_t kPseudonymLengthDefault = 32;

bool CanMask(DataType type) { return type == records::v1::DATA_TYPE_STRING; }

bool CanPseudonym(DataType type) {
  return type == records::v1::DATA_TYPE_STRING ||
         type == records::v1::DATA_TYPE_BYTES ||
         type == records::v1::DATA_TYPE_INT64 ||
         type == records::v1::DATA_TYPE_DATE;
}

bool CanGeneralizeDate(DataType type) {
  return type == records::v1::DATA_TYPE_DATE ||
         type == records::v1::DATA_TYPE_TIMESTAMP;
}

bool CanGeneralizeDivision(DataType type) {
  return type == records::v1::DATA_TYPE_STRING;
}

std::string TypeName(DataType type) {
  absl::string_view name = AsView(records::v1::DataType_Name(type));
  absl::ConsumePrefix(&name, "DATA_TYPE_");
  return name.empty() ? "unknown" : std::string(name);
}

std::string FittingTreatments(DataType type) {
  std::vector<absl::string_view> fitting = {"keep"};
  if (CanMask(type)) fitting.emplace_back("mask");
  if (CanPseudonym(type)) fitting.emplace_back("pseudonym");
  if (CanGeneralizeDate(type)) fitting.emplace_back("generalize.date");
  if (CanGeneralizeDivision(type)) fitting.emplace_back("generalize.division");
  fitting.emplace_back("withhold");
  return absl::StrJoin(fitting, ", ");
}

// One field and where its treatment stands: makes the errors.
class Resolver {
 public:
  Resolver(const Field& field, absl::string_view path)
      : field_(field), path_(path) {}

  absl::StatusOr<Treatment> Resolve(const Treatment& treatment) const;

 private:
  // `what` is wrong at `part` below the path.
  absl::Status Unfit(absl::string_view part, absl::string_view what) const;
  absl::Status CheckType(bool fits, absl::string_view part,
                         absl::string_view takes) const;
  absl::Status ResolveMask(Mask* mask) const;
  absl::Status ResolveMaskRule(Mask* mask) const;
  absl::Status CheckSymbol(const Mask& mask) const;
  absl::Status CheckKeepEnds(const KeepEnds& keep_ends) const;
  absl::Status ResolvePseudonym(Pseudonym* pseudonym) const;
  absl::Status CheckGeneralize(const Generalize& generalize) const;

  const Field& field_;
  const absl::string_view path_;
};

absl::Status Resolver::Unfit(absl::string_view part,
                             absl::string_view what) const {
  const std::string path = absl::StrCat(path_, part.empty() ? "" : ".", part);
  return FieldError(status::v1::REASON_CODE_TREATMENT_UNFIT, path,
                    absl::StrCat(what, "; field ", field_.name(), " of type ",
                                 TypeName(field_.type()), " can take ",
                                 FittingTreatments(field_.type())));
}

absl::Status Resolver::CheckType(bool fits, absl::string_view part,
                                 absl::string_view takes) const {
  if (fits) return absl::OkStatus();
  return Unfit(part,
               absl::StrCat("takes ", takes, " and this is no such field"));
}

absl::Status Resolver::ResolveMaskRule(Mask* mask) const {
  if (mask->rule_case() != Mask::RULE_NOT_SET) return absl::OkStatus();
  std::optional<Mask> by_meaning = DefaultMask(field_.semantic_type());
  if (!by_meaning) {
    return Unfit(
        "mask",
        absl::StrCat("no mask is customary for a field of semantic type ",
                     SemanticTypeName(field_.semantic_type()),
                     ": spell the rule, one of keep_ends, name, phone, "
                     "address"));
  }
  by_meaning->set_symbol(mask->symbol());
  *mask = *std::move(by_meaning);
  return absl::OkStatus();
}

absl::Status Resolver::CheckSymbol(const Mask& mask) const {
  if (!IsMaskSymbol(AsView(mask.symbol()))) {
    return Unfit("mask.symbol",
                 "is not one visible character: use one such as * or ＊");
  }
  const uint64_t length =
      field_.length_max() == 0 ? kLengthMaxDefault : field_.length_max();
  if (length * mask.symbol().size() > kLengthMax) {
    return Unfit("mask.symbol", absl::StrCat("takes ", mask.symbol().size(),
                                             " bytes, so that a "
                                             "value of the field's ",
                                             length,
                                             " bytes could "
                                             "grow above ",
                                             kLengthMax,
                                             ": use a symbol of one "
                                             "byte such as *"));
  }
  return absl::OkStatus();
}

absl::Status Resolver::CheckKeepEnds(const KeepEnds& keep_ends) const {
  if (keep_ends.first() > kKeptMax || keep_ends.last() > kKeptMax) {
    return Unfit("mask.keep_ends",
                 absl::StrCat("first and last are at most ", kKeptMax));
  }
  if (keep_ends.first() + keep_ends.last() == 0) {
    return Unfit(
        "mask.keep_ends",
        "keeps nothing: set first or last to 1 or more, or use withhold");
  }
  return absl::OkStatus();
}

absl::Status Resolver::ResolveMask(Mask* mask) const {
  RETURN_IF_ERROR(CheckType(CanMask(field_.type()), "mask", "STRING"));
  RETURN_IF_ERROR(ResolveMaskRule(mask));
  if (mask->symbol().empty()) mask->set_symbol("*");
  RETURN_IF_ERROR(CheckSymbol(*mask));
  if (mask->has_keep_ends()) return CheckKeepEnds(mask->keep_ends());
  if (mask->has_address()) {
    MaskAddress* const address = mask->mutable_address();
    if (address->level() == MaskAddress::LEVEL_UNSPECIFIED) {
      address->set_level(MaskAddress::DISTRICT);
    }
    if (!MaskAddress::Level_IsValid(address->level())) {
      return Unfit("mask.address.level",
                   "is none of PROVINCE, CITY, DISTRICT, STREET");
    }
  }
  return absl::OkStatus();
}

absl::Status Resolver::ResolvePseudonym(Pseudonym* pseudonym) const {
  RETURN_IF_ERROR(CheckType(CanPseudonym(field_.type()), "pseudonym",
                            "STRING, BYTES, INT64 or DATE"));
  if (pseudonym->format() == Pseudonym::FORMAT_UNSPECIFIED) {
    pseudonym->set_format(Pseudonym::HEX);
  }
  if (!Pseudonym::Format_IsValid(pseudonym->format())) {
    return Unfit("pseudonym.format", "is none of HEX, BASE32");
  }
  if (pseudonym->length() == 0) pseudonym->set_length(kPseudonymLengthDefault);
  const PseudonymLengths lengths = LengthsOf(pseudonym->format());
  if (pseudonym->length() < lengths.min || pseudonym->length() > lengths.max) {
    return Unfit(
        "pseudonym.length",
        absl::StrCat("is ", pseudonym->length(), "; ",
                     AsView(Pseudonym::Format_Name(pseudonym->format())),
                     " takes ", lengths.min, " to ", lengths.max,
                     " characters, 64 bits of digest at least"));
  }
  return absl::OkStatus();
}

absl::Status Resolver::CheckGeneralize(const Generalize& generalize) const {
  switch (generalize.rule_case()) {
    case Generalize::kDate: {
      RETURN_IF_ERROR(CheckType(CanGeneralizeDate(field_.type()),
                                "generalize.date", "DATE or TIMESTAMP"));
      const DatePart::Unit unit = generalize.date().unit();
      if (unit == DatePart::UNIT_UNSPECIFIED || !DatePart::Unit_IsValid(unit)) {
        return Unfit("generalize.date.unit", "is none of YEAR, QUARTER, MONTH");
      }
      return absl::OkStatus();
    }
    case Generalize::kDivision:
      RETURN_IF_ERROR(CheckType(CanGeneralizeDivision(field_.type()),
                                "generalize.division", "STRING"));
      if (DivisionDigits(generalize.division().level()) == 0) {
        return Unfit("generalize.division.level",
                     "is none of PROVINCE, CITY, COUNTY, STREET");
      }
      return absl::OkStatus();
    case Generalize::RULE_NOT_SET:
      break;
  }
  return Unfit("generalize", "names no rule: set date or division");
}

absl::StatusOr<Treatment> Resolver::Resolve(const Treatment& treatment) const {
  Treatment resolved = treatment;
  switch (treatment.kind_case()) {
    case Treatment::kKeep:
    case Treatment::kWithhold:
      break;
    case Treatment::kMask:
      RETURN_IF_ERROR(ResolveMask(resolved.mutable_mask()));
      break;
    case Treatment::kPseudonym:
      RETURN_IF_ERROR(ResolvePseudonym(resolved.mutable_pseudonym()));
      break;
    case Treatment::kGeneralize:
      RETURN_IF_ERROR(CheckGeneralize(treatment.generalize()));
      break;
    case Treatment::KIND_NOT_SET:
      return Unfit("", "sets no treatment");
  }
  return resolved;
}

absl::string_view StrengthName(Strength strength) {
  switch (strength) {
    case Strength::kPlain:
      return "keep";
    case Strength::kReduced:
      return "mask or generalize";
    case Strength::kPseudonymous:
      return "pseudonym";
    case Strength::kWithheld:
      break;
  }
  return "withhold";
}

// "date.year" of a rule and the name of its level.
std::string RuleName(absl::string_view rule, const std::string& level) {
  return absl::StrCat(rule, ".", absl::AsciiStrToLower(AsView(level)));
}

std::string MaskName(const Mask& mask) {
  switch (mask.rule_case()) {
    case Mask::kKeepEnds:
      return "mask.keep_ends";
    case Mask::kName:
      return "mask.name";
    case Mask::kPhone:
      return "mask.phone";
    case Mask::kAddress:
      return RuleName("mask.address",
                      MaskAddress::Level_Name(mask.address().level()));
    case Mask::RULE_NOT_SET:
      break;
  }
  return "mask";
}

// Bytes that a masked value may have.
uint32_t MaskedLengthMax(const Mask& mask, const Field& field) {
  const auto symbol_bytes = static_cast<uint32_t>(mask.symbol().size());
  if (mask.has_phone()) return 7 + 4 * symbol_bytes;
  if (mask.has_address() || symbol_bytes <= 1) return field.length_max();
  return (field.length_max() == 0 ? kLengthMaxDefault : field.length_max()) *
         symbol_bytes;
}

}  // namespace

Strength StrengthOf(const Treatment& treatment) {
  switch (treatment.kind_case()) {
    case Treatment::kMask:
    case Treatment::kGeneralize:
      return Strength::kReduced;
    case Treatment::kPseudonym:
      return Strength::kPseudonymous;
    case Treatment::kWithhold:
      return Strength::kWithheld;
    case Treatment::kKeep:
    case Treatment::KIND_NOT_SET:
      break;
  }
  return Strength::kPlain;
}

absl::Status CheckStrength(const Treatment& treatment, const Field& field,
                           absl::string_view path) {
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
                                           absl::string_view path) {
  return Resolver(field, path).Resolve(treatment);
}

Field FieldAfter(const Treatment& resolved, const Field& field) {
  Field after = field;
  switch (resolved.kind_case()) {
    case Treatment::kMask: {
      const Mask& mask = resolved.mask();
      after.set_length_max(MaskedLengthMax(mask, field));
      if (mask.has_phone() || mask.has_address()) after.set_required(false);
      // A cut address is an address; the rest are no valid values any more.
      if (!mask.has_address()) after.clear_semantic_type();
      break;
    }
    case Treatment::kPseudonym:
      after.set_type(records::v1::DATA_TYPE_STRING);
      after.set_length_max(resolved.pseudonym().length());
      after.clear_semantic_type();
      break;
    case Treatment::kGeneralize:
      after.set_required(false);
      if (resolved.generalize().has_division()) {
        after.set_length_max(static_cast<uint32_t>(
            DivisionDigits(resolved.generalize().division().level())));
      }
      break;
    case Treatment::kWithhold:
      after.set_required(false);
      break;
    case Treatment::kKeep:
    case Treatment::KIND_NOT_SET:
      break;
  }
  return after;
}

std::string TreatmentName(const Treatment& resolved) {
  switch (resolved.kind_case()) {
    case Treatment::kKeep:
      return "keep";
    case Treatment::kMask:
      return MaskName(resolved.mask());
    case Treatment::kPseudonym:
      return RuleName("pseudonym",
                      Pseudonym::Format_Name(resolved.pseudonym().format()));
    case Treatment::kGeneralize:
      if (resolved.generalize().has_date()) {
        return RuleName(
            "generalize.date",
            DatePart::Unit_Name(resolved.generalize().date().unit()));
      }
      if (resolved.generalize().has_division()) {
        return RuleName("generalize.division",
                        DivisionLevel::Level_Name(
                            resolved.generalize().division().level()));
      }
      return "generalize";
    case Treatment::kWithhold:
      return "withhold";
    case Treatment::KIND_NOT_SET:
      break;
  }
  return "none";
}

}  // namespace sluice::desensitize
