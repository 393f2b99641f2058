#include "libs/desensitize/operator.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/division_code.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/pseudonym.h"
#include "libs/desensitize/pseudonym_operator.h"
#include "libs/desensitize/whole_column_operators.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Generalize;
using agreement::v1::Mask;
using agreement::v1::MaskAddress;

AddressLevel LevelOf(const MaskAddress& address) {
  switch (address.level()) {
    case MaskAddress::PROVINCE:
      return AddressLevel::kProvince;
    case MaskAddress::CITY:
      return AddressLevel::kCity;
    case MaskAddress::STREET:
      return AddressLevel::kStreet;
    default:
      return AddressLevel::kDistrict;
  }
}

std::unique_ptr<const Operator> NewMask(const Mask& mask) {
  const MaskSymbol symbol(AsView(mask.symbol()));
  switch (mask.rule_case()) {
    case Mask::kKeepEnds:
      return NewKeepEndsMask(mask.keep_ends().first(), mask.keep_ends().last(),
                             symbol);
    case Mask::kName:
      return NewNameMask(symbol);
    case Mask::kPhone:
      return NewPhoneMask(symbol);
    case Mask::kAddress:
      return NewAddressMask(LevelOf(mask.address()));
    case Mask::RULE_NOT_SET:
      break;
  }
  return nullptr;
}

std::unique_ptr<const Operator> NewGeneralization(
    const Generalize& generalize) {
  switch (generalize.rule_case()) {
    case Generalize::kDate:
      return NewDateGeneralization(generalize.date().unit());
    case Generalize::kDivision:
      return NewDivisionGeneralization(
          DivisionDigits(generalize.division().level()));
    case Generalize::RULE_NOT_SET:
      break;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Operator>> CompileOperator(
    const Treatment& resolved, const Field& field, const OperatorKeys& keys) {
  // What does not fit must not get near a value, wherever it came from.
  // Resolving what is resolved changes nothing.
  ASSIGN_OR_RETURN(const Treatment treatment,
                   ResolveTreatment(resolved, field, AsView(field.name())));
  switch (treatment.kind_case()) {
    case Treatment::kKeep:
      return NewKeep();
    case Treatment::kMask:
      return NewMask(treatment.mask());
    case Treatment::kPseudonym:
      if (keys.pseudonym_secret.size() != kPseudonymSecretBytes) {
        return Error(
            status::v1::REASON_CODE_INTERNAL,
            absl::StrCat("field ", field.name(),
                         " is to be a pseudonym and the "
                         "secret given has ",
                         keys.pseudonym_secret.size(), " bytes instead of ",
                         kPseudonymSecretBytes,
                         ": check the pseudonym root key of this broker"));
      }
      return NewPseudonym(treatment.pseudonym(), AsView(keys.pseudonym_secret));
    case Treatment::kGeneralize:
      return NewGeneralization(treatment.generalize());
    case Treatment::kWithhold:
      return NewWithhold();
    case Treatment::KIND_NOT_SET:
      break;
  }
  return Error(
      status::v1::REASON_CODE_INTERNAL,
      absl::StrCat("no operator for the treatment of field ", field.name()));
}

}  // namespace sluice::desensitize
