#include "libs/records/text_value.h"

#include <charconv>
#include <cmath>

#include "libs/base/encoding.h"
#include "libs/records/schema_check.h"

namespace sluice::records {
namespace {

constexpr char kBadInteger[] =
    "is not a whole number of 64 bits: write digits, with - before them where "
    "it "
    "is negative";
constexpr char kBadReal[] =
    "is not a finite number: write it like -12.5 or 3e8";
constexpr char kBadBool[] = "is not a truth value: write true, false, 1 or 0";
constexpr char kBadDate[] = "is not a date: write it like 2026-03-31";
constexpr char kBadTime[] =
    "is not a time: write it like 2026-03-31T08:00:00Z or 2026-03-31 08:00:00 "
    "(then in UTC)";
constexpr char kBadBase64[] = "is not base64 with its padding";
constexpr char kBadDecimal[] =
    "is not a decimal number of at most 38 digits: write it like -12.50";
constexpr char kTooManyPlaces[] =
    "has more places behind the point than the field's scale: round it, or "
    "raise "
    "the scale in a new field";
constexpr char kTooLong[] =
    "is longer than the field allows: shorten it, or raise the field's "
    "length_max";

constexpr int kDecimalDigitsMax = 38;
constexpr int64_t kMicrosecondsASecond = 1'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads exactly `count` digits from the front of `text`.
bool TakeDigits(int count, absl::string_view* text, int* number) {
  if (text->size() < static_cast<size_t>(count)) return false;
  *number = 0;
  for (int i = 0; i < count; ++i) {
    const char c = (*text)[i];
    if (!IsDigit(c)) return false;
    *number = *number * 10 + (c - '0');
  }
  text->remove_prefix(count);
  return true;
}

bool TakeCharacter(char wanted, absl::string_view* text) {
  if (text->empty() || text->front() != wanted) return false;
  text->remove_prefix(1);
  return true;
}

bool IsLeapYear(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int DaysInMonth(int year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

// Days since 1970-01-01 of a date that exists, in the proleptic Gregorian
// calendar.
int64_t DaysSinceEpoch(int year, int month, int day) {
  // Years start in March here, so that the leap day is a year's last.
  const int64_t shifted_year = month <= 2 ? year - 1 : year;
  const int64_t era = shifted_year / 400;
  const int64_t year_of_era = shifted_year - era * 400;
  const int64_t day_of_year =
      (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  constexpr int64_t kDaysAnEra = 146'097;
  constexpr int64_t kEpochFromEraZero = 719'468;
  return era * kDaysAnEra + day_of_era - kEpochFromEraZero;
}

bool TakeDate(absl::string_view* text, int64_t* days) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!TakeDigits(4, text, &year) || !TakeCharacter('-', text) ||
      !TakeDigits(2, text, &month) || !TakeCharacter('-', text) ||
      !TakeDigits(2, text, &day)) {
    return false;
  }
  if (year < 1 || month < 1 || month > 12 || day < 1 ||
      day > DaysInMonth(year, month)) {
    return false;
  }
  *days = DaysSinceEpoch(year, month, day);
  return true;
}

// A fraction of a second: digits behind a point, nothing but zeros behind the
// sixth.
bool TakeFraction(absl::string_view* text, int64_t* microseconds) {
  *microseconds = 0;
  if (!TakeCharacter('.', text)) return true;
  size_t digits = 0;
  int64_t weight = kMicrosecondsASecond / 10;
  while (digits < text->size() && IsDigit((*text)[digits])) {
    const int digit = (*text)[digits] - '0';
    if (weight == 0 && digit != 0) return false;
    *microseconds += digit * weight;
    weight /= 10;
    ++digits;
  }
  text->remove_prefix(digits);
  return digits != 0;
}

// Z, an offset such as +08:00, or nothing, which means UTC.
bool TakeOffset(absl::string_view* text, int64_t* seconds) {
  *seconds = 0;
  if (text->empty() || TakeCharacter('Z', text) || TakeCharacter('z', text)) {
    return true;
  }
  const bool west = text->front() == '-';
  if (!west && text->front() != '+') return false;
  text->remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!TakeDigits(2, text, &hours) || !TakeCharacter(':', text) ||
      !TakeDigits(2, text, &minutes) || hours > 23 || minutes > 59) {
    return false;
  }
  *seconds = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
  return true;
}

const char* ParseTimestamp(absl::string_view text, Value* value) {
  int64_t days = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int64_t microseconds = 0;
  int64_t offset = 0;
  if (!TakeDate(&text, &days) ||
      (!TakeCharacter('T', &text) && !TakeCharacter(' ', &text) &&
       !TakeCharacter('t', &text)) ||
      !TakeDigits(2, &text, &hour) || !TakeCharacter(':', &text) ||
      !TakeDigits(2, &text, &minute) || !TakeCharacter(':', &text) ||
      !TakeDigits(2, &text, &second) || hour > 23 || minute > 59 ||
      second > 59 || !TakeFraction(&text, &microseconds) ||
      !TakeOffset(&text, &offset) || !text.empty()) {
    return kBadTime;
  }
  const int64_t seconds =
      days * 86'400 + hour * 3'600 + minute * 60 + second - offset;
  // An offset can lead out of the years that records hold.
  static const int64_t first_second = DaysSinceEpoch(1, 1, 1) * 86'400;
  static const int64_t end_second = DaysSinceEpoch(10'000, 1, 1) * 86'400;
  if (seconds < first_second || seconds >= end_second) return kBadTime;
  value->integer = seconds * kMicrosecondsASecond + microseconds;
  return nullptr;
}

const char* ParseDate(absl::string_view text, Value* value) {
  int64_t days = 0;
  if (!TakeDate(&text, &days) || !text.empty()) return kBadDate;
  value->integer = days;
  return nullptr;
}

const char* ParseInteger(absl::string_view text, Value* value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value->integer);
  return error == std::errc() && stop == end ? nullptr : kBadInteger;
}

const char* ParseReal(absl::string_view text, Value* value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value->real);
  const bool good =
      error == std::errc() && stop == end && std::isfinite(value->real);
  return good ? nullptr : kBadReal;
}

const char* ParseDecimal(absl::string_view text, uint32_t scale, Value* value) {
  const bool negative = TakeCharacter('-', &text);
  absl::int128 unscaled = 0;
  int digits = 0;  // that count: without leading zeros
  bool any = false;
  bool behind_point = false;
  uint32_t places = 0;
  const auto take = [&](int digit) {
    if (unscaled == 0 && digit == 0) return true;
    if (++digits > kDecimalDigitsMax) return false;  // before it overflows
    unscaled = unscaled * 10 + digit;
    return true;
  };
  for (const char c : text) {
    if (c == '.') {
      if (behind_point || !any) return kBadDecimal;
      behind_point = true;
      continue;
    }
    if (!IsDigit(c)) return kBadDecimal;
    any = true;
    if (behind_point && places == scale) {
      if (c != '0') return kTooManyPlaces;
      continue;
    }
    if (behind_point) ++places;
    if (!take(c - '0')) return kBadDecimal;
  }
  if (!any || text.back() == '.') return kBadDecimal;
  for (; places < scale; ++places) {
    if (!take(0)) return kBadDecimal;
  }
  value->decimal = negative ? -unscaled : unscaled;
  return nullptr;
}

const char* ParseBool(absl::string_view text, Value* value) {
  if (text == "1" || text == "true") {
    value->boolean = true;
  } else if (text == "0" || text == "false") {
    value->boolean = false;
  } else {
    return kBadBool;
  }
  return nullptr;
}

const char* ParseBytes(absl::string_view text, uint32_t bytes_max,
                       std::string* bytes, Value* value) {
  absl::StatusOr<std::string> decoded = Base64Decode(text);
  if (!decoded.ok()) return kBadBase64;
  if (decoded->size() > bytes_max) return kTooLong;
  const size_t begin = bytes->size();
  bytes->append(*decoded);
  value->text = absl::string_view(bytes->data() + begin, bytes->size() - begin);
  return nullptr;
}

}  // namespace

