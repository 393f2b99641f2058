#include "libs/desensitize/treatment_oracle.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "libs/crypto/sha256.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::DatePart;
using agreement::v1::DivisionLevel;
using agreement::v1::Generalize;
using agreement::v1::Mask;
using agreement::v1::Perturb;
using agreement::v1::Pseudonym;
using records::PlainValue;

std::u32string Hidden(const std::u32string& text, const std::u32string& symbol,
                      size_t first, size_t last) {
  std::u32string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool kept = i < first || i + last >= text.size();
    out += kept && text.size() > first + last ? std::u32string(1, text[i])
                                              : symbol;
  }
  return out;
}

std::u32string MaskNameSlowly(const std::u32string& name,
                              const std::u32string& symbol) {
  // Enough of them; compound_surnames_test.cc looks at the list itself.
  static const std::set<std::u32string> compounds = {
      U"欧阳", U"司马", U"上官", U"诸葛", U"皇甫", U"令狐", U"慕容", U"公孙"};
  const size_t separator = name.find(U'\u00B7');
  if (separator != std::u32string::npos) {
    const bool hides_a_letter =
        name.find_first_not_of(U'\u00B7', separator) != std::u32string::npos;
    return Hidden(name, symbol, hides_a_letter ? separator : name.size(), 0);
  }
  if (name.size() > 2 && compounds.count(name.substr(0, 2)) != 0) {
    return Hidden(name, symbol, 2, 0);
  }
  return Hidden(name, symbol, 1, 0);
}

bool AllDigits(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos;
}

// The characters for which `hides(index)` is true become the symbol.
template <typename Hides>
std::u32string HiddenWhere(const std::u32string& text,
                           const std::u32string& symbol, Hides hides) {
  std::u32string out;
  for (size_t i = 0; i < text.size(); ++i) {
    out += hides(i) ? symbol : std::u32string(1, text[i]);
  }
  return out;
}

std::optional<std::string> MaskRangeSlowly(const Mask& mask,
                                           const std::u32string& text,
                                           const std::u32string& symbol) {
  const bool keep = mask.has_keep_range();
  const auto& range = keep ? mask.keep_range() : mask.hide_range();
  if (!keep && text.size() < range.from()) return std::nullopt;
  const bool whole = keep && range.from() == 1 && range.to() >= text.size();
  return Encode(HiddenWhere(text, symbol, [&](size_t i) {
    const bool inside = i + 1 >= range.from() && i + 1 <= range.to();
    return whole || inside != keep;
  }));
}

std::string MaskAroundSlowly(const Mask& mask, const std::u32string& text,
                             const std::u32string& symbol) {
  const bool before = mask.has_hide_before();
  const char32_t character = Decode(before ? mask.hide_before().character()
                                           : mask.hide_after().character())[0];
  const size_t at = before ? text.find(character) : text.rfind(character);
  const bool whole =
      at == std::u32string::npos || (before ? at == 0 : at + 1 == text.size());
  return Encode(HiddenWhere(text, symbol, [&](size_t i) {
    return whole || (before ? i < at : i > at);
  }));
}

// Knows the two expressions of the test.
std::optional<std::string> MaskPatternSlowly(const std::string& expression,
                                             const std::u32string& text,
                                             const std::u32string& symbol) {
  const std::u32string hidden =
      expression == "[0-9]+" ? U"0123456789" : U"张欧\u0301";
  if (text.find_first_of(hidden) == std::u32string::npos) return std::nullopt;
  return Encode(HiddenWhere(text, symbol, [&](size_t i) {
    return hidden.find(text[i]) != std::u32string::npos;
  }));
}

bool IsCardSlowly(const std::string& text) {
  if (!AllDigits(text) || text.size() < 13 || text.size() > 19) return false;
  std::string doubled;
  for (size_t i = 0; i < text.size(); ++i) {
    const int digit = text[text.size() - 1 - i] - '0';
    doubled += std::to_string(i % 2 == 1 ? 2 * digit : digit);
  }
  int sum = 0;
  for (const char c : doubled) sum += c - '0';
  return sum % 10 == 0;
}

std::optional<std::string> MaskFormSlowly(const Mask& mask,
                                          const std::string& text,
                                          const std::u32string& characters,
                                          const std::u32string& symbol) {
  if (mask.has_email()) {
    static const RE2 email(
        "([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
        "@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+");
    if (!RE2::FullMatch(text, email)) return std::nullopt;
    const size_t at = text.find('@');
    return Encode(HiddenWhere(characters, symbol, [&](size_t i) {
      return i < at && (i > 0 || at == 1);
    }));
  }
  if (mask.has_bank_card()) {
    if (!IsCardSlowly(text)) return std::nullopt;
    return Encode(Hidden(characters, symbol, 6, 4));
  }
  if (characters.size() < 7 || characters.size() > 8) return std::nullopt;
  const std::u32string last = U"警学挂港澳使领";
  for (size_t i = 0; i < characters.size(); ++i) {
    const char32_t c = characters[i];
    const bool letter = c >= U'A' && c <= U'Z';
    const bool digit = c >= U'0' && c <= U'9';
    const bool good =
        i == 0   ? std::u32string(U"京浙沪").find(c) != std::u32string::npos
        : i == 1 ? letter
                 : digit || (letter && c != U'I' && c != U'O') ||
                       (i + 1 == characters.size() &&
                        last.find(c) != std::u32string::npos);
    if (!good) return std::nullopt;
  }
  return Encode(Hidden(characters, symbol, 2, 2));
}

