// Pseudonyms, format-preserving encryption and noise.
#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/crypto/ff1.h"
#include "libs/desensitize/decimal_text.h"
#include "libs/desensitize/fpe_alphabet.h"
#include "libs/desensitize/pseudonym.h"
#include "libs/desensitize/semantics.h"
#include "libs/desensitize/treatment_site.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Fpe;
using agreement::v1::FpeResidentId;
using agreement::v1::Perturb;
using agreement::v1::Pseudonym;

constexpr uint32_t kPseudonymLengthDefault = 32;
constexpr uint32_t kDaysMax = 3650;
constexpr size_t kDomainBytesMax = 64;

absl::Status CheckDomain(const TreatmentSite& site, const std::string& domain,
                         absl::string_view part) {
  const bool good =
      domain.size() <= kDomainBytesMax &&
      std::all_of(domain.begin(), domain.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      });
  if (good) return absl::OkStatus();
  return site.Unfit(part,
                    "is no slug such as one-window: use at most 64 lower case "
                    "letters, digits and hyphens");
}

absl::Status CheckAlphabet(const TreatmentSite& site, const Fpe& fpe) {
  const absl::string_view part =
      fpe.has_alphabet() ? "fpe.alphabet" : "fpe.characters";
  const auto alphabet = FpeAlphabet::Of(fpe);
  if (!alphabet) {
    return site.Unfit(part,
                      fpe.has_alphabet()
                          ? "is none of DIGITS, DIGITS_LOWER, DIGITS_UPPER, "
                            "LOWER, UPPER, HAN"
                          : "is not two or more characters, each once");
  }
  const uint64_t length = LengthMaxOf(site.field());
  if (length / alphabet->bytes_min() * alphabet->bytes_max() >
      kFieldLengthMax) {
    return site.Unfit(
        part,
        absl::StrCat("has characters of several lengths, so that "
                     "a value of the field's ",
                     length, " bytes could grow above ", kFieldLengthMax));
  }
  uint64_t domain = 1;
  for (uint64_t i = 0;
       i < length / alphabet->bytes_min() && domain < crypto::kFf1DomainMin;
       ++i) {
    domain *= alphabet->radix();
  }
  if (domain < crypto::kFf1DomainMin) {
    return site.Unfit(
        "fpe", absl::StrCat("has only ", domain, " values of the field's ",
                            length, " bytes and needs ", crypto::kFf1DomainMin,
                            " for a safe encryption: use pseudonym"));
  }
  return absl::OkStatus();
}

// The preset of the field's semantic type.
absl::Status ResolveFormat(const TreatmentSite& site, Fpe* fpe) {
  switch (site.field().semantic_type()) {
    case catalog::v1::SEMANTIC_TYPE_RESIDENT_ID:
      fpe->mutable_resident_id();
      return absl::OkStatus();
    case catalog::v1::SEMANTIC_TYPE_USCC:
      fpe->mutable_uscc();
      return absl::OkStatus();
    case catalog::v1::SEMANTIC_TYPE_PHONE:
      fpe->mutable_phone();
      return absl::OkStatus();
    case catalog::v1::SEMANTIC_TYPE_BANK_CARD:
      fpe->mutable_bank_card();
      return absl::OkStatus();
    default:
      return site.Unfit(
          "fpe",
          absl::StrCat("there is no preset for a field of semantic type ",
                       SemanticTypeName(site.field().semantic_type()),
                       ": set alphabet or characters"));
  }
}

}  // namespace

