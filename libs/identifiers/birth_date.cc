#include "libs/identifiers/birth_date.h"

#include "libs/identifiers/ascii_class.h"

namespace sluice::identifiers {
namespace {

int Number(absl::string_view digits) {
  int number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

}  // namespace

std::optional<absl::CivilDay> ParseDay(absl::string_view text) {
  // Where month and day begin: 19870823, or 1987-08-23.
  size_t month_at = 4;
  size_t day_at = 6;
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    month_at = 5;
    day_at = 8;
  } else if (text.size() != 8) {
    return std::nullopt;
  }
  const absl::string_view year = text.substr(0, 4);
  const absl::string_view month = text.substr(month_at, 2);
  const absl::string_view day = text.substr(day_at, 2);
  if (!AreAllDigits(year) || !AreAllDigits(month) || !AreAllDigits(day)) {
    return std::nullopt;
  }
  // A CivilDay takes 31 February for 3 March.
  const absl::CivilDay date(Number(year), Number(month), Number(day));
  if (date.month() != Number(month) || date.day() != Number(day)) {
    return std::nullopt;
  }
  return date;
}

bool IsBirthDate(absl::CivilDay day, absl::CivilDay today) {
  return day.year() >= kBirthYearMin && day <= today + 1;
}

}  // namespace sluice::identifiers
