#include <optional>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/decimal_text.h"
#include "libs/desensitize/division_code.h"
#include "libs/desensitize/hierarchy_table.h"
#include "libs/desensitize/treatment_site.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Age;
using agreement::v1::DatePart;
using agreement::v1::Generalize;
using agreement::v1::NumberBucket;
using agreement::v1::NumberClamp;
using agreement::v1::TimePart;

constexpr uint32_t kBandYearsMax = 100;
constexpr int kBoundsMax = 256;
constexpr size_t kLabelBytesMax = 256;
constexpr uint32_t kGridDecimals = 6;

absl::Status CheckDate(const TreatmentSite& site, const DatePart& date) {
  RETURN_IF_ERROR(site.CheckType(IsMoment(site.type()), "generalize.date",
                                 "DATE or TIMESTAMP"));
  if (date.unit() == DatePart::UNIT_UNSPECIFIED ||
      !DatePart::Unit_IsValid(date.unit())) {
    return site.Unfit("generalize.date.unit",
                      "is none of YEAR, QUARTER, MONTH, DAY");
  }
  if (date.unit() == DatePart::DAY &&
      site.type() == records::v1::DATA_TYPE_DATE) {
    return site.Unfit("generalize.date.unit",
                      "is DAY, which leaves a DATE as it is");
  }
  return absl::OkStatus();
}

absl::Status CheckAscending(const TreatmentSite& site,
                            const NumberBucket& bucket) {
  constexpr absl::string_view kPart = "generalize.bucket.bounds";
  if (bucket.bounds_size() > kBoundsMax) {
    return site.Unfit(kPart, absl::StrCat("are more than ", kBoundsMax));
  }
  std::optional<absl::int128> last;
  std::optional<double> last_double;
  for (const std::string& bound : bucket.bounds()) {
    RETURN_IF_ERROR(site.CheckNumber(bound, kPart, false));
    bool ascends = true;
    if (site.type() == records::v1::DATA_TYPE_DOUBLE) {
      const auto number = ParseDouble(AsView(bound));
      ascends = !last_double || *number > *last_double;
      last_double = number;
    } else {
      const bool is_decimal = site.type() == records::v1::DATA_TYPE_DECIMAL128;
      const auto number =
          ParseDecimal(AsView(bound), is_decimal ? site.field().scale() : 0);
      ascends = !last || *number > *last;
      last = number;
    }
    if (!ascends) return site.Unfit(kPart, "do not ascend");
  }
  return absl::OkStatus();
}

// Bounds that list every number of a range leave it as it is. Two are allowed:
// nothing but the lower one stays what it was.
absl::Status CheckBoundsReduce(const TreatmentSite& site,
                               const NumberBucket& bucket) {
  if (site.type() == records::v1::DATA_TYPE_DOUBLE ||
      bucket.bounds_size() <= 2) {
    return absl::OkStatus();
  }
  const auto first = site.UnitsOf(*bucket.bounds().begin());
  const auto last = site.UnitsOf(*bucket.bounds().rbegin());
  if (!first || last != *first + (bucket.bounds_size() - 1)) {
    return absl::OkStatus();
  }
  return site.Unfit("generalize.bucket.bounds",
                    "are each one unit of the field's last decimal above the "
                    "one before, which would leave all numbers from the first "
                    "to the last as they are: use fewer, or clamp");
}