ValueRule::ValueRule(const catalog::v1::Field& field)
    : name(field.name()),
      type(field.type()),
      scale(field.scale()),
      bytes_max(field.length_max() == 0 ? kTextLengthDefault
                                        : field.length_max()),
      required(field.required()) {}

const char* ParseValue(const ValueRule& rule, absl::string_view text,
                       std::string* bytes, Value* value) {
  value->is_null = false;
  switch (rule.type) {
    case v1::DATA_TYPE_STRING:
      value->text = text;
      return text.size() <= rule.bytes_max ? nullptr : kTooLong;
    case v1::DATA_TYPE_INT64:
      return ParseInteger(text, value);
    case v1::DATA_TYPE_DOUBLE:
      return ParseReal(text, value);
    case v1::DATA_TYPE_DECIMAL128:
      return ParseDecimal(text, rule.scale, value);
    case v1::DATA_TYPE_BOOL:
      return ParseBool(text, value);
    case v1::DATA_TYPE_DATE:
      return ParseDate(text, value);
    case v1::DATA_TYPE_TIMESTAMP:
      return ParseTimestamp(text, value);
    case v1::DATA_TYPE_BYTES:
      return ParseBytes(text, rule.bytes_max, bytes, value);
    default:
      return "is of a type that this program does not know";
  }
}

}  // namespace sluice::records
