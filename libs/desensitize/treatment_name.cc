#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/treatment.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::DatePart;
using agreement::v1::DivisionLevel;
using agreement::v1::Fpe;
using agreement::v1::FpeResidentId;
using agreement::v1::Generalize;
using agreement::v1::Mask;
using agreement::v1::MaskAddress;
using agreement::v1::MaskFreeText;
using agreement::v1::NumberBucket;
using agreement::v1::Pseudonym;
using agreement::v1::TimePart;

// "date.year" of a rule and the name of its level.
std::string RuleName(absl::string_view rule, const std::string& level) {
  return absl::StrCat(rule, ".", absl::AsciiStrToLower(AsView(level)));
}

// "mask.keep_ends" of a kind and what is set in its oneof.
std::string CaseName(absl::string_view kind,
                     const google::protobuf::Message& message,
                     absl::string_view oneof) {
  const auto* const field = message.GetReflection()->GetOneofFieldDescriptor(
      message, message.GetDescriptor()->FindOneofByName(std::string(oneof)));
  return field == nullptr ? std::string(kind)
                          : absl::StrCat(kind, ".", field->name());
}

std::string MaskName(const Mask& mask) {
  std::string name = CaseName("mask", mask, "rule");
  if (mask.has_address()) {
    return RuleName(name, MaskAddress::Level_Name(mask.address().level()));
  }
  if (mask.free_text().form() != MaskFreeText::FORM_UNSPECIFIED) {
    return RuleName(name, MaskFreeText::Form_Name(mask.free_text().form()));
  }
  return name;
}

std::string PseudonymName(const Pseudonym& pseudonym) {
  std::string name =
      RuleName("pseudonym", Pseudonym::Format_Name(pseudonym.format()));
  if (pseudonym.hash() == Pseudonym::SM3) absl::StrAppend(&name, ".sm3");
  // Who reads the audit trail sees which pseudonyms can be joined.
  if (!pseudonym.domain().empty()) {
    absl::StrAppend(&name, "@", pseudonym.domain());
  }
  return name;
}

std::string FpeName(const Fpe& fpe) {
  std::string name = CaseName("fpe", fpe, "format");
  if (fpe.has_alphabet()) {
    name = RuleName("fpe", Fpe::Alphabet_Name(fpe.alphabet()));
  }
  if (fpe.resident_id().keep() != FpeResidentId::KEEP_UNSPECIFIED) {
    name = RuleName(absl::StrCat(name, ".keep"),
                    FpeResidentId::Keep_Name(fpe.resident_id().keep()));
  }
  if (fpe.cipher() == Fpe::SM4) absl::StrAppend(&name, ".sm4");
  if (!fpe.domain().empty()) absl::StrAppend(&name, "@", fpe.domain());
  return name;
}

std::string GeneralizeName(const Generalize& generalize) {
  std::string name = CaseName("generalize", generalize, "rule");
  if (generalize.has_date()) {
    return RuleName(name, DatePart::Unit_Name(generalize.date().unit()));
  }
  if (generalize.has_division()) {
    return RuleName(name,
                    DivisionLevel::Level_Name(generalize.division().level()));
  }
  if (generalize.has_time_part()) {
    return RuleName(name, TimePart::Part_Name(generalize.time_part().part()));
  }
  if (generalize.bucket().form() != NumberBucket::FORM_UNSPECIFIED) {
    return RuleName(name, NumberBucket::Form_Name(generalize.bucket().form()));
  }
  if (!generalize.bucket().labels().empty()) {
    absl::StrAppend(&name, ".labels");
  }
  return name;
}

}  // namespace

std::string TreatmentName(const Treatment& resolved) {
  switch (resolved.kind_case()) {
    case Treatment::kKeep:
      return "keep";
    case Treatment::kMask:
      return MaskName(resolved.mask());
    case Treatment::kPseudonym:
      return PseudonymName(resolved.pseudonym());
    case Treatment::kGeneralize:
      return GeneralizeName(resolved.generalize());
    case Treatment::kFpe:
      return FpeName(resolved.fpe());
    case Treatment::kToken:
      return "token";
    case Treatment::kPerturb:
      return CaseName("perturb", resolved.perturb(), "rule");
    case Treatment::kSurrogate:
      return CaseName("surrogate", resolved.surrogate(), "kind");
    case Treatment::kChain: {
      std::vector<std::string> steps;
      for (const Treatment& step : resolved.chain().steps()) {
        steps.push_back(TreatmentName(step));
      }
      return absl::StrCat("chain(", absl::StrJoin(steps, ", "), ")");
    }
    case Treatment::kConditional:
      return absl::StrCat(
          "conditional(", TreatmentName(resolved.conditional().then()), "|",
          TreatmentName(resolved.conditional().otherwise()), ")");
    case Treatment::kWithhold:
      return CaseName("withhold", resolved.withhold(), "replacement");
    case Treatment::KIND_NOT_SET:
      break;
  }
  return "none";
}

}  // namespace sluice::desensitize
