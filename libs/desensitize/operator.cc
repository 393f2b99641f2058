#include "libs/desensitize/operator.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/crypto/digest.h"
#include "libs/crypto/ff1.h"
#include "libs/desensitize/bucket_texts.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/conditional_operator.h"
#include "libs/desensitize/constant_value.h"
#include "libs/desensitize/decimal_text.h"
#include "libs/desensitize/division_code.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/hierarchy_table.h"
#include "libs/desensitize/keyed_operators.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/operator_keys.h"
#include "libs/desensitize/perturb_parameters.h"
#include "libs/desensitize/pseudonym_operator.h"
#include "libs/desensitize/token_text.h"
#include "libs/desensitize/treatment_site.h"
#include "libs/desensitize/whole_column_operators.h"
#include "libs/predicate/predicate.h"
#include "libs/records/resource_fields.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Fpe;
using agreement::v1::Generalize;
using agreement::v1::Mask;
using agreement::v1::MaskAddress;
using agreement::v1::MaskFreeText;
using agreement::v1::Withhold;
using OperatorOr = absl::StatusOr<std::unique_ptr<const Operator>>;

constexpr size_t kAesKeyBytes = 32;
constexpr size_t kSm4KeyBytes = 16;
constexpr uint32_t kGridDecimals = 6;

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
    case Mask::kHideRange:
      return NewHideRangeMask(mask.hide_range().from(), mask.hide_range().to(),
                              symbol);
    case Mask::kKeepRange:
      return NewKeepRangeMask(mask.keep_range().from(), mask.keep_range().to(),
                              symbol);
    case Mask::kHideBefore:
      return NewHideBeforeMask(AsView(mask.hide_before().character()), symbol);
    case Mask::kHideAfter:
      return NewHideAfterMask(AsView(mask.hide_after().character()), symbol);
    case Mask::kPattern:
      return NewPatternMask(mask.pattern().expression(), symbol);
    case Mask::kEmail:
      return NewEmailMask(symbol);
    case Mask::kBankCard:
      return NewBankCardMask(symbol);
    case Mask::kPlate:
      return NewPlateMask(symbol);
    case Mask::kFreeText:
      return mask.free_text().form() == MaskFreeText::FORM_UNSPECIFIED
                 ? NewFreeTextMask(symbol)
                 : NewFreeTextWholeMask(mask.free_text().form());
    case Mask::kClasses:
      return NewClassesMask(symbol);
    case Mask::RULE_NOT_SET:
      break;
  }
  return nullptr;
}

OperatorOr NewGeneralization(const Generalize& generalize, const Field& field) {
  switch (generalize.rule_case()) {
    case Generalize::kDate:
      return NewDateGeneralization(generalize.date().unit());
    case Generalize::kDivision:
      return NewDivisionGeneralization(
          DivisionDigits(generalize.division().level()));
    case Generalize::kBucket:
      if (IsBucketText(generalize.bucket())) {
        return NewBucketTextGeneralization(generalize.bucket(), field.type(),
                                           field.scale());
      }
      return NewNumberGeneralization(generalize, field.type(), field.scale());
    case Generalize::kRound:
    case Generalize::kClamp:
      return NewNumberGeneralization(generalize, field.type(), field.scale());
    case Generalize::kWeekday:
      return NewWeekdayGeneralization();
    case Generalize::kTimePart:
      return NewTimePartGeneralization(generalize.time_part().part());
    case Generalize::kAge:
      return NewAgeGeneralization(
          ParseDate(AsView(generalize.age().as_of())).value_or(0),
          generalize.age().band_years());
    case Generalize::kHierarchy: {
      ASSIGN_OR_RETURN(HierarchyTable table,
                       HierarchyTable::Parse(generalize.hierarchy()));
      return NewHierarchyGeneralization(std::move(table));
    }
    case Generalize::kGrid:
      return NewGridGeneralization(static_cast<int64_t>(
          ParseDecimal(AsView(generalize.grid().cell()), kGridDecimals)
              .value_or(1)));
    case Generalize::RULE_NOT_SET:
      break;
  }
  return nullptr;
}

absl::Status WrongTrialKey(absl::string_view takes) {
  return Error(status::v1::REASON_CODE_MALFORMED,
               absl::StrCat("the key given has a wrong length: this treatment "
                            "takes ",
                            takes));
}

