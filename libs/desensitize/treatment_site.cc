#include "libs/desensitize/treatment_site.h"

#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/decimal_text.h"

namespace sluice::desensitize {
namespace {

using records::v1::DataType;

std::string FittingTreatments(DataType type) {
  const bool is_text = type == records::v1::DATA_TYPE_STRING;
  const bool is_number = IsNumber(type);
  const bool is_moment = IsMoment(type);
  const bool has_bytes = is_text || type == records::v1::DATA_TYPE_BYTES ||
                         type == records::v1::DATA_TYPE_INT64 ||
                         type == records::v1::DATA_TYPE_DATE;
  std::vector<absl::string_view> fitting = {"keep"};
  if (is_text) fitting.emplace_back("mask");
  if (has_bytes) fitting.emplace_back("pseudonym");
  if (has_bytes) fitting.emplace_back("token");
  if (is_text) fitting.emplace_back("fpe");
  if (is_text) fitting.emplace_back("surrogate");
  if (is_number || is_moment) fitting.emplace_back("surrogate.in_range");
  if (is_moment) fitting.emplace_back("generalize.date");
  if (is_moment) fitting.emplace_back("generalize.time_part");
  if (is_moment) fitting.emplace_back("generalize.weekday");
  if (is_moment) fitting.emplace_back("generalize.age");
  if (is_moment) fitting.emplace_back("perturb.date_shift");
  if (is_text) fitting.emplace_back("generalize.division");
  if (is_text) fitting.emplace_back("generalize.hierarchy");
  if (is_text) fitting.emplace_back("generalize.grid");
  if (is_number) fitting.emplace_back("generalize.bucket");
  if (is_number) fitting.emplace_back("generalize.round");
  if (is_number) fitting.emplace_back("generalize.clamp");
  if (is_number) fitting.emplace_back("perturb.laplace");
  if (is_number) fitting.emplace_back("perturb.gaussian");
  if (is_number) fitting.emplace_back("perturb.uniform");
  fitting.emplace_back("withhold");
  return absl::StrJoin(fitting, ", ");
}

// Of an INT64 or DECIMAL128.
uint32_t DecimalsOf(const catalog::v1::Field& field) {
  return field.type() == records::v1::DATA_TYPE_DECIMAL128 ? field.scale() : 0;
}

bool IsPositiveNumberOf(const catalog::v1::Field& field,
                        const std::string& text, bool* parsed) {
  if (field.type() == records::v1::DATA_TYPE_DOUBLE) {
    const auto number = ParseDouble(AsView(text));
    *parsed = number.has_value();
    return number.value_or(0) > 0;
  }
  const bool is_decimal = field.type() == records::v1::DATA_TYPE_DECIMAL128;
  const auto number = ParseDecimal(AsView(text), DecimalsOf(field));
  *parsed = number.has_value() &&
            (is_decimal || (*number >= std::numeric_limits<int64_t>::min() &&
                            *number <= std::numeric_limits<int64_t>::max()));
  return number.value_or(0) > 0;
}

}  // namespace

std::string TypeName(DataType type) {
  absl::string_view name = AsView(records::v1::DataType_Name(type));
  absl::ConsumePrefix(&name, "DATA_TYPE_");
  return name.empty() ? "unknown" : std::string(name);
}

uint32_t LengthMaxOf(const catalog::v1::Field& field) {
  return field.length_max() == 0 ? kFieldLengthMaxDefault : field.length_max();
}

bool IsNumber(DataType type) {
  return type == records::v1::DATA_TYPE_INT64 ||
         type == records::v1::DATA_TYPE_DOUBLE ||
         type == records::v1::DATA_TYPE_DECIMAL128;
}

bool IsMoment(DataType type) {
  return type == records::v1::DATA_TYPE_DATE ||
         type == records::v1::DATA_TYPE_TIMESTAMP;
}

absl::Status TreatmentSite::Unfit(absl::string_view part,
                                  absl::string_view what) const {
  const std::string path = absl::StrCat(path_, part.empty() ? "" : ".", part);
  return FieldError(status::v1::REASON_CODE_TREATMENT_UNFIT, path,
                    absl::StrCat(what, "; field ", field_.name(), " of type ",
                                 TypeName(field_.type()), " can take ",
                                 FittingTreatments(field_.type())));
}

absl::Status TreatmentSite::CheckType(bool fits, absl::string_view part,
                                      absl::string_view takes) const {
  if (fits) return absl::OkStatus();
  return Unfit(part,
               absl::StrCat("takes ", takes, " and this is no such field"));
}

absl::Status TreatmentSite::CheckNumber(const std::string& text,
                                        absl::string_view part,
                                        bool positive) const {
  bool parsed = false;
  const bool is_positive = IsPositiveNumberOf(field_, text, &parsed);
  if (!parsed) {
    return Unfit(part,
                 "is no decimal such as 12.5 that the field's type and scale "
                 "can hold");
  }
  if (positive && !is_positive) return Unfit(part, "is not above 0");
  return absl::OkStatus();
}

absl::Status TreatmentSite::CheckStep(const std::string& text,
                                      absl::string_view part) const {
  RETURN_IF_ERROR(CheckNumber(text, part, true));
  if (type() == records::v1::DATA_TYPE_DOUBLE ||
      UnitsOf(text).value_or(0) > 1) {
    return absl::OkStatus();
  }
  return Unfit(part,
               "is one unit of the field's last decimal, which would leave "
               "every value as it is: use a larger one, or keep");
}

absl::Status TreatmentSite::CheckNoise(const std::string& text,
                                       absl::string_view part) const {
  if (ParseDouble(AsView(text)).value_or(0) <= 0) {
    return Unfit(part, "is no decimal above 0");
  }
  if (type() == records::v1::DATA_TYPE_DOUBLE ||
      ReachesUnit(AsView(text), DecimalsOf(field_))) {
    return absl::OkStatus();
  }
  return Unfit(part,
               "is below one unit of the field's last decimal, so that "
               "rounding would leave most values as they are, or all: use a "
               "larger one");
}

std::optional<absl::int128> TreatmentSite::UnitsOf(
    const std::string& text) const {
  return ParseDecimal(AsView(text), DecimalsOf(field_));
}

}  // namespace sluice::desensitize