// Upper, lower, digit (of full width 'U', 'L', 'D'), Han, punctuation, other.
char ClassSlowly(char32_t c) {
  static const std::u32string punctuation =
      U" !\"#$%&'()*+,-./"
      U":;<=>?@[\\]^_`{|}~·，。、；：？！“”‘’…—～（）「」《》【】"
      U"＊－．＠\u3000";
  if (c >= U'0' && c <= U'9') return 'd';
  if (c >= U'a' && c <= U'z') return 'l';
  if (c >= U'A' && c <= U'Z') return 'u';
  if (c >= U'０' && c <= U'９') return 'D';
  if (c >= U'ａ' && c <= U'ｚ') return 'L';
  if (c >= U'Ａ' && c <= U'Ｚ') return 'U';
  // Of what is not in the basic plane those of the tests.
  if ((c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) ||
      (c >= 0x20000 && c < 0x30000)) {
    return 'h';
  }
  if (c < 0x20 || c == 0x7F) return 'p';
  return punctuation.find(c) != std::u32string::npos ? 'p' : 'o';
}

std::optional<std::string> MaskClassesSlowly(const std::u32string& text,
                                             const std::u32string& symbol) {
  std::u32string out;
  bool hides = false;
  for (const char32_t c : text) {
    switch (ClassSlowly(c)) {
      case 'u':
      case 'U':
        out += U'X';
        break;
      case 'l':
      case 'L':
        out += U'x';
        break;
      case 'd':
      case 'D':
        out += U'n';
        break;
      case 'p':
        out += c;
        continue;
      default:
        out += symbol;
    }
    hides = true;
  }
  if (!hides) return std::nullopt;
  return Encode(out);
}

std::optional<PlainValue> MaskSlowly(const Mask& mask,
                                     const std::string& text) {
  const std::u32string symbol = Decode(mask.symbol());
  const std::u32string characters = Decode(text);
  switch (mask.rule_case()) {
    case Mask::kKeepEnds:
      return Encode(Hidden(characters, symbol, mask.keep_ends().first(),
                           mask.keep_ends().last()));
    case Mask::kName:
      return Encode(MaskNameSlowly(characters, symbol));
    case Mask::kHideRange:
    case Mask::kKeepRange:
      return MaskRangeSlowly(mask, characters, symbol);
    case Mask::kHideBefore:
    case Mask::kHideAfter:
      return MaskAroundSlowly(mask, characters, symbol);
    case Mask::kPattern:
      return MaskPatternSlowly(mask.pattern().expression(), characters, symbol);
    case Mask::kClasses:
      return MaskClassesSlowly(characters, symbol);
    case Mask::kEmail:
    case Mask::kBankCard:
    case Mask::kPlate:
      return MaskFormSlowly(mask, text, characters, symbol);
    default:
      break;
  }
  if (text.size() != 11 || !AllDigits(text) || text[0] != '1' ||
      text[1] < '3') {
    return std::nullopt;
  }
  std::string out = text.substr(0, 3);
  for (int i = 0; i < 4; ++i) out += mask.symbol();
  return out + text.substr(7);
}

std::string BigEndian(uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string MessageOf(records::DataType type, const PlainValue& value) {
  std::string message(1, static_cast<char>(type));
  if (const auto* text = std::get_if<std::string>(&value)) message += *text;
  if (const auto* number = std::get_if<int64_t>(&value)) {
    message += BigEndian(static_cast<uint64_t>(*number), 8);
  }
  if (const auto* days = std::get_if<int32_t>(&value)) {
    message += BigEndian(static_cast<uint32_t>(*days), 4);
  }
  if (const auto* number = std::get_if<double>(&value)) {
    uint64_t bits = 0;
    std::memcpy(&bits, number, sizeof(bits));
    message += BigEndian(bits, 8);
  }
  if (const auto* number = std::get_if<absl::int128>(&value)) {
    message += BigEndian(static_cast<uint64_t>(absl::Int128High64(*number)), 8);
    message += BigEndian(absl::Int128Low64(*number), 8);
  }
  return message;
}

std::string HmacSlowly(const EVP_MD* hash, const std::string& key,
                       const std::string& message) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  HMAC(hash, key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
       digest, nullptr);
  return std::string(reinterpret_cast<const char*>(digest), 32);
}