OperatorOr NewPseudonymFor(const agreement::v1::Pseudonym& pseudonym,
                           const Field& field, const OperatorKeys& keys) {
  if (keys.trial) return NewPseudonym(pseudonym, AsView(keys.trial->key));
  ASSIGN_OR_RETURN(
      const std::string secret,
      DomainSecret(keys, AsView(pseudonym.domain()), field.name()));
  return NewPseudonym(pseudonym, AsView(secret));
}

OperatorOr NewFpe(const Fpe& fpe, const Field& field,
                  const OperatorKeys& keys) {
  const bool is_sm4 = fpe.cipher() == Fpe::SM4;
  std::string key;
  std::string tweak;
  if (keys.trial) {
    key = keys.trial->key;
    tweak = keys.trial->tweak;
    if (is_sm4 ? key.size() != kSm4KeyBytes
               : key.size() != 16 && key.size() != 24 && key.size() != 32) {
      return WrongTrialKey(is_sm4 ? "16 bytes" : "16, 24 or 32 bytes");
    }
    if (tweak.size() > crypto::kFf1TweakBytesMax) {
      return Error(status::v1::REASON_CODE_MALFORMED,
                   absl::StrCat("the tweak given is longer than ",
                                crypto::kFf1TweakBytesMax, " bytes"));
    }
  } else {
    ASSIGN_OR_RETURN(const std::string secret,
                     DomainSecret(keys, AsView(fpe.domain()), field.name()));
    key = is_sm4 ? PurposeKey(AsView(secret), kFpeSm4Salt, kSm4KeyBytes)
                 : PurposeKey(AsView(secret), kFpeAesSalt, kAesKeyBytes);
  }
  auto cipher =
      is_sm4 ? crypto::NewSm4(AsView(key)) : crypto::NewAes(AsView(key));
  if (fpe.has_alphabet() || fpe.has_characters()) {
    return NewAlphabetFpe(fpe, std::move(cipher), std::move(tweak));
  }
  return NewPresetFpe(fpe, std::move(cipher));
}

OperatorOr NewTokenFor(const Field& field, const OperatorKeys& keys) {
  if (keys.trial) {
    const size_t size = keys.trial->key.size();
    if (size != 32 && size != 48 && size != 64) {
      return WrongTrialKey("32, 48 or 64 bytes");
    }
    return NewToken(AsView(keys.trial->key), 0);
  }
  if (keys.token_secret.size() != crypto::kDigestBytes) {
    return Error(
        status::v1::REASON_CODE_TREATMENT_UNFIT,
        absl::StrCat("field ", field.name(),
                     " is to become a token and this broker holds no token key "
                     "of the agreement, as it makes none itself: whoever may "
                     "turn tokens back must put one into its key folder"));
  }
  return NewToken(AsView(TokenKey(AsView(keys.token_secret))),
                  keys.token_version);
}

// The key for perturbing and surrogates, which have no shared domains: what
// they make is for no join.
absl::StatusOr<std::string> OwnKey(const Field& field, const OperatorKeys& keys,
                                   absl::string_view salt,
                                   absl::string_view info = "") {
  if (keys.trial) return keys.trial->key;
  ASSIGN_OR_RETURN(const std::string secret,
                   DomainSecret(keys, "", field.name()));
  return PurposeKey(AsView(secret), salt, crypto::kDigestBytes, info);
}

OperatorOr NewPerturbFor(const agreement::v1::Perturb& perturb,
                         const Field& field, const Resource& resource,
                         const OperatorKeys& keys) {
  ASSIGN_OR_RETURN(
      const std::string key,
      OwnKey(field, keys, kPerturbSalt, AsView(PerturbParameters(perturb))));
  return NewPerturb(perturb, field, records::KeyFieldsOf(resource),
                    AsView(key));
}

OperatorOr Compile(const Treatment& treatment, const Field& field,
                   const Resource& resource, const OperatorKeys& keys);