absl::Status ResolvePseudonym(const TreatmentSite& site, Pseudonym* pseudonym) {
  const auto type = site.type();
  RETURN_IF_ERROR(site.CheckType(type == records::v1::DATA_TYPE_STRING ||
                                     type == records::v1::DATA_TYPE_BYTES ||
                                     type == records::v1::DATA_TYPE_INT64 ||
                                     type == records::v1::DATA_TYPE_DATE,
                                 "pseudonym", "STRING, BYTES, INT64 or DATE"));
  if (pseudonym->format() == Pseudonym::FORMAT_UNSPECIFIED) {
    pseudonym->set_format(Pseudonym::HEX);
  }
  if (!Pseudonym::Format_IsValid(pseudonym->format())) {
    return site.Unfit("pseudonym.format", "is none of HEX, BASE32");
  }
  if (pseudonym->hash() == Pseudonym::HASH_UNSPECIFIED) {
    pseudonym->set_hash(Pseudonym::SHA256);
  }
  if (!Pseudonym::Hash_IsValid(pseudonym->hash())) {
    return site.Unfit("pseudonym.hash", "is none of SHA256, SM3");
  }
  RETURN_IF_ERROR(CheckDomain(site, pseudonym->domain(), "pseudonym.domain"));
  if (pseudonym->length() == 0) pseudonym->set_length(kPseudonymLengthDefault);
  const PseudonymLengths lengths = LengthsOf(pseudonym->format());
  if (pseudonym->length() < lengths.min || pseudonym->length() > lengths.max) {
    return site.Unfit(
        "pseudonym.length",
        absl::StrCat("is ", pseudonym->length(), "; ",
                     AsView(Pseudonym::Format_Name(pseudonym->format())),
                     " takes ", lengths.min, " to ", lengths.max,
                     " characters, 64 bits of digest at least"));
  }
  return absl::OkStatus();
}

absl::Status ResolveFpe(const TreatmentSite& site, Fpe* fpe) {
  RETURN_IF_ERROR(site.CheckType(site.type() == records::v1::DATA_TYPE_STRING,
                                 "fpe", "STRING"));
  if (fpe->format_case() == Fpe::FORMAT_NOT_SET) {
    RETURN_IF_ERROR(ResolveFormat(site, fpe));
  }
  if (fpe->cipher() == Fpe::CIPHER_UNSPECIFIED) fpe->set_cipher(Fpe::AES);
  if (!Fpe::Cipher_IsValid(fpe->cipher())) {
    return site.Unfit("fpe.cipher", "is none of AES, SM4");
  }
  RETURN_IF_ERROR(CheckDomain(site, fpe->domain(), "fpe.domain"));
  if (fpe->has_alphabet() || fpe->has_characters()) {
    return CheckAlphabet(site, *fpe);
  }
  if (fpe->has_resident_id() &&
      !FpeResidentId::Keep_IsValid(fpe->resident_id().keep())) {
    return site.Unfit("fpe.resident_id.keep", "is none of REGION, BIRTH_DATE");
  }
  return absl::OkStatus();
}

absl::Status CheckPerturb(const TreatmentSite& site, const Perturb& perturb) {
  switch (perturb.rule_case()) {
    case Perturb::kDateShift: {
      RETURN_IF_ERROR(site.CheckType(
          IsMoment(site.type()), "perturb.date_shift", "DATE or TIMESTAMP"));
      const uint32_t days = perturb.date_shift().days_max();
      if (days >= 1 && days <= kDaysMax) return absl::OkStatus();
      return site.Unfit("perturb.date_shift.days_max",
                        absl::StrCat("is not 1 to ", kDaysMax));
    }
    case Perturb::kLaplace:
    case Perturb::kGaussian: {
      const bool laplace = perturb.has_laplace();
      RETURN_IF_ERROR(
          site.CheckType(IsNumber(site.type()),
                         laplace ? "perturb.laplace" : "perturb.gaussian",
                         "INT64, DOUBLE or DECIMAL128"));
      const std::string& scale =
          laplace ? perturb.laplace().scale() : perturb.gaussian().scale();
      return site.CheckNoise(
          scale, laplace ? "perturb.laplace.scale" : "perturb.gaussian.scale");
    }
    case Perturb::kUniform: {
      RETURN_IF_ERROR(site.CheckType(IsNumber(site.type()), "perturb.uniform",
                                     "INT64, DOUBLE or DECIMAL128"));
      constexpr absl::string_view kPart = "perturb.uniform.within";
      const std::string& within = perturb.uniform().within();
      RETURN_IF_ERROR(site.CheckNumber(within, kPart, true));
      if (site.type() != records::v1::DATA_TYPE_DECIMAL128 ||
          ParseDecimal(AsView(within), site.field().scale()).value_or(0) <=
              std::numeric_limits<int64_t>::max()) {
        return absl::OkStatus();
      }
      return site.Unfit(kPart, "is 2^63 or more of the field's last decimal");
    }
    case Perturb::RULE_NOT_SET:
      break;
  }
  return site.Unfit(
      "perturb", "names no rule: set date_shift, laplace, gaussian or uniform");
}

}  // namespace sluice::desensitize