std::string PseudonymSlowly(const Pseudonym& pseudonym, records::DataType type,
                            const PlainValue& value,
                            const std::string& secret) {
  const std::string digest =
      HmacSlowly(pseudonym.hash() == Pseudonym::SM3 ? EVP_sm3() : EVP_sha256(),
                 secret, MessageOf(type, value));
  // Every bit as a character, then grouped.
  std::string bits;
  for (int i = 0; i < 32; ++i) {
    for (int bit = 7; bit >= 0; --bit)
      bits += (digest[static_cast<size_t>(i)] >> bit & 1) != 0 ? '1' : '0';
  }
  const size_t group = pseudonym.format() == Pseudonym::HEX ? 4 : 5;
  const std::string digits = pseudonym.format() == Pseudonym::HEX
                                 ? "0123456789abcdef"
                                 : "abcdefghijklmnopqrstuvwxyz234567";
  while (bits.size() % group != 0) bits += '0';
  std::string out;
  for (size_t i = 0; i < bits.size(); i += group) {
    out += digits[std::stoul(bits.substr(i, group), nullptr, 2)];
  }
  return out.substr(0, pseudonym.length());
}

int64_t FloorSlowly(int64_t days, DatePart::Unit unit) {
  const absl::CivilDay epoch(1970, 1, 1);
  const absl::CivilDay day = epoch + days;
  if (unit == DatePart::DAY) return days;
  int month = day.month();
  while (unit == DatePart::YEAR && month != 1) --month;
  while (unit == DatePart::QUARTER && month % 3 != 1) --month;
  return absl::CivilDay(day.year(), month, 1) - epoch;
}

std::optional<PlainValue> DateSlowly(DatePart::Unit unit,
                                     const PlainValue& value) {
  if (const auto* days = std::get_if<int32_t>(&value)) {
    const int64_t first = FloorSlowly(*days, unit);
    if (first < std::numeric_limits<int32_t>::min()) return std::nullopt;
    return static_cast<int32_t>(first);
  }
  constexpr int64_t kDay = 86'400'000'000;
  const int64_t time = std::get<int64_t>(value);
  const int64_t days = time / kDay - (time % kDay < 0 ? 1 : 0);
  const absl::int128 first = absl::int128(FloorSlowly(days, unit)) * kDay;
  if (first < std::numeric_limits<int64_t>::min()) return std::nullopt;
  return static_cast<int64_t>(first);
}

std::optional<PlainValue> DivisionSlowly(DivisionLevel::Level level,
                                         const std::string& code) {
  static constexpr size_t kDigits[] = {0, 2, 4, 6, 9};
  const size_t digits = kDigits[level];
  if (code.size() < digits || code.size() > 12 || !AllDigits(code)) {
    return std::nullopt;
  }
  return code.substr(0, digits);
}