// How a bucket is told, where that is not its lower end.
absl::Status CheckBucketText(const TreatmentSite& site,
                             const NumberBucket& bucket) {
  constexpr absl::string_view kLabels = "generalize.bucket.labels";
  if (!NumberBucket::Form_IsValid(bucket.form())) {
    return site.Unfit("generalize.bucket.form", "is not RANGE");
  }
  if (bucket.form() == NumberBucket::RANGE && bucket.bounds().empty() &&
      site.type() == records::v1::DATA_TYPE_DOUBLE) {
    const size_t point = bucket.width().find('.');
    const auto decimals = static_cast<uint32_t>(
        point == std::string::npos ? 0 : bucket.width().size() - point - 1);
    if (!ParseDecimal(AsView(bucket.width()), decimals)) {
      return site.Unfit("generalize.bucket.width",
                        "has more than 38 digits, too many to write ranges");
    }
  }
  if (bucket.labels().empty()) return absl::OkStatus();
  if (bucket.form() != NumberBucket::FORM_UNSPECIFIED) {
    return site.Unfit(kLabels, "stand beside a form: set one of the two");
  }
  if (bucket.labels_size() != bucket.bounds_size()) {
    return site.Unfit(
        kLabels, absl::StrCat("are ", bucket.labels_size(), " for ",
                              bucket.bounds_size(),
                              " bounds: each bound begins a bucket, and each "
                              "bucket needs its label"));
  }
  for (const std::string& label : bucket.labels()) {
    if (label.empty() || label.size() > kLabelBytesMax ||
        !IsValidUtf8(AsView(label))) {
      return site.Unfit(
          kLabels, absl::StrCat("hold one that is not 1 to ", kLabelBytesMax,
                                " bytes of UTF-8"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBucket(const TreatmentSite& site,
                         const NumberBucket& bucket) {
  RETURN_IF_ERROR(site.CheckType(IsNumber(site.type()), "generalize.bucket",
                                 "INT64, DOUBLE or DECIMAL128"));
  if (bucket.width().empty() == bucket.bounds().empty()) {
    return site.Unfit("generalize.bucket", "needs either width or bounds");
  }
  if (bucket.bounds().empty()) {
    RETURN_IF_ERROR(site.CheckStep(bucket.width(), "generalize.bucket.width"));
  } else {
    RETURN_IF_ERROR(CheckAscending(site, bucket));
    RETURN_IF_ERROR(CheckBoundsReduce(site, bucket));
  }
  return CheckBucketText(site, bucket);
}

absl::Status CheckTimePart(const TreatmentSite& site, const TimePart& part) {
  constexpr absl::string_view kPart = "generalize.time_part.part";
  RETURN_IF_ERROR(site.CheckType(IsMoment(site.type()), "generalize.time_part",
                                 "DATE or TIMESTAMP"));
  if (part.part() == TimePart::PART_UNSPECIFIED ||
      !TimePart::Part_IsValid(part.part())) {
    return site.Unfit(kPart,
                      "is none of MONTH_OF_YEAR, DAY_OF_MONTH, HOUR_OF_DAY");
  }
  if (part.part() == TimePart::HOUR_OF_DAY &&
      site.type() == records::v1::DATA_TYPE_DATE) {
    return site.Unfit(kPart, "is HOUR_OF_DAY, and a DATE has no hour");
  }
  return absl::OkStatus();
}

absl::Status CheckClamp(const TreatmentSite& site, const NumberClamp& clamp) {
  RETURN_IF_ERROR(site.CheckType(IsNumber(site.type()), "generalize.clamp",
                                 "INT64, DOUBLE or DECIMAL128"));
  if (clamp.min().empty() && clamp.max().empty()) {
    return site.Unfit("generalize.clamp", "needs min, max or both");
  }
  if (!clamp.min().empty()) {
    RETURN_IF_ERROR(
        site.CheckNumber(clamp.min(), "generalize.clamp.min", false));
  }
  if (!clamp.max().empty()) {
    RETURN_IF_ERROR(
        site.CheckNumber(clamp.max(), "generalize.clamp.max", false));
  }
  if (clamp.min().empty() || clamp.max().empty()) return absl::OkStatus();
  NumberBucket both;
  both.add_bounds(clamp.min());
  both.add_bounds(clamp.max());
  if (CheckAscending(site, both).ok()) return absl::OkStatus();
  return site.Unfit("generalize.clamp", "has a min that is not below max");
}

absl::Status CheckAge(const TreatmentSite& site, const Age& age) {
  RETURN_IF_ERROR(site.CheckType(IsMoment(site.type()), "generalize.age",
                                 "DATE or TIMESTAMP"));
  if (!ParseDate(AsView(age.as_of()))) {
    return site.Unfit("generalize.age.as_of", "is no date such as 2026-01-31");
  }
  if (age.band_years() > kBandYearsMax) {
    return site.Unfit("generalize.age.band_years",
                      absl::StrCat("is above ", kBandYearsMax));
  }
  return absl::OkStatus();
}

absl::Status CheckText(const TreatmentSite& site, absl::string_view part) {
  return site.CheckType(site.type() == records::v1::DATA_TYPE_STRING, part,
                        "STRING");
}

absl::Status CheckHierarchy(const TreatmentSite& site,
                            const agreement::v1::Hierarchy& hierarchy) {
  RETURN_IF_ERROR(CheckText(site, "generalize.hierarchy"));
  const auto table = HierarchyTable::Parse(hierarchy);
  if (table.ok()) return absl::OkStatus();
  return site.Unfit("generalize.hierarchy", table.status().message());
}

absl::Status CheckGrid(const TreatmentSite& site,
                       const agreement::v1::PointGrid& grid) {
  RETURN_IF_ERROR(CheckText(site, "generalize.grid"));
  const auto cell = ParseDecimal(AsView(grid.cell()), kGridDecimals);
  if (cell && *cell > 0 && *cell <= 90'000'000) return absl::OkStatus();
  return site.Unfit("generalize.grid.cell",
                    "is not above 0 and at most 90 degrees with up to six "
                    "decimals, such as 0.01");
}

}  // namespace

absl::Status CheckGeneralize(const TreatmentSite& site,
                             const Generalize& generalize) {
  switch (generalize.rule_case()) {
    case Generalize::kDate:
      return CheckDate(site, generalize.date());
    case Generalize::kDivision:
      RETURN_IF_ERROR(CheckText(site, "generalize.division"));
      if (DivisionDigits(generalize.division().level()) != 0) {
        return absl::OkStatus();
      }
      return site.Unfit("generalize.division.level",
                        "is none of PROVINCE, CITY, COUNTY, STREET");
    case Generalize::kBucket:
      return CheckBucket(site, generalize.bucket());
    case Generalize::kRound:
      RETURN_IF_ERROR(site.CheckType(IsNumber(site.type()), "generalize.round",
                                     "INT64, DOUBLE or DECIMAL128"));
      return site.CheckStep(generalize.round().step(), "generalize.round.step");
    case Generalize::kClamp:
      return CheckClamp(site, generalize.clamp());
    case Generalize::kWeekday:
      return site.CheckType(IsMoment(site.type()), "generalize.weekday",
                            "DATE or TIMESTAMP");
    case Generalize::kTimePart:
      return CheckTimePart(site, generalize.time_part());
    case Generalize::kAge:
      return CheckAge(site, generalize.age());
    case Generalize::kHierarchy:
      return CheckHierarchy(site, generalize.hierarchy());
    case Generalize::kGrid:
      return CheckGrid(site, generalize.grid());
    case Generalize::RULE_NOT_SET:
      break;
  }
  return site.Unfit(
      "generalize",
      "names no rule: set date, time_part, weekday, age, division, "
      "hierarchy, grid, bucket, round or clamp");
}

}  // namespace sluice::desensitize
