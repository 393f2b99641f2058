#include <cmath>
#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/decimal_text.h"
#include "libs/desensitize/treatment_site.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Surrogate;
using agreement::v1::SurrogateInRange;
using agreement::v1::SurrogateName;
using agreement::v1::SurrogateOneOf;

constexpr int kValuesMax = 1000;
constexpr size_t kValueBytesMax = 256;

absl::Status CheckOneOf(const TreatmentSite& site,
                        const SurrogateOneOf& one_of) {
  constexpr absl::string_view kPart = "surrogate.one_of.values";
  if (one_of.values_size() < 2 || one_of.values_size() > kValuesMax) {
    return site.Unfit(kPart,
                      absl::StrCat("are not 2 to ", kValuesMax,
                                   ": for one alone use withhold.constant"));
  }
  std::set<absl::string_view> seen;
  size_t bytes = 0;
  for (int i = 0; i < one_of.values_size(); ++i) {
    const absl::string_view value = AsView(one_of.values(i));
    const std::string path = absl::StrCat(kPart, "[", i, "]");
    if (value.empty() || value.size() > kValueBytesMax || !IsValidUtf8(value)) {
      return site.Unfit(path, absl::StrCat("is not 1 to ", kValueBytesMax,
                                           " bytes of UTF-8"));
    }
    if (!seen.insert(value).second) {
      return site.Unfit(path, "stands in the list twice");
    }
    bytes += value.size();
  }
  if (bytes <= kFieldLengthMax) return absl::OkStatus();
  return site.Unfit(kPart, absl::StrCat("have together more than ",
                                        kFieldLengthMax, " bytes"));
}

// Whether both ends are what the field can hold, in their order and not too far
// from each other.
absl::Status CheckEnds(const TreatmentSite& site,
                       const SurrogateInRange& range) {
  constexpr absl::string_view kMin = "surrogate.in_range.min";
  constexpr absl::string_view kMax = "surrogate.in_range.max";
  const auto not_below = [&site] {
    return site.Unfit("surrogate.in_range", "has a min that is not below max");
  };
  if (IsMoment(site.type())) {
    const auto min = ParseDate(AsView(range.min()));
    const auto max = ParseDate(AsView(range.max()));
    if (!min) return site.Unfit(kMin, "is no date such as 2026-01-31");
    if (!max) return site.Unfit(kMax, "is no date such as 2026-01-31");
    return *min < *max ? absl::OkStatus() : not_below();
  }
  RETURN_IF_ERROR(site.CheckNumber(range.min(), kMin, false));
  RETURN_IF_ERROR(site.CheckNumber(range.max(), kMax, false));
  if (site.type() == records::v1::DATA_TYPE_DOUBLE) {
    const double min = ParseDouble(AsView(range.min())).value_or(0);
    const double max = ParseDouble(AsView(range.max())).value_or(0);
    return min < max && std::isfinite(max - min) ? absl::OkStatus()
                                                 : not_below();
  }
  const uint32_t scale = site.type() == records::v1::DATA_TYPE_DECIMAL128
                             ? site.field().scale()
                             : 0;
  const absl::int128 min = ParseDecimal(AsView(range.min()), scale).value_or(0);
  const absl::int128 max = ParseDecimal(AsView(range.max()), scale).value_or(0);
  if (min >= max) return not_below();
  // Of ends of 38 digits it may be more than an int128 holds.
  const absl::uint128 width = absl::uint128(max) - absl::uint128(min);
  if (width < absl::uint128(std::numeric_limits<int64_t>::max())) {
    return absl::OkStatus();
  }
  return site.Unfit("surrogate.in_range",
                    "is 2^63 or more of the field's smallest steps wide");
}

}  // namespace

absl::Status CheckSurrogate(const TreatmentSite& site,
                            const Surrogate& surrogate) {
  if (surrogate.has_in_range()) {
    RETURN_IF_ERROR(site.CheckType(
        IsNumber(site.type()) || IsMoment(site.type()), "surrogate.in_range",
        "INT64, DOUBLE, DECIMAL128, DATE or TIMESTAMP"));
    return CheckEnds(site, surrogate.in_range());
  }
  RETURN_IF_ERROR(site.CheckType(site.type() == records::v1::DATA_TYPE_STRING,
                                 "surrogate", "STRING"));
  if (surrogate.kind_case() == Surrogate::KIND_NOT_SET) {
    return site.Unfit("surrogate",
                      "names no kind: set name, street, company, one_of, "
                      "in_range or same_form");
  }
  if (surrogate.has_name() &&
      !SurrogateName::Sex_IsValid(surrogate.name().sex())) {
    return site.Unfit("surrogate.name.sex", "is none of FEMALE, MALE");
  }
  if (surrogate.has_one_of()) return CheckOneOf(site, surrogate.one_of());
  return absl::OkStatus();
}

}  // namespace sluice::desensitize