int64_t DayOfSlowly(const PlainValue& value) {
  if (const auto* days = std::get_if<int32_t>(&value)) return *days;
  return static_cast<int64_t>(std::floor(
      static_cast<long double>(std::get<int64_t>(value)) / 86'400'000'000.0L));
}

std::optional<PlainValue> WeekdaySlowly(const PlainValue& value) {
  const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + DayOfSlowly(value);
  return static_cast<int64_t>(absl::GetWeekday(day)) + 1;
}

// Birthdays counted from the birth on.
std::optional<PlainValue> AgeSlowly(const agreement::v1::Age& age,
                                    const PlainValue& value) {
  absl::CivilDay as_of;
  absl::ParseCivilTime(age.as_of(), &as_of);
  const absl::CivilDay born = absl::CivilDay(1970, 1, 1) + DayOfSlowly(value);
  if (born > as_of) return std::nullopt;
  int64_t years = as_of.year() - born.year();
  if (std::pair(as_of.month(), as_of.day()) <
      std::pair(born.month(), born.day())) {
    --years;
  }
  while (age.band_years() != 0 && years % age.band_years() != 0) --years;
  return years;
}

// The numbers of the test are integers, or multiples of a power of two that
// doubles hold exactly.
long double NumberSlowly(const PlainValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return static_cast<long double>(std::get<int64_t>(value));
}

std::optional<PlainValue> FromNumber(long double number,
                                     const PlainValue& like) {
  if (std::holds_alternative<double>(like)) return static_cast<double>(number);
  // 64 bits of mantissa hold every int64 and its neighbours.
  if (number < -0x1p63L || number >= 0x1p63L) return std::nullopt;
  return static_cast<int64_t>(number);
}

// Decimals of scale 0, digit by digit.
absl::int128 DecimalSlowly(const std::string& text) {
  absl::int128 number = 0;
  for (const char c : text) {
    if (c != '-') number = number * 10 + (c - '0');
  }
  return text[0] == '-' ? -number : number;
}

std::optional<PlainValue> GeneralizeDecimalSlowly(const Generalize& generalize,
                                                  absl::int128 number) {
  if (generalize.has_clamp()) {
    const auto& clamp = generalize.clamp();
    if (!clamp.min().empty()) {
      number = std::max(number, DecimalSlowly(clamp.min()));
    }
    if (!clamp.max().empty()) {
      number = std::min(number, DecimalSlowly(clamp.max()));
    }
    return number;
  }
  const auto& bucket = generalize.bucket();
  if (!generalize.has_round() && bucket.width().empty()) {
    std::optional<PlainValue> out;
    for (const std::string& bound : bucket.bounds()) {
      if (number >= DecimalSlowly(bound)) out = DecimalSlowly(bound);
    }
    return out;
  }
  const absl::int128 width = DecimalSlowly(
      generalize.has_round() ? generalize.round().step() : bucket.width());
  absl::int128 above = number % width;
  if (above < 0) above += width;
  if (generalize.has_round() && width - above <= above) {
    if (number > absl::Int128Max() - (width - above)) return std::nullopt;
    return number + (width - above);
  }
  if (number < absl::Int128Min() + above) return std::nullopt;
  return number - above;
}

std::optional<PlainValue> GeneralizeNumberSlowly(const Generalize& generalize,
                                                 const PlainValue& value) {
  if (const auto* decimal = std::get_if<absl::int128>(&value)) {
    return GeneralizeDecimalSlowly(generalize, *decimal);
  }
  const long double number = NumberSlowly(value);
  const auto parse = [](const std::string& text) {
    return std::strtold(text.c_str(), nullptr);
  };
  if (generalize.has_clamp()) {
    long double out = number;
    const auto& clamp = generalize.clamp();
    if (!clamp.min().empty()) out = std::max(out, parse(clamp.min()));
    if (!clamp.max().empty()) out = std::min(out, parse(clamp.max()));
    return FromNumber(out, value);
  }
  if (generalize.has_round()) {
    const long double step = parse(generalize.round().step());
    return FromNumber(number - std::fmod(number, step) +
                          (std::fmod(number, step) >= step / 2   ? step
                           : std::fmod(number, step) < -step / 2 ? -step
                                                                 : 0),
                      value);
  }
  const auto& bucket = generalize.bucket();
  if (!bucket.width().empty()) {
    const long double width = parse(bucket.width());
    long double rest = std::fmod(number, width);
    if (rest < 0) rest += width;
    return FromNumber(number - rest, value);
  }
  std::optional<PlainValue> out;
  for (const std::string& bound : bucket.bounds()) {
    if (number >= parse(bound)) out = FromNumber(parse(bound), value);
  }
  return out;
}

// "-12.50" of a number in units of its last decimal.
std::string DecimalSlowly(absl::int128 units, size_t decimals) {
  std::string digits;
  for (absl::uint128 rest = units < 0 ? -absl::uint128(units)
                                      : absl::uint128(units);
       rest != 0 || digits.size() <= decimals; rest /= 10) {
    digits.insert(0, std::to_string(static_cast<int>(rest % 10)));
  }
  if (decimals > 0) digits.insert(digits.size() - decimals, ".");
  return (units < 0 ? "-" : "") + digits;
}

absl::int128 UnitsSlowly(const std::string& decimal, size_t decimals) {
  absl::int128 units = 0;
  const size_t point = std::min(decimal.find('.'), decimal.size());
  for (size_t i = decimal[0] == '-' ? 1 : 0; i <= point + decimals; ++i) {
    if (i == point) continue;
    units = units * 10 + (i < decimal.size() ? decimal[i] - '0' : 0);
  }
  return decimal[0] == '-' ? -units : units;
}

// Buckets of fixed width; the widths of DOUBLEs in the tests are powers of two
// or integers, so that counting them is exact.
std::optional<PlainValue> BucketRangeSlowly(
    const agreement::v1::NumberBucket& bucket, const PlainValue& value,
    uint32_t scale) {
  const std::string& width = bucket.width();
  size_t decimals = scale;
  absl::int128 lower = 0;
  absl::int128 step = 0;
  if (const auto* number = std::get_if<double>(&value)) {
    const size_t point = width.find('.');
    decimals = point == std::string::npos ? 0 : width.size() - point - 1;
    step = UnitsSlowly(width, decimals);
    const long double count = std::floor(static_cast<long double>(*number) /
                                         std::strtold(width.c_str(), nullptr));
    if (!(std::abs(count) <= 0x1p50L)) return std::nullopt;
    lower = static_cast<int64_t>(count) * step;
  } else {
    step = UnitsSlowly(width, decimals);
    const auto* wide = std::get_if<absl::int128>(&value);
    const absl::int128 exact =
        wide != nullptr ? *wide : absl::int128(std::get<int64_t>(value));
    absl::int128 rest = exact % step;
    if (rest < 0) rest += step;
    const absl::int128 least =
        wide != nullptr ? absl::Int128Min()
                        : absl::int128(std::numeric_limits<int64_t>::min());
    if (exact < least + rest) return std::nullopt;
    lower = exact - rest;
    if (lower > absl::Int128Max() - step) return std::nullopt;
  }
  return "[" + DecimalSlowly(lower, decimals) + "," +
         DecimalSlowly(lower + step, decimals) + ")";
}

std::optional<PlainValue> BucketTextSlowly(
    const agreement::v1::NumberBucket& bucket, const PlainValue& value,
    uint32_t scale) {
  if (bucket.bounds().empty()) return BucketRangeSlowly(bucket, value, scale);
  std::optional<PlainValue> out;
  for (int i = 0; i < bucket.bounds_size(); ++i) {
    const auto* wide = std::get_if<absl::int128>(&value);
    const bool reached =
        wide != nullptr ? *wide >= UnitsSlowly(bucket.bounds(i), scale)
                        : NumberSlowly(value) >=
                              std::strtold(bucket.bounds(i).c_str(), nullptr);
    if (!reached) break;
    if (!bucket.labels().empty()) {
      out = bucket.labels(i);
    } else {
      out = "[" + bucket.bounds(i) + "," +
            (i + 1 < bucket.bounds_size() ? bucket.bounds(i + 1) : "") + ")";
    }
  }
  return out;
}

std::optional<PlainValue> TimePartSlowly(agreement::v1::TimePart::Part part,
                                         const PlainValue& value) {
  const int64_t days = DayOfSlowly(value);
  const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + days;
  switch (part) {
    case agreement::v1::TimePart::MONTH_OF_YEAR:
      return int64_t{day.month()};
    case agreement::v1::TimePart::DAY_OF_MONTH:
      return int64_t{day.day()};
    default: {
      const absl::int128 since =
          absl::int128(std::get<int64_t>(value)) -
          absl::int128(days) * absl::int128(86'400'000'000);
      return static_cast<int64_t>(since / absl::int128(3'600'000'000));
    }
  }
}

std::optional<PlainValue> HierarchySlowly(
    const agreement::v1::Hierarchy& hierarchy, const std::string& text) {
  std::istringstream lines(hierarchy.csv());
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> columns;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) {
      columns.push_back(cell);
    }
    if (!columns.empty() && columns[0] == text) {
      return columns.at(hierarchy.level());
    }
  }
  return std::nullopt;
}

// In millionths, rounded down.
std::optional<int64_t> DegreeSlowly(const std::string& text) {
  static const RE2 form("(-?)0*([0-9]{1,3})(?:[.]([0-9]+))?");
  std::string sign;
  std::string whole;
  std::string decimals;
  if (!RE2::FullMatch(text, form, &sign, &whole, &decimals)) {
    return std::nullopt;
  }
  std::string six = decimals + "000000";
  const bool has_rest =
      six.substr(6).find_first_not_of('0') != std::string::npos;
  six.resize(6);
  int64_t degree = std::stoll(whole + six);
  if (!sign.empty()) degree = -degree - (has_rest ? 1 : 0);
  if (std::abs(degree) > 180'000'000) return std::nullopt;
  return degree;
}

std::string CornerSlowly(int64_t degree, int64_t cell) {
  int64_t corner = degree / cell * cell;
  if (corner > degree) corner -= cell;
  std::string digits = std::to_string(std::abs(corner));
  digits.insert(0, digits.size() < 7 ? 7 - digits.size() : 0, '0');
  digits.insert(digits.size() - 6, ".");
  // As many decimals as the cell has.
  for (int64_t rest = cell; rest % 10 == 0 && digits.back() != '.';
       rest /= 10) {
    digits.pop_back();
  }
  if (digits.back() == '.') digits.pop_back();
  return (corner < 0 ? "-" : "") + digits;
}

std::optional<PlainValue> PointSlowly(const std::string& cell_text,
                                      const std::string& text) {
  static const RE2 point("([-.0-9]+), ?([-.0-9]+)");
  std::string first;
  std::string second;
  if (!RE2::FullMatch(text, point, &first, &second)) return std::nullopt;
  const auto cell = DegreeSlowly(cell_text);
  const auto one = DegreeSlowly(first);
  const auto other = DegreeSlowly(second);
  if (!one || !other) return std::nullopt;
  return CornerSlowly(*one, *cell) + "," + CornerSlowly(*other, *cell);
}

std::optional<PlainValue> GeneralizeSlowly(const Generalize& generalize,
                                           const PlainValue& value,
                                           uint32_t scale) {
  const auto& bucket = generalize.bucket();
  if (bucket.form() == agreement::v1::NumberBucket::RANGE ||
      bucket.labels_size() > 0) {
    return BucketTextSlowly(bucket, value, scale);
  }
  switch (generalize.rule_case()) {
    case Generalize::kTimePart:
      return TimePartSlowly(generalize.time_part().part(), value);
    case Generalize::kDate:
      return DateSlowly(generalize.date().unit(), value);
    case Generalize::kDivision:
      return DivisionSlowly(generalize.division().level(),
                            std::get<std::string>(value));
    case Generalize::kWeekday:
      return WeekdaySlowly(value);
    case Generalize::kAge:
      return AgeSlowly(generalize.age(), value);
    case Generalize::kHierarchy:
      return HierarchySlowly(generalize.hierarchy(),
                             std::get<std::string>(value));
    case Generalize::kGrid:
      return PointSlowly(generalize.grid().cell(),
                         std::get<std::string>(value));
    default:
      return GeneralizeNumberSlowly(generalize, value);
  }
}

uint64_t BigAt(const std::string& digest, size_t at) {
  uint64_t number = 0;
  for (size_t i = at; i < at + 8; ++i) {
    number = number * 256 + static_cast<uint8_t>(digest[i]);
  }
  return number;
}

double NoiseSlowly(const Perturb& perturb, const std::string& digest) {
  const auto uniform = [&](size_t at) {
    return (std::floor(static_cast<double>(BigAt(digest, at) >> 11)) + 0.5) *
           0x1p-53;
  };
  if (perturb.has_laplace()) {
    const double scale =
        std::strtod(perturb.laplace().scale().c_str(), nullptr);
    const double u = uniform(0) - 0.5;
    return u < 0 ? scale * std::log1p(2 * u) : -scale * std::log1p(-2 * u);
  }
  const double scale = std::strtod(perturb.gaussian().scale().c_str(), nullptr);
  return scale * std::sqrt(-2 * std::log(uniform(0))) *
         std::cos(2 * std::acos(-1.0) * uniform(8));
}

std::string KeySlowly(const std::vector<records::PlainCell>& cells) {
  std::string key;
  for (const records::PlainCell& cell : cells) {
    key += cell ? '\1' : '\0';
    if (!cell) continue;
    if (const auto* text = std::get_if<std::string>(&*cell)) {
      for (const char c : *text) {
        key += c;
        if (c == '\0') key += '\xFF';
      }
      key += std::string(2, '\0');
    } else if (const auto* days = std::get_if<int32_t>(&*cell)) {
      key += BigEndian(static_cast<uint64_t>(int64_t{*days} + 0x80000000), 4);
    } else {
      key += BigEndian(
          static_cast<uint64_t>(std::get<int64_t>(*cell)) + 0x8000000000000000,
          8);
    }
  }
  return key;
}

// "0.5" of "00.50".
std::string PlainlySpelt(std::string number) {
  if (number.find('.') != std::string::npos) {
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
  }
  while (number.size() > 1 && number[0] == '0' && number[1] != '.') {
    number.erase(0, 1);
  }
  return number;
}

std::string RuleSlowly(const Perturb& perturb) {
  if (perturb.has_date_shift()) {
    return "date_shift:" + std::to_string(perturb.date_shift().days_max());
  }
  if (perturb.has_uniform()) {
    return "uniform:" + PlainlySpelt(perturb.uniform().within());
  }
  return perturb.has_laplace()
             ? "laplace:" + PlainlySpelt(perturb.laplace().scale())
             : "gaussian:" + PlainlySpelt(perturb.gaussian().scale());
}

double UnitSlowly(const std::string& digest) {
  return (std::floor(static_cast<double>(BigAt(digest, 0) >> 11)) + 0.5) *
         0x1p-53;
}

// The first 16 bytes as a number, and what is left of it by `count`.
absl::int128 DrawSlowly(const std::string& digest, absl::uint128 count) {
  absl::uint128 rest = 0;
  for (size_t i = 0; i < 16; ++i) {
    for (int bit = 7; bit >= 0; --bit) {
      rest = (rest * 2 + (static_cast<uint8_t>(digest[i]) >> bit & 1)) % count;
    }
  }
  return absl::int128(rest);
}

std::optional<PlainValue> UniformSlowly(const std::string& within,
                                        const std::string& digest,
                                        const PlainValue& value,
                                        uint32_t scale) {
  if (const auto* number = std::get_if<double>(&value)) {
    const double sum = *number + std::strtod(within.c_str(), nullptr) *
                                     (2 * UnitSlowly(digest) - 1);
    if (sum == *number || !std::isfinite(sum)) return std::nullopt;
    return sum;
  }
  const absl::int128 most = UnitsSlowly(within, scale);
  const absl::int128 noise =
      DrawSlowly(digest, absl::uint128(2 * most + 1)) - most;
  if (const auto* number = std::get_if<absl::int128>(&value)) {
    if (noise > 0 && *number > absl::Int128Max() - noise) return std::nullopt;
    if (noise < 0 && *number < absl::Int128Min() - noise) return std::nullopt;
    return *number + noise;
  }
  const absl::int128 sum = std::get<int64_t>(value) + noise;
  if (sum < std::numeric_limits<int64_t>::min() ||
      sum > std::numeric_limits<int64_t>::max()) {
    return std::nullopt;
  }
  return static_cast<int64_t>(sum);
}

std::optional<PlainValue> PerturbSlowly(const Perturb& perturb,
                                        records::DataType type,
                                        const PlainValue& value,
                                        const std::string& secret,
                                        const PlainRecord& record) {
  const std::string key =
      crypto::HkdfSha256(secret, "sluice.perturb.v1", RuleSlowly(perturb), 32);
  const std::string typed = MessageOf(type, value);
  const std::string digest =
      HmacSlowly(EVP_sha256(), key,
                 typed.substr(0, 1) + BigEndian(record.field_id, 4) +
                     KeySlowly(record.key) + typed.substr(1));
  if (perturb.has_date_shift()) {
    const int64_t most = perturb.date_shift().days_max();
    const absl::int128 days =
        static_cast<int64_t>(BigAt(digest, 0) %
                             static_cast<uint64_t>(2 * most + 1)) -
        most;
    if (const auto* date = std::get_if<int32_t>(&value)) {
      const absl::int128 sum = *date + days;
      if (sum < std::numeric_limits<int32_t>::min() ||
          sum > std::numeric_limits<int32_t>::max()) {
        return std::nullopt;
      }
      return static_cast<int32_t>(sum);
    }
    const absl::int128 sum = std::get<int64_t>(value) + days * 86'400'000'000;
    if (sum < std::numeric_limits<int64_t>::min() ||
        sum > std::numeric_limits<int64_t>::max()) {
      return std::nullopt;
    }
    return static_cast<int64_t>(sum);
  }
  if (perturb.has_uniform()) {
    return UniformSlowly(perturb.uniform().within(), digest, value,
                         record.scale);
  }
  const double noise = NoiseSlowly(perturb, digest);
  if (const auto* number = std::get_if<double>(&value)) {
    const double sum = *number + noise;
    if (sum == *number) return std::nullopt;
    return sum;
  }
  const absl::int128 rounded(std::round(noise));
  if (const auto* number = std::get_if<absl::int128>(&value)) {
    return *number + rounded;
  }
  const absl::int128 sum = std::get<int64_t>(value) + rounded;
  if (sum < std::numeric_limits<int64_t>::min() ||
      sum > std::numeric_limits<int64_t>::max()) {
    return std::nullopt;
  }
  return static_cast<int64_t>(sum);
}

int64_t DaySlowly(const std::string& date) {
  absl::CivilDay day;
  absl::ParseCivilTime(date, &day);
  return day - absl::CivilDay(1970, 1, 1);
}

PlainValue InRangeSlowly(const agreement::v1::SurrogateInRange& range,
                         records::DataType type, const std::string& digest,
                         uint32_t scale) {
  const auto draw = [&digest](absl::int128 min, absl::int128 max) {
    return min + DrawSlowly(digest, absl::uint128(max - min + 1));
  };
  constexpr int64_t kDay = 86'400'000'000;
  switch (type) {
    case records::v1::DATA_TYPE_DATE:
      return static_cast<int32_t>(
          draw(DaySlowly(range.min()), DaySlowly(range.max())));
    case records::v1::DATA_TYPE_TIMESTAMP:
      return static_cast<int64_t>(
          draw(DaySlowly(range.min()) * kDay,
               (DaySlowly(range.max()) + 1) * kDay - 1));
    case records::v1::DATA_TYPE_DOUBLE: {
      const double min = std::strtod(range.min().c_str(), nullptr);
      const double max = std::strtod(range.max().c_str(), nullptr);
      return std::min(min + UnitSlowly(digest) * (max - min), max);
    }
    case records::v1::DATA_TYPE_DECIMAL128:
      return draw(UnitsSlowly(range.min(), scale),
                  UnitsSlowly(range.max(), scale));
    default:
      return static_cast<int64_t>(
          draw(UnitsSlowly(range.min(), 0), UnitsSlowly(range.max(), 0)));
  }
}

std::optional<PlainValue> SameFormSlowly(const std::u32string& text,
                                         const std::string& key,
                                         std::string digest) {
  // Bytes of the digest not used yet.
  std::string left = digest;
  const auto draw = [&](size_t bytes, uint64_t count) {
    if (left.size() < bytes) {
      digest = HmacSlowly(EVP_sha256(), key, std::string(1, '\0') + digest);
      left = digest;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; ++i) {
      number = number * 256 + static_cast<uint8_t>(left[i]);
    }
    left.erase(0, bytes);
    return static_cast<char32_t>(number * count >> (8 * bytes));
  };
  std::u32string out;
  bool replaced = false;
  for (const char32_t c : text) {
    const char kind = ClassSlowly(c);
    replaced = replaced || kind != 'p';
    switch (kind) {
      case 'u':
        out += U'A' + draw(2, 26);
        break;
      case 'l':
        out += U'a' + draw(2, 26);
        break;
      case 'd':
        out += U'0' + draw(2, 10);
        break;
      case 'U':
        out += U'Ａ' + draw(2, 26);
        break;
      case 'L':
        out += U'ａ' + draw(2, 26);
        break;
      case 'D':
        out += U'０' + draw(2, 10);
        break;
      case 'h':
        out += U'一' + draw(4, 20'902);
        break;
      case 'p':
        out += c;
        break;
      default:
        return std::nullopt;
    }
  }
  if (!replaced) return std::nullopt;
  return Encode(out);
}

std::optional<PlainValue> SurrogateSlowly(
    const agreement::v1::Surrogate& surrogate, records::DataType type,
    const PlainValue& value, const std::string& secret, uint32_t scale) {
  const std::string key =
      crypto::HkdfSha256(secret, "sluice.surrogate.v1", "", 32);
  const std::string digest =
      HmacSlowly(EVP_sha256(), key, MessageOf(type, value));
  if (surrogate.has_in_range()) {
    return InRangeSlowly(surrogate.in_range(), type, digest, scale);
  }
  if (surrogate.has_one_of()) {
    const auto& values = surrogate.one_of().values();
    return values.at(static_cast<int>(BigAt(digest, 0) %
                                      static_cast<uint64_t>(values.size())));
  }
  return SameFormSlowly(Decode(std::get<std::string>(value)), key, digest);
}

std::optional<PlainValue> ChainSlowly(const agreement::v1::Chain& chain,
                                      records::DataType type,
                                      const PlainValue& value,
                                      const std::string& secret,
                                      const PlainRecord& record) {
  std::optional<PlainValue> out = value;
  Field field;
  field.set_type(type);
  for (const Treatment& step : chain.steps()) {
    if (!out) return out;
    out = TreatSlowly(step, field.type(), *out, secret, record);
    field = FieldAfter(step, field);
  }
  return out;
}

}  // namespace

std::optional<PlainValue> TreatSlowly(const Treatment& resolved,
                                      records::DataType type,
                                      const PlainValue& value,
                                      const std::string& secret,
                                      const PlainRecord& record) {
  if (resolved.has_keep()) return value;
  if (resolved.has_withhold()) return std::nullopt;
  if (resolved.has_conditional()) {
    const Treatment* const chosen = ChosenSlowly(resolved, record);
    if (chosen == nullptr) return std::nullopt;
    return TreatSlowly(*chosen, type, value, secret, record);
  }
  if (resolved.has_chain()) {
    return ChainSlowly(resolved.chain(), type, value, secret, record);
  }
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && text->empty()) return value;
  if (resolved.has_mask()) return MaskSlowly(resolved.mask(), *text);
  if (resolved.has_pseudonym()) {
    return PseudonymSlowly(resolved.pseudonym(), type, value, secret);
  }
  if (resolved.has_perturb()) {
    return PerturbSlowly(resolved.perturb(), type, value, secret, record);
  }
  if (resolved.has_surrogate()) {
    return SurrogateSlowly(resolved.surrogate(), type, value, secret,
                           record.scale);
  }
  return GeneralizeSlowly(resolved.generalize(), value, record.scale);
}

const Treatment* ChosenSlowly(const Treatment& resolved,
                              const PlainRecord& record) {
  if (!resolved.has_conditional()) return &resolved;
  switch (record.truth(resolved.conditional().when())) {
    case predicate::Truth::kTrue:
      return ChosenSlowly(resolved.conditional().then(), record);
    case predicate::Truth::kFalse:
      return ChosenSlowly(resolved.conditional().otherwise(), record);
    case predicate::Truth::kUnknown:
      break;
  }
  return nullptr;
}

std::u32string Decode(const std::string& text) {
  std::u32string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t bytes = lead < 0x80   ? 1
                         : lead < 0xE0 ? 2
                         : lead < 0xF0 ? 3
                                       : 4;
    char32_t code = bytes == 1 ? lead : lead & (0xFF >> (bytes + 1));
    for (size_t k = 1; k < bytes; ++k) {
      code = code * 64 + (static_cast<uint8_t>(text[i + k]) & 63);
    }
    out += code;
    i += bytes;
  }
  return out;
}

std::string Encode(const std::u32string& text) {
  std::string out;
  const auto more = [&out](char32_t code, int shift) {
    out += static_cast<char>(0x80 | (code >> shift & 63));
  };
  for (const char32_t code : text) {
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xC0 | code >> 6);
      more(code, 0);
    } else if (code < 0x10000) {
      out += static_cast<char>(0xE0 | code >> 12);
      more(code, 6);
      more(code, 0);
    } else {
      out += static_cast<char>(0xF0 | code >> 18);
      more(code, 12);
      more(code, 6);
      more(code, 0);
    }
  }
  return out;
}

}  // namespace sluice::desensitize
