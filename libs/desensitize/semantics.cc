#include "libs/desensitize/semantics.h"

#include "absl/strings/strip.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/division_code.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::DatePart;
using agreement::v1::DivisionLevel;
using agreement::v1::MaskAddress;
using agreement::v1::Treatment;
using catalog::v1::Field;
using records::v1::DataType;

// Of a grid that blocks of houses fall into one cell of: about a kilometre.
constexpr absl::string_view kGridCell = "0.01";

// Lower ends in steps that grow with the amount, so that neither a fee nor the
// price of a house shows more than its order of magnitude.
constexpr const char* kAmountBounds[] = {
    "-10000000", "-5000000", "-1000000", "-500000", "-100000", "-50000",
    "-10000",    "-5000",    "-1000",    "-500",    "-100",    "0",
    "100",       "500",      "1000",     "5000",    "10000",   "50000",
    "100000",    "500000",   "1000000",  "5000000", "10000000"};

// Of 1987-08-23 and 19870823 alike.
constexpr uint32_t kYearDigits = 4;

Treatment KeepEndsMask(uint32_t first, uint32_t last) {
  Treatment treatment;
  auto* keep_ends = treatment.mutable_mask()->mutable_keep_ends();
  keep_ends->set_first(first);
  keep_ends->set_last(last);
  return treatment;
}

Treatment Withheld() {
  Treatment treatment;
  treatment.mutable_withhold();
  return treatment;
}

// To the county, or a level higher where the field holds no longer codes.
std::optional<Treatment> DivisionTreatment(const Field& field) {
  const uint32_t length = field.length_max();
  for (const auto level :
       {DivisionLevel::COUNTY, DivisionLevel::CITY, DivisionLevel::PROVINCE}) {
    if (length != 0 && length <= DivisionDigits(level)) continue;
    Treatment treatment;
    treatment.mutable_generalize()->mutable_division()->set_level(level);
    return treatment;
  }
  return std::nullopt;
}

std::optional<Treatment> TextDefault(const Field& field) {
  Treatment treatment;
  switch (field.semantic_type()) {
    case catalog::v1::SEMANTIC_TYPE_RESIDENT_ID:
      // Region and end, without the birth date.
      return KeepEndsMask(6, 4);
    case catalog::v1::SEMANTIC_TYPE_USCC:
      // The kind of body and the end.
      return KeepEndsMask(2, 4);
    case catalog::v1::SEMANTIC_TYPE_DIVISION_CODE:
      return DivisionTreatment(field);
    case catalog::v1::SEMANTIC_TYPE_PERSON_NAME:
      treatment.mutable_mask()->mutable_name();
      return treatment;
    case catalog::v1::SEMANTIC_TYPE_PHONE:
      treatment.mutable_mask()->mutable_phone();
      return treatment;
    case catalog::v1::SEMANTIC_TYPE_ADDRESS:
      treatment.mutable_mask()->mutable_address()->set_level(
          MaskAddress::DISTRICT);
      return treatment;
    case catalog::v1::SEMANTIC_TYPE_BIRTH_DATE:
      return KeepEndsMask(kYearDigits, 0);
    case catalog::v1::SEMANTIC_TYPE_BANK_CARD:
      treatment.mutable_mask()->mutable_bank_card();
      return treatment;
    case catalog::v1::SEMANTIC_TYPE_EMAIL:
      treatment.mutable_mask()->mutable_email();
      return treatment;
    case catalog::v1::SEMANTIC_TYPE_PLATE:
      treatment.mutable_mask()->mutable_plate();
      return treatment;
    case catalog::v1::SEMANTIC_TYPE_PASSPORT:
      return KeepEndsMask(1, 2);
    case catalog::v1::SEMANTIC_TYPE_ICD10:
      // The chapter's letter.
      return KeepEndsMask(1, 0);
    case catalog::v1::SEMANTIC_TYPE_POINT:
      treatment.mutable_generalize()->mutable_grid()->set_cell(
          std::string(kGridCell));
      return treatment;
    default:
      return std::nullopt;
  }
}

std::optional<Treatment> CustomaryDefault(const Field& field) {
  const auto meaning = field.semantic_type();
  if (meaning == catalog::v1::SEMANTIC_TYPE_SEX) return Withheld();
  Treatment treatment;
  switch (field.type()) {
    case records::v1::DATA_TYPE_STRING:
      return TextDefault(field);
    case records::v1::DATA_TYPE_DATE:
    case records::v1::DATA_TYPE_TIMESTAMP:
      if (meaning != catalog::v1::SEMANTIC_TYPE_BIRTH_DATE) break;
      treatment.mutable_generalize()->mutable_date()->set_unit(DatePart::YEAR);
      return treatment;
    case records::v1::DATA_TYPE_INT64:
    case records::v1::DATA_TYPE_DOUBLE:
    case records::v1::DATA_TYPE_DECIMAL128:
      if (meaning != catalog::v1::SEMANTIC_TYPE_AMOUNT) break;
      for (const char* bound : kAmountBounds) {
        treatment.mutable_generalize()->mutable_bucket()->add_bounds(bound);
      }
      return treatment;
    default:
      break;
  }
  return std::nullopt;
}

bool CanBePseudonymous(DataType type) {
  return type == records::v1::DATA_TYPE_STRING ||
         type == records::v1::DATA_TYPE_BYTES ||
         type == records::v1::DATA_TYPE_INT64;
}

std::optional<Treatment> StrongDefault(const Field& field) {
  switch (field.semantic_type()) {
    case catalog::v1::SEMANTIC_TYPE_RESIDENT_ID:
    case catalog::v1::SEMANTIC_TYPE_USCC:
    case catalog::v1::SEMANTIC_TYPE_PERSON_NAME:
    case catalog::v1::SEMANTIC_TYPE_PHONE:
    case catalog::v1::SEMANTIC_TYPE_ADDRESS:
    case catalog::v1::SEMANTIC_TYPE_BANK_CARD:
    case catalog::v1::SEMANTIC_TYPE_EMAIL:
    case catalog::v1::SEMANTIC_TYPE_PLATE:
    case catalog::v1::SEMANTIC_TYPE_PASSPORT: {
      if (!CanBePseudonymous(field.type())) return std::nullopt;
      Treatment treatment;
      treatment.mutable_pseudonym();
      return treatment;
    }
    case catalog::v1::SEMANTIC_TYPE_DIVISION_CODE:
    case catalog::v1::SEMANTIC_TYPE_BIRTH_DATE:
    case catalog::v1::SEMANTIC_TYPE_SEX:
    case catalog::v1::SEMANTIC_TYPE_ICD10:
    case catalog::v1::SEMANTIC_TYPE_AMOUNT:
    case catalog::v1::SEMANTIC_TYPE_POINT:
      return Withheld();
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Treatment> DefaultTreatment(const Field& field) {
  return field.sensitivity() >= catalog::v1::SENSITIVITY_L4_HIGHLY_SENSITIVE
             ? StrongDefault(field)
             : CustomaryDefault(field);
}

absl::string_view SemanticTypeName(catalog::v1::SemanticType type) {
  absl::string_view name = AsView(catalog::v1::SemanticType_Name(type));
  if (!absl::ConsumePrefix(&name, "SEMANTIC_TYPE_")) return "UNSPECIFIED";
  return name;
}

}  // namespace sluice::desensitize
