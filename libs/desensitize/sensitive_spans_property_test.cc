// What FindSensitiveSpans hides of random prose, beside what was put into it
// and beside a slow reading of the same rule that shares no code with it.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/sensitive_spans.h"

namespace sluice::desensitize {
namespace {

// ---- Texts as code points.

void AppendUtf8(char32_t c, std::string* out) {
  if (c < 0x80) {
    *out += static_cast<char>(c);
  } else if (c < 0x800) {
    *out += static_cast<char>(0xC0 | c >> 6);
    *out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    *out += static_cast<char>(0xE0 | c >> 12);
    *out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    *out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

std::string Utf8(const std::u32string& text) {
  std::string out;
  for (const char32_t c : text) AppendUtf8(c, &out);
  return out;
}

// Of each character of `text` whether it is hidden.
std::vector<bool> HiddenOf(const std::u32string& text) {
  std::vector<Shown> bytes;
  FindSensitiveSpans(Utf8(text), &bytes);
  for (const CpuLevel level : {CpuLevel::kPortable, CpuLevel::kAvx2}) {
    const CpuLevelCap cap(level);
    std::vector<Shown> same;
    FindSensitiveSpans(Utf8(text), &same);
    REQUIRE(same == bytes);
  }
  std::vector<bool> hidden;
  hidden.reserve(text.size());
  std::vector<Shown> expected;
  for (const char32_t c : text) {
    const bool is_hidden = bytes.at(expected.size()) != Shown::kShown;
    hidden.push_back(is_hidden);
    std::string character;
    AppendUtf8(c, &character);
    expected.push_back(is_hidden ? Shown::kHidden : Shown::kShown);
    expected.resize(expected.size() + character.size() - 1,
                    is_hidden ? Shown::kHiddenRest : Shown::kShown);
  }
  REQUIRE(bytes == expected);
  return hidden;
}

std::string Show(const std::u32string& text, const std::vector<bool>& hidden) {
  std::u32string out;
  for (size_t i = 0; i < text.size(); ++i) out += hidden[i] ? U'*' : text[i];
  return Utf8(out);
}

// ---- The slow reading.

bool IsDay(int year, int month, int day) {
  static const std::array<int, 12> days = {31, 28, 31, 30, 31, 30,
                                           31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <=
         days[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

bool HasProvince(const std::string& digits) {
  static const RE2 provinces(
      "(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]).*");
  return RE2::FullMatch(digits, provinces);
}

char CheckCharacter(const std::string& digits) {
  static const std::array<int, 17> weights = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                              3, 7, 9,  10, 5, 8, 4, 2};
  int sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i] * (digits[i] - '0');
  }
  return std::string("10X98765432")[static_cast<size_t>(sum % 11)];
}

bool HasLuhnDigit(const std::string& digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    sum += i % 2 == 0 ? digit : digit * 2 / 10 + digit * 2 % 10;
  }
  return sum % 10 == 0;
}

// A number's first and last hidden character; {0, 0} if it is none.
struct Kept {
  size_t first = 0;
  size_t behind = 0;
  bool is_card = false;
};

Kept KeptOf(const std::string& number) {
  const size_t size = number.size();
  static const RE2 mobile("(|86|0|0086)1[3-9][0-9]{9}");
  if (RE2::FullMatch(number, mobile)) return {size - 8, size - 4, false};
  if (size == 15 && number.back() != 'X' && HasProvince(number) &&
      IsDay(1900 + std::stoi(number.substr(6, 2)),
            std::stoi(number.substr(8, 2)), std::stoi(number.substr(10, 2)))) {
    return {6, 12, false};
  }
  if (size == 18 && std::stoi(number.substr(6, 4)) >= 1800 &&
      IsDay(std::stoi(number.substr(6, 4)), std::stoi(number.substr(10, 2)),
            std::stoi(number.substr(12, 2))) &&
      (HasProvince(number) || number[17] == CheckCharacter(number))) {
    return {6, 14, false};
  }
  if (size >= 13 && size <= 19 && number.back() != 'X' &&
      HasLuhnDigit(number)) {
    return {6, size - 4, true};
  }
  return {};
}

// A substring that is a number.
struct Found {
  std::vector<size_t> digits;
  Kept kept;
  bool is_odd = false;
  bool has_dot = false;
};

// 'd' for a digit, 'X', '-' for a separator, '.' for a dot, ' ' for others;
// and the digits of half width.
struct Reading {
  std::string classes;
  std::string ascii;
};

Reading Read(const std::u32string& text) {
  static const std::u32string separators =
      U" -\t\u00A0\u2003\u2010\u2011\u2012\u2013\u2014\u200B\u3000\u2212";
  Reading reading;
  for (char32_t c : text) {
    char kind = ' ';
    if (separators.find(c) != std::u32string::npos) kind = '-';
    if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
    if (c >= '0' && c <= '9') kind = 'd';
    if (c == 'x' || c == 'X') kind = 'X';
    if (c == '.' || c == U'\u00B7') kind = '.';
    if (c == '-') kind = '-';
    reading.classes += kind;
    reading.ascii += c < 0x80 ? static_cast<char>(c) : '\x01';
  }
  return reading;
}

// The numbers among the substrings of a text, in no matter what order.
std::vector<Found> NumbersIn(const Reading& reading) {
  static const RE2 groups("(d+[-.]{1,3})*d+([-.]{0,3}X)?");
  static const RE2 cards("(d{4,}-)*d+|(d-)*d+|(dd-)*d+|(ddd-)*d+");
  const std::string& classes = reading.classes;
  std::vector<Found> numbers;
  for (size_t begin = 0; begin < classes.size(); ++begin) {
    if (classes[begin] != 'd' || (begin > 0 && classes[begin - 1] == 'd')) {
      continue;
    }
    Found found;
    std::string number;
    std::string shape;
    for (size_t i = begin;
         i < classes.size() && number.size() < 19 && classes[i] != ' '; ++i) {
      if (classes[i] == 'd' || classes[i] == 'X') {
        found.digits.push_back(i);
        number += classes[i] == 'X' ? 'X' : reading.ascii[i];
        shape += 'd';
        if (i + 1 < classes.size() && classes[i] == 'd' &&
            classes[i + 1] == 'd') {
          continue;
        }
        const std::string part = classes.substr(begin, i + 1 - begin);
        if (!RE2::FullMatch(part, groups)) break;
        if (classes[i] == 'X' && number.size() != 18) break;
        found.kept = KeptOf(number);
        found.has_dot = part.find('.') != std::string::npos;
        found.is_odd = found.kept.is_card && !RE2::FullMatch(shape, cards);
        if (found.kept.behind > 0) numbers.push_back(found);
        if (classes[i] == 'X') break;
      } else if (shape.back() != '-') {
        shape += '-';
      }
    }
  }
  return numbers;
}

void HideNumbers(const Reading& reading, std::vector<bool>* hidden) {
  const std::vector<Found> numbers = NumbersIn(reading);
  std::vector<bool> taken(hidden->size());
  for (const Found& found : numbers) {
    if (found.kept.is_card) continue;
    for (const size_t i : found.digits) taken[i] = true;
  }
  for (const Found& found : numbers) {
    const bool shares = std::any_of(found.digits.begin(), found.digits.end(),
                                    [&taken](size_t i) { return taken[i]; });
    if (found.is_odd && (found.has_dot || shares)) continue;
    for (size_t i = found.kept.first; i < found.kept.behind; ++i) {
      (*hidden)[found.digits[i]] = true;
    }
  }
}

void HideAddresses(const std::u32string& text, const Reading& reading,
                   std::vector<bool>* hidden) {
  static const RE2 domain("\\.*[A-Za-z0-9-]+\\.[A-Za-z0-9-](?s:.*)");
  static const std::string atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
  static const RE2 local("(" + atom + "(?:\\." + atom + ")*)\\.*$");
  std::string address = reading.ascii;
  for (size_t i = 0; i < text.size(); ++i) {
    // Punctuation of full width is no part of an address.
    if (text[i] > 0x7F && std::string("!#$%&'*+/=?^`{|}~").find(address[i]) !=
                              std::string::npos) {
      address[i] = '\x01';
    }
  }
  for (size_t at = 0; at < address.size(); ++at) {
    if (address[at] != '@' || !RE2::FullMatch(address.substr(at + 1), domain)) {
      continue;
    }
    const std::string before = address.substr(0, at);
    re2::StringPiece name;
    if (!RE2::PartialMatch(before, local, &name)) continue;
    const auto begin = static_cast<size_t>(name.data() - before.data());
    for (size_t i = begin + (name.size() > 1 ? 1 : 0); i < at; ++i) {
      (*hidden)[i] = true;
    }
  }
}

std::vector<bool> HiddenSlowly(const std::u32string& text) {
  std::vector<bool> hidden(text.size());
  const Reading reading = Read(text);
  HideNumbers(reading, &hidden);
  HideAddresses(text, reading, &hidden);
  return hidden;
}

// ---- Random prose.

class Prose {
 public:
  explicit Prose(unsigned seed) : random_(seed) {}

  // Pieces with something between them that keeps numbers apart.
  void Write() {
    text_.clear();
    secret_.clear();
    for (size_t n = 1 + Below(Below(10) == 0 ? 60 : 7); n > 0; --n) {
      AddPiece();
      if (Below(10) == 0) AddWords();
      Add(OneOf({" ", " ", "-", "–", "　", "  ", ".", "，", ", ", "。", "\n",
                 "/", "...", ":", "电话", " 电话", "（", "\u00A0", "    "}));
    }
  }

  const std::u32string& text() const { return text_; }
  // Of each character whether it must not be seen.
  const std::vector<bool>& secret() const { return secret_; }

 private:
  size_t Below(size_t end) { return random_() % end; }
  std::string OneOf(const std::vector<std::string>& texts) {
    return texts[Below(texts.size())];
  }
  std::string Digits(size_t count) {
    std::string digits;
    for (size_t i = 0; i < count; ++i) {
      digits += static_cast<char>('0' + Below(10));
    }
    return digits;
  }

  // UTF-8 of up to three bytes a character.
  void Add(const std::string& text, bool is_secret = false) {
    for (size_t i = 0; i < text.size();) {
      const auto lead = static_cast<unsigned char>(text[i]);
      const size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : 3;
      char32_t c = bytes == 1 ? lead : lead & (bytes == 2 ? 0x1Fu : 0x0Fu);
      for (size_t j = 1; j < bytes; ++j) {
        c = c << 6 | (static_cast<unsigned char>(text[i + j]) & 0x3Fu);
      }
      text_ += c;
      secret_.push_back(is_secret);
      i += bytes;
    }
  }
  void AddCharacter(char c, bool is_wide, bool is_secret) {
    text_ += static_cast<char32_t>(static_cast<char32_t>(c) +
                                   (is_wide ? 0xFEE0u : 0u));
    secret_.push_back(is_secret);
  }

  void AddPiece() {
    switch (Below(9)) {
      case 0:
      case 1:
        return AddMobile();
      case 2:
        return AddId();
      case 3:
        return AddOldId();
      case 4:
      case 5:
        return AddCard();
      case 6:
        return AddEmail();
      default:
        return Add(OneOf({"2024-01-02", "2024年1月2日", "12/28", "2024.1.2",
                          "1234.50元", "房间 3", "¥12,345.60", "张伟", "0021",
                          "39.904200, 116.407396", "12:30", "110105", "86",
                          "1 2 3 4", "see a", "编号X"}));
    }
  }

  // So many that what follows is looked at by itself.
  void AddWords() {
    for (size_t n = Below(40); n > 0; --n) Add(OneOf({"请", "，", "a", " "}));
  }

  // Sizes of groups that are `size` in all.
  std::vector<size_t> Sizes(size_t size, size_t each_min) {
    std::vector<size_t> sizes;
    size_t left = size;
    while (left > each_min) {
      const size_t take = each_min + Below(left - each_min + 1);
      sizes.push_back(take);
      left -= take;
    }
    if (left > 0) sizes.push_back(left);
    return sizes;
  }
  static std::vector<size_t> EvenSizes(size_t size, size_t each) {
    std::vector<size_t> sizes(size / each, each);
    if (size % each > 0) sizes.push_back(size % each);
    return sizes;
  }

  // In groups of those sizes, of which from `begin` to `end` is a secret.
  void AddNumber(const std::string& number, const std::vector<size_t>& sizes,
                 size_t begin, size_t end) {
    static const std::vector<std::string> gaps = {
        " ", "-", "–", "　", "\u00A0", " - ", "‑", "—", "  ", "\u200B", "−"};
    const std::string gap = OneOf(gaps);
    const bool one_gap = Below(4) > 0;
    const size_t wide_in = Below(4);
    size_t in_group = 0;
    size_t group = 0;
    for (size_t i = 0; i < number.size(); ++i, ++in_group) {
      if (in_group == sizes[group]) {
        Add(one_gap ? gap : OneOf(gaps));
        ++group;
        in_group = 0;
      }
      const bool is_wide = wide_in == 0 || (wide_in == 1 && Below(2) == 0);
      AddCharacter(number[i], is_wide, i >= begin && i < end);
    }
  }

  void AddMobile() {
    const std::string prefix = OneOf({"", "", "", "86", "0", "0086"});
    Add(prefix.empty() ? OneOf({"", "+86 ", "86-", "+86"}) : "手机");
    const std::string number =
        prefix + "1" + std::to_string(3 + Below(7)) + Digits(9);
    const size_t size = number.size();
    std::vector<size_t> sizes = Sizes(size, 1);
    const size_t form = Below(4);
    if (form == 0) sizes = {size};
    if (form == 1) sizes = {size - 8, 4, 4};
    AddNumber(number, sizes, size - 8, size - 4);
  }

  // A month and a day of it.
  std::string Day() {
    return std::to_string(10 + Below(3)) + std::to_string(10 + Below(19));
  }

  void AddId() {
    std::string number =
        "110105" + std::to_string(1900 + Below(120)) + Day() + Digits(3);
    number += Below(3) == 0 ? "X" : Digits(1);
    if (Below(2) == 0) number[17] = CheckCharacter(number);
    std::vector<size_t> sizes = Sizes(18, 1);
    const size_t form = Below(4);
    if (form == 0) sizes = {18};
    if (form == 1) sizes = {6, 8, 4};
    if (number[17] == 'X' && Below(2) == 0) number[17] = 'x';
    AddNumber(number, sizes, 6, 14);
  }

  void AddOldId() {
    std::vector<size_t> sizes = Sizes(15, 1);
    const size_t form = Below(3);
    if (form == 0) sizes = {15};
    if (form == 1) sizes = {6, 6, 3};
    AddNumber("330106" + std::to_string(10 + Below(90)) + Day() + Digits(3),
              sizes, 6, 12);
  }

  // In groups that a card is known by.
  void AddCard() {
    const size_t size = 13 + Below(7);
    std::string number = Digits(size - 1) + "0";
    while (!HasLuhnDigit(number)) ++number.back();
    const size_t form = Below(4);
    std::vector<size_t> sizes = {size};
    if (form == 1) sizes = EvenSizes(size, 4);
    if (form == 2) sizes = EvenSizes(size, 1 + Below(6));
    if (form == 3) sizes = Sizes(size, 4);
    AddNumber(number, sizes, 6, size - 4);
  }

  void AddEmail() {
    static const std::string letters = "abcxyz019_-.";
    const bool is_wide = Below(8) == 0;
    const size_t size = 1 + Below(8);
    char before = '.';
    for (size_t i = 0; i < size; ++i) {
      char c = letters[Below(letters.size())];
      if (c == '.' && (before == '.' || i + 1 == size)) c = 'a';
      AddCharacter(c, is_wide, i > 0);
      before = c;
    }
    for (const char c : "@" + OneOf({"example.com", "qq.com", "a.b.gov.cn"})) {
      AddCharacter(c, is_wide, false);
    }
  }

  std::mt19937_64 random_;
  std::u32string text_;
  std::vector<bool> secret_;
};

TEST_CASE("no identifier's middle is shown, whatever stands beside it") {
  Prose prose(1);
  for (int round = 0; round < 10'000; ++round) {
    prose.Write();
    const std::vector<bool> hidden = HiddenOf(prose.text());
    for (size_t i = 0; i < hidden.size(); ++i) {
      if (hidden[i] || !prose.secret()[i]) continue;
      FAIL(Utf8(prose.text()) << "\n" << Show(prose.text(), hidden));
    }
  }
}

TEST_CASE("what is hidden is what the slow reading says, and nothing else") {
  Prose prose(2);
  for (int round = 0; round < 2000; ++round) {
    prose.Write();
    const std::u32string& text = prose.text();
    CAPTURE(Utf8(text));
    REQUIRE(Show(text, HiddenOf(text)) == Show(text, HiddenSlowly(text)));
  }
}

TEST_CASE("the slow reading agrees on scraps of numbers and addresses") {
  static const std::u32string characters =
      U"0123456789111338866XxX@@@..ab--  _,号１３８０，．＠ｘａ！　–·";
  std::mt19937_64 random(3);
  for (int round = 0; round < 2000; ++round) {
    std::u32string text;
    for (size_t n = 1 + random() % 60; n > 0; --n) {
      text += characters[random() % (round % 2 == 0 ? 22 : characters.size())];
      // Numbers would be rare without rows of digits.
      for (size_t k = random() % 12; k > 0 && random() % 4 == 0; --k) {
        text += U'0' + static_cast<char32_t>(random() % 10);
      }
    }
    CAPTURE(Utf8(text));
    REQUIRE(Show(text, HiddenOf(text)) == Show(text, HiddenSlowly(text)));
  }
}

}  // namespace
}  // namespace sluice::desensitize