OperatorOr CompileChain(const agreement::v1::Chain& chain, Field field,
                        const Resource& resource, const OperatorKeys& keys) {
  std::vector<std::unique_ptr<const Operator>> steps;
  steps.reserve(static_cast<size_t>(chain.steps_size()));
  for (const Treatment& treatment : chain.steps()) {
    ASSIGN_OR_RETURN(auto step, Compile(treatment, field, resource, keys));
    steps.push_back(std::move(step));
    field = FieldAfter(treatment, field);
  }
  return NewChain(std::move(steps));
}

OperatorOr CompileConditional(const agreement::v1::Conditional& conditional,
                              const Field& field, const Resource& resource,
                              const OperatorKeys& keys) {
  ASSIGN_OR_RETURN(auto when, predicate::Compile(conditional.when(), resource,
                                                 AsView(field.name())));
  ASSIGN_OR_RETURN(auto then,
                   Compile(conditional.then(), field, resource, keys));
  ASSIGN_OR_RETURN(auto otherwise,
                   Compile(conditional.otherwise(), field, resource, keys));
  return NewConditional(std::move(when), std::move(then), std::move(otherwise),
                        FieldAfter(conditional.then(), field).type());
}

OperatorOr Compile(const Treatment& treatment, const Field& field,
                   const Resource& resource, const OperatorKeys& keys) {
  switch (treatment.kind_case()) {
    case Treatment::kKeep:
      return NewKeep();
    case Treatment::kMask:
      return NewMask(treatment.mask());
    case Treatment::kPseudonym:
      return NewPseudonymFor(treatment.pseudonym(), field, keys);
    case Treatment::kGeneralize:
      return NewGeneralization(treatment.generalize(), field);
    case Treatment::kFpe:
      return NewFpe(treatment.fpe(), field, keys);
    case Treatment::kToken:
      return NewTokenFor(field, keys);
    case Treatment::kPerturb:
      return NewPerturbFor(treatment.perturb(), field, resource, keys);
    case Treatment::kSurrogate: {
      ASSIGN_OR_RETURN(const std::string key,
                       OwnKey(field, keys, kSurrogateSalt));
      return NewSurrogate(treatment.surrogate(), field, AsView(key));
    }
    case Treatment::kChain:
      return CompileChain(treatment.chain(), field, resource, keys);
    case Treatment::kConditional:
      return CompileConditional(treatment.conditional(), field, resource, keys);
    case Treatment::kWithhold:
      if (treatment.withhold().replacement_case() ==
          Withhold::REPLACEMENT_NOT_SET) {
        return NewWithhold();
      }
      return NewConstant(ConstantOf(treatment.withhold(), field).value_or(""));
    case Treatment::KIND_NOT_SET:
      break;
  }
  return nullptr;
}

// Whether any part of it works under a key that is derived from the root.
bool IsKeyed(const Treatment& treatment) {
  switch (treatment.kind_case()) {
    case Treatment::kPseudonym:
    case Treatment::kFpe:
    case Treatment::kPerturb:
    case Treatment::kSurrogate:
      return true;
    case Treatment::kChain:
      return std::any_of(treatment.chain().steps().begin(),
                         treatment.chain().steps().end(), IsKeyed);
    case Treatment::kConditional:
      return IsKeyed(treatment.conditional().then()) ||
             IsKeyed(treatment.conditional().otherwise());
    default:
      return false;
  }
}

}  // namespace

uint32_t KeyVersionOf(const Treatment& resolved, const OperatorKeys& keys) {
  return IsKeyed(resolved) ? keys.pseudonym_version : 0;
}

OperatorOr CompileOperator(const Treatment& resolved, const Field& field,
                           const Resource& resource, const OperatorKeys& keys) {
  // What does not fit must not get near a value, wherever it came from.
  // Resolving what is resolved changes nothing.
  ASSIGN_OR_RETURN(
      const Treatment treatment,
      ResolveTreatment(resolved, field, resource, AsView(field.name())));
  ASSIGN_OR_RETURN(auto compiled, Compile(treatment, field, resource, keys));
  if (compiled != nullptr) return compiled;
  return Error(
      status::v1::REASON_CODE_INTERNAL,
      absl::StrCat("no operator for the treatment of field ", field.name()));
}

OperatorOr CompileOperator(const Treatment& resolved, const Field& field,
                           const OperatorKeys& keys) {
  return CompileOperator(resolved, field, ResourceOf(field), keys);
}

}  // namespace sluice::desensitize
