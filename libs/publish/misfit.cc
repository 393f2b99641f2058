#include "libs/publish/misfit.h"

#include <array>
#include <charconv>

#include "absl/strings/ascii.h"
#include "libs/desensitize/division_names.h"
#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/birth_date.h"
#include "libs/identifiers/contact.h"
#include "libs/identifiers/division_code.h"
#include "libs/identifiers/geographic_point.h"
#include "libs/identifiers/icd10.h"
#include "libs/identifiers/licence_plate.h"
#include "libs/identifiers/money_amount.h"
#include "libs/identifiers/passport.h"
#include "libs/identifiers/person_name.h"
#include "libs/identifiers/resident_id.h"
#include "libs/identifiers/sex_code.h"
#include "libs/identifiers/uscc.h"

namespace sluice::publish {
namespace {

using namespace catalog::v1;  // NOLINT: names of one proto package
using identifiers::PointCheck;

// Longer than any value of a semantic type of fixed form.
constexpr size_t kFixedFormBytesMax = 128;
constexpr size_t kFullWidthBytes = 3;

std::optional<Misfit> Unless(bool fits, Misfit otherwise = Misfit::kForm) {
  if (fits) return std::nullopt;
  return otherwise;
}

bool AreDigits(absl::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == absl::string_view::npos;
}

std::optional<Misfit> CheckBirthDate(absl::string_view text,
                                     absl::CivilDay today) {
  const auto day = identifiers::ParseDay(text);
  return Unless(day.has_value() && identifiers::IsBirthDate(*day, today),
                Misfit::kDate);
}

std::optional<Misfit> CheckResidentId(absl::string_view text,
                                      absl::CivilDay today) {
  if (identifiers::IsOldResidentId(text)) return Misfit::kOldForm;
  if (identifiers::HasResidentIdForm(text)) {
    const auto date = CheckBirthDate(text.substr(6, 8), today);
    return date ? date
                : Unless(identifiers::IsValidResidentId(text),
                         Misfit::kCheckCharacter);
  }
  const bool has_digits = text.size() == identifiers::kResidentIdLength &&
                          AreDigits(text.substr(0, text.size() - 1));
  return has_digits && CheckBirthDate(text.substr(6, 8), today) ? Misfit::kDate
                                                                : Misfit::kForm;
}

std::optional<Misfit> CheckUscc(absl::string_view text) {
  if (identifiers::IsValidUscc(text)) return std::nullopt;
  if (text.size() != identifiers::kUsccLength) return Misfit::kForm;
  for (const char c : text) {
    if (identifiers::UsccValueOf(c) < 0) return Misfit::kForm;
  }
  return Misfit::kCheckCharacter;
}

std::optional<Misfit> CheckBankCard(absl::string_view text) {
  if (identifiers::IsValidBankCard(text)) return std::nullopt;
  return AreDigits(text) && text.size() >= identifiers::kBankCardDigitsMin &&
                 text.size() <= identifiers::kBankCardDigitsMax
             ? Misfit::kCheckCharacter
             : Misfit::kForm;
}

std::optional<Misfit> CheckPoint(absl::string_view text) {
  switch (identifiers::CheckPoint(text)) {
    case PointCheck::kPoint:
      return std::nullopt;
    case PointCheck::kOutOfRange:
      return Misfit::kRange;
    default:
      return Misfit::kForm;
  }
}

// A text as it stands.
std::optional<Misfit> CheckText(SemanticType meaning, absl::string_view text,
                                absl::CivilDay today) {
  switch (meaning) {
    case SEMANTIC_TYPE_RESIDENT_ID:
      return CheckResidentId(text, today);
    case SEMANTIC_TYPE_USCC:
      return CheckUscc(text);
    case SEMANTIC_TYPE_DIVISION_CODE:
      return Unless(identifiers::IsDivisionCode(text));
    case SEMANTIC_TYPE_PERSON_NAME:
      return Unless(identifiers::IsPersonName(text));
    case SEMANTIC_TYPE_PHONE:
      return Unless(identifiers::IsMobileNumber(text));
    case SEMANTIC_TYPE_ADDRESS:
      return Unless(
          desensitize::DivisionNames::Get().FindProvince(text).bytes != 0);
    case SEMANTIC_TYPE_BIRTH_DATE:
      return CheckBirthDate(text, today);
    case SEMANTIC_TYPE_SEX:
      return Unless(identifiers::IsSex(text));
    case SEMANTIC_TYPE_BANK_CARD:
      return CheckBankCard(text);
    case SEMANTIC_TYPE_EMAIL:
      return Unless(identifiers::FindEmailAt(text) != absl::string_view::npos);
    case SEMANTIC_TYPE_PLATE:
      return Unless(identifiers::IsLicencePlate(text));
    case SEMANTIC_TYPE_PASSPORT:
      return Unless(identifiers::IsPassportNumber(text));
    case SEMANTIC_TYPE_ICD10:
      return Unless(identifiers::IsIcd10Code(text));
    case SEMANTIC_TYPE_AMOUNT:
      return Unless(identifiers::IsAmountText(text));
    case SEMANTIC_TYPE_POINT:
      return CheckPoint(text);
    default:
      return std::nullopt;
  }
}

// A text in other characters than those it came in. On the stack.
struct Rewritten {
  std::array<char, kFixedFormBytesMax> bytes;
  size_t size = 0;
  bool changed = false;

