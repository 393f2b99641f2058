#include <re2/re2.h>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/mask_symbol.h"
#include "libs/desensitize/sensitive_spans.h"
#include "libs/desensitize/treatment_site.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::CharacterRange;
using agreement::v1::KeepEnds;
using agreement::v1::Mask;
using agreement::v1::MaskAddress;
using agreement::v1::MaskAround;
using agreement::v1::MaskFreeText;
using agreement::v1::MaskPattern;

constexpr uint32_t kKeptMax = 64;
// Memory that a compiled expression and its scans may take.
constexpr int64_t kPatternBytesMax = int64_t{4} << 20;

absl::Status CheckSymbol(const TreatmentSite& site, const Mask& mask) {
  if (!IsMaskSymbol(AsView(mask.symbol()))) {
    return site.Unfit("mask.symbol",
                      "is not one visible character: use one such as * or ＊");
  }
  const uint64_t length = LengthMaxOf(site.field());
  if (length * mask.symbol().size() > kFieldLengthMax) {
    return site.Unfit(
        "mask.symbol",
        absl::StrCat("takes ", mask.symbol().size(),
                     " bytes, so that a value of the field's ", length,
                     " bytes could grow above ", kFieldLengthMax,
                     ": use a symbol of one byte such as *"));
  }
  return absl::OkStatus();
}

absl::Status CheckKeepEnds(const TreatmentSite& site,
                           const KeepEnds& keep_ends) {
  if (keep_ends.first() > kKeptMax || keep_ends.last() > kKeptMax) {
    return site.Unfit("mask.keep_ends",
                      absl::StrCat("first and last are at most ", kKeptMax));
  }
  if (keep_ends.first() + keep_ends.last() == 0) {
    return site.Unfit(
        "mask.keep_ends",
        "keeps nothing: set first or last to 1 or more, or use withhold");
  }
  return absl::OkStatus();
}

absl::Status CheckRange(const TreatmentSite& site, const CharacterRange& range,
                        absl::string_view part) {
  if (range.from() == 0 || range.from() > range.to() ||
      range.to() > kFieldLengthMax) {
    return site.Unfit(part,
                      "counts characters from 1 and needs from <= to, at most "
                      "65536");
  }
  return absl::OkStatus();
}

absl::Status CheckAround(const TreatmentSite& site, const MaskAround& around,
                         absl::string_view part) {
  if (IsMaskSymbol(AsView(around.character()))) return absl::OkStatus();
  return site.Unfit(absl::StrCat(part, ".character"),
                    "is not one visible character");
}

absl::Status CheckPattern(const TreatmentSite& site,
                          const MaskPattern& pattern) {
  constexpr absl::string_view kPart = "mask.pattern.expression";
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternBytesMax);
  const RE2 expression(pattern.expression(), options);
  if (pattern.expression().empty() || !expression.ok()) {
    return site.Unfit(kPart, absl::StrCat("is no RE2 expression: ",
                                          AsView(expression.error())));
  }
  if (RE2::PartialMatch("", expression)) {
    return site.Unfit(kPart, "matches an empty text, which hides nothing");
  }
  return absl::OkStatus();
}

absl::Status ResolveAddress(const TreatmentSite& site, MaskAddress* address) {
  if (address->level() == MaskAddress::LEVEL_UNSPECIFIED) {
    address->set_level(MaskAddress::DISTRICT);
  }
  if (MaskAddress::Level_IsValid(address->level())) return absl::OkStatus();
  return site.Unfit("mask.address.level",
                    "is none of PROVINCE, CITY, DISTRICT, STREET");
}

absl::Status CheckFreeText(const TreatmentSite& site,
                           const MaskFreeText& free_text) {
  constexpr absl::string_view kPart = "mask.free_text.form";
  if (!MaskFreeText::Form_IsValid(free_text.form())) {
    return site.Unfit(kPart, "is none of LABEL, REMOVE");
  }
  const uint64_t length = LengthMaxOf(site.field());
  if (free_text.form() == MaskFreeText::LABEL &&
      LabelledBytesMax(length) > kFieldLengthMax) {
    return site.Unfit(
        kPart, absl::StrCat("is LABEL, with which a value of the field's ",
                            length, " bytes could grow above ", kFieldLengthMax,
                            ": use REMOVE, or leave it out"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ResolveMask(const TreatmentSite& site, Mask* mask) {
  RETURN_IF_ERROR(site.CheckType(site.type() == records::v1::DATA_TYPE_STRING,
                                 "mask", "STRING"));
  if (mask->symbol().empty()) mask->set_symbol("*");
  RETURN_IF_ERROR(CheckSymbol(site, *mask));
  switch (mask->rule_case()) {
    case Mask::kKeepEnds:
      return CheckKeepEnds(site, mask->keep_ends());
    case Mask::kAddress:
      return ResolveAddress(site, mask->mutable_address());
    case Mask::kHideRange:
      return CheckRange(site, mask->hide_range(), "mask.hide_range");
    case Mask::kKeepRange:
      return CheckRange(site, mask->keep_range(), "mask.keep_range");
    case Mask::kHideBefore:
      return CheckAround(site, mask->hide_before(), "mask.hide_before");
    case Mask::kHideAfter:
      return CheckAround(site, mask->hide_after(), "mask.hide_after");
    case Mask::kFreeText:
      return CheckFreeText(site, mask->free_text());
    case Mask::kPattern:
      return CheckPattern(site, mask->pattern());
    default:
      return absl::OkStatus();
  }
}

}  // namespace sluice::desensitize