  absl::string_view view() const {
    return absl::string_view(bytes.data(), size);
  }
};

// With ASCII in the place of U+FF01 to U+FF5E and of the ideographic space.
Rewritten HalfWidth(absl::string_view text) {
  Rewritten half;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    const absl::string_view wide = text.substr(i, kFullWidthBytes);
    const auto last = static_cast<uint8_t>(wide.back());
    if (wide == "\u3000") {
      c = ' ';
    } else if (wide.size() == kFullWidthBytes &&
               wide.substr(0, 2) == "\xEF\xBC" && last >= 0x81) {
      c = static_cast<char>(last - 0x81 + '!');
    } else if (wide.size() == kFullWidthBytes &&
               wide.substr(0, 2) == "\xEF\xBD" && last <= 0x9E) {
      c = static_cast<char>(last - 0x80 + '`');
    }
    if (c != text[i]) {
      half.changed = true;
      i += kFullWidthBytes - 1;
    }
    half.bytes[half.size++] = c;
  }
  return half;
}

Rewritten UpperCase(absl::string_view text) {
  Rewritten upper;
  for (const char c : text) {
    upper.bytes[upper.size] =
        absl::ascii_toupper(static_cast<unsigned char>(c));
    upper.changed = upper.changed || upper.bytes[upper.size] != c;
    ++upper.size;
  }
  return upper;
}

bool HasUpperCaseAlone(SemanticType meaning) {
  return meaning == SEMANTIC_TYPE_RESIDENT_ID ||
         meaning == SEMANTIC_TYPE_USCC || meaning == SEMANTIC_TYPE_PLATE ||
         meaning == SEMANTIC_TYPE_PASSPORT || meaning == SEMANTIC_TYPE_ICD10;
}

// What is wrong with how `text` is written, if written right it would fit.
std::optional<Misfit> CheckWriting(SemanticType meaning, absl::string_view text,
                                   absl::CivilDay today) {
  if (text.size() > kFixedFormBytesMax) return std::nullopt;
  const Rewritten half = HalfWidth(text);
  const absl::string_view stripped = absl::StripAsciiWhitespace(half.view());
  Rewritten upper;
  absl::string_view plain = stripped;
  if (HasUpperCaseAlone(meaning)) {
    upper = UpperCase(stripped);
    plain = upper.view();
  }
  if (CheckText(meaning, plain, today)) return std::nullopt;
  if (half.changed) return Misfit::kFullWidth;
  if (stripped.size() != half.size) return Misfit::kSpaces;
  return Misfit::kLowerCase;
}

std::optional<Misfit> FindMisfitOfText(SemanticType meaning,
                                       absl::string_view text,
                                       absl::CivilDay today) {
  const std::optional<Misfit> misfit = CheckText(meaning, text, today);
  if (!misfit) return misfit;
  const std::optional<Misfit> writing = CheckWriting(meaning, text, today);
  return writing ? writing : misfit;
}

bool IsWrittenInDigits(SemanticType meaning) {
  return meaning == SEMANTIC_TYPE_RESIDENT_ID ||
         meaning == SEMANTIC_TYPE_DIVISION_CODE ||
         meaning == SEMANTIC_TYPE_PHONE || meaning == SEMANTIC_TYPE_SEX ||
         meaning == SEMANTIC_TYPE_BIRTH_DATE ||
         meaning == SEMANTIC_TYPE_BANK_CARD;
}

std::optional<Misfit> FindMisfitOfNumber(SemanticType meaning, int64_t number,
                                         absl::CivilDay today) {
  if (meaning == SEMANTIC_TYPE_AMOUNT) {
    return Unless(identifiers::IsAmount(number), Misfit::kRange);
  }
  std::array<char, 20> digits;
  const char* const end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return CheckText(meaning,
                   absl::string_view(digits.data(),
                                     static_cast<size_t>(end - digits.data())),
                   today);
}

absl::CivilDay DayOf(const catalog::v1::Field& field,
                     const records::Value& value) {
  constexpr int64_t kMicrosecondsADay = int64_t{86'400} * 1'000'000;
  int64_t days = value.integer;
  if (field.type() == records::v1::DATA_TYPE_TIMESTAMP) {
    days = value.integer / kMicrosecondsADay -
           (value.integer % kMicrosecondsADay < 0 ? 1 : 0);
  }
  return absl::CivilDay(1970, 1, 1) + days;
}

}  // namespace

absl::string_view MisfitName(Misfit misfit) {
  switch (misfit) {
    case Misfit::kFullWidth:
      return "full_width";
    case Misfit::kSpaces:
      return "spaces";
    case Misfit::kLowerCase:
      return "lower_case";
    case Misfit::kOldForm:
      return "old_form";
    case Misfit::kCheckCharacter:
      return "check_character";
    case Misfit::kDate:
      return "date";
    case Misfit::kRange:
      return "range";
    case Misfit::kForm:
      break;
  }
  return "form";
}

bool IsChecked(const catalog::v1::Field& field) {
  const SemanticType meaning = field.semantic_type();
  switch (field.type()) {
    case records::v1::DATA_TYPE_STRING:
      return meaning != SEMANTIC_TYPE_UNSPECIFIED;
    case records::v1::DATA_TYPE_INT64:
      return meaning == SEMANTIC_TYPE_AMOUNT || IsWrittenInDigits(meaning);
    case records::v1::DATA_TYPE_DOUBLE:
    case records::v1::DATA_TYPE_DECIMAL128:
      return meaning == SEMANTIC_TYPE_AMOUNT;
    case records::v1::DATA_TYPE_DATE:
    case records::v1::DATA_TYPE_TIMESTAMP:
      return meaning == SEMANTIC_TYPE_BIRTH_DATE;
    default:
      return false;
  }
}

std::optional<Misfit> FindMisfit(const catalog::v1::Field& field,
                                 const records::Value& value,
                                 absl::CivilDay today) {
  switch (field.type()) {
    case records::v1::DATA_TYPE_STRING:
      return FindMisfitOfText(field.semantic_type(), value.text, today);
    case records::v1::DATA_TYPE_INT64:
      return FindMisfitOfNumber(field.semantic_type(), value.integer, today);
    case records::v1::DATA_TYPE_DOUBLE:
      return Unless(identifiers::IsAmount(value.real), Misfit::kRange);
    case records::v1::DATA_TYPE_DECIMAL128:
      return Unless(identifiers::IsAmount(value.decimal, field.scale()),
                    Misfit::kRange);
    case records::v1::DATA_TYPE_DATE:
    case records::v1::DATA_TYPE_TIMESTAMP:
      return Unless(identifiers::IsBirthDate(DayOf(field, value), today),
                    Misfit::kDate);
    default:
      return std::nullopt;
  }
}

}  // namespace sluice::publish
