#include "libs/desensitize/run_numbers.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/base/string_view.h"
#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/contact.h"
#include "libs/identifiers/division_code.h"
#include "libs/identifiers/resident_id.h"

namespace sluice::desensitize {
namespace {

// As "kind digits|hidden|digits", one behind the other.
std::string Show(const DigitRun& run, const RunNumber& number) {
  static const std::string kinds = "IPB";
  const auto part = [&run](size_t begin, size_t end) {
    return std::string(run.View(begin, end));
  };
  return std::string(1, kinds[static_cast<size_t>(number.kind)]) + " " +
         part(number.begin, number.hidden_begin) + "|" +
         part(number.hidden_begin, number.hidden_end) + "|" +
         part(number.hidden_end, number.end);
}

DigitRun RunOf(const std::string& text) {
  DigitRun run;
  ReadDigitRun(text, 0, &run);
  return run;
}

std::vector<std::string> NumbersIn(const std::string& text) {
  const DigitRun run = RunOf(text);
  std::vector<std::string> numbers;
  FindRunNumbers(run, [&](const RunNumber& number) {
    numbers.push_back(Show(run, number));
  });
  return numbers;
}

TEST_CASE("any groups in a row may be a number") {
  using Numbers = std::vector<std::string>;
  CHECK(NumbersIn("1") == Numbers{});
  CHECK(NumbersIn("12812345678") == Numbers{});
  CHECK(NumbersIn("13812345678") == Numbers{"P 138|1234|5678"});
  CHECK(NumbersIn("7 138 1234 5678 9") == Numbers{"P 138|1234|5678"});
  CHECK(NumbersIn("0-138-1234-5678") ==
        Numbers{"P 0138|1234|5678", "P 138|1234|5678"});
  CHECK(NumbersIn("0086 86 13812345678") ==
        Numbers{"P 86138|1234|5678", "P 138|1234|5678"});
  CHECK(NumbersIn("110105 491231 002") == Numbers{"I 110105|491231|002"});
  CHECK(NumbersIn("11010519491231002X") == Numbers{"I 110105|19491231|002X"});
  // A birth date of the 1900s and what follows are a mobile number, too.
  CHECK(NumbersIn("5 110105 19491231 002x") ==
        Numbers{"I 110105|19491231|002X", "P 194|9123|1002"});
  CHECK(NumbersIn("4111 1111 1111 1111") == Numbers{"B 411111|111111|1111"});
  // All 15 digits are a mobile number, the form of an id or not.
  CHECK(NumbersIn("008613001010101") == Numbers{"P 0086130|0101|0101"});
}

// ---- The same rule, number by number.

RunNumber NumberOf(absl::string_view text) {
  const size_t size = text.size();
  const absl::string_view before =
      text.substr(0, size - identifiers::kMobileDigits);
  if ((before.empty() || before == "86" || before == "0" || before == "0086") &&
      identifiers::IsMobileNumber(text.substr(before.size()))) {
    return {SensitiveKind::kPhone, 0, size, before.size() + 3,
            before.size() + 7};
  }
  const bool has_province = identifiers::IsProvinceCode(text.substr(0, 2));
  if (has_province && identifiers::IsOldResidentId(text)) {
    return {SensitiveKind::kResidentId, 0, size, 6, size - 3};
  }
  if (identifiers::IsValidResidentId(text) ||
      (has_province && identifiers::HasResidentIdForm(text))) {
    return {SensitiveKind::kResidentId, 0, size, 6, size - 4};
  }
  if (identifiers::IsValidBankCard(text)) {
    return {SensitiveKind::kBankCard, 0, size, 6, size - 4};
  }
  return {};
}

struct Candidate {
  size_t first;
  size_t last;
  RunNumber number;
};

// A 17-digit number that has an X behind it is looked at with it first.
std::vector<Candidate> CandidatesIn(const DigitRun& run) {
  std::vector<Candidate> candidates;
  for (size_t first = 0; first < run.groups.size(); ++first) {
    for (size_t last = first; last < run.groups.size(); ++last) {
      const size_t begin = run.groups[first].begin;
      const size_t end = run.groups[last].end;
      if (end - begin < 11 || end - begin > 19) continue;
      RunNumber number = {};
      if (run.has_x && end + 1 == run.size() && end - begin == 17) {
        number = NumberOf(run.View(begin, end + 1));
      }
      if (number.end == 0) number = NumberOf(run.View(begin, end));
      if (number.end == 0) continue;
      for (size_t* at : {&number.begin, &number.end, &number.hidden_begin,
                         &number.hidden_end}) {
        *at += begin;
      }
      candidates.push_back({first, last, number});
    }
  }
  return candidates;
}

bool IsUnlikely(const DigitRun& run, const std::vector<Candidate>& all,
                const Candidate& card) {
  const auto size = [&run](size_t i) {
    return run.groups[i].end - run.groups[i].begin;
  };
  bool is_as_cards = true;
  bool has_dot = false;
  for (size_t i = card.first; i <= card.last; ++i) {
    if (i < card.last && size(i) != size(card.first) &&
        (size(i) < 4 || size(card.first) < 4)) {
      is_as_cards = false;
    }
    has_dot |= i > card.first && run.groups[i].after_dot;
  }
  const bool shares =
      std::any_of(all.begin(), all.end(), [&card](const Candidate& other) {
        return other.number.kind != SensitiveKind::kBankCard &&
               other.first <= card.last && card.first <= other.last;
      });
  return !is_as_cards && (has_dot || shares);
}

std::vector<std::string> NumbersSlowlyIn(const DigitRun& run) {
  const std::vector<Candidate> candidates = CandidatesIn(run);
  std::vector<std::string> numbers;
  for (const Candidate& candidate : candidates) {
    if (candidate.number.kind != SensitiveKind::kBankCard ||
        !IsUnlikely(run, candidates, candidate)) {
      numbers.push_back(Show(run, candidate.number));
    }
  }
  return numbers;
}

TEST_CASE("numbers of random runs are those that each alone would be") {
  const std::vector<std::string> pieces = {
      "86",       "0",        "0086",       "13",         "138",
      "12345678", "110105",   "19491231",   "491231",     "0021",
      "1111",     "4111",     "0000000000", "1381234567", "11010519491231002",
      "1",        "71010519", "20240229"};
  std::mt19937_64 random(1);
  size_t found = 0;
  for (int round = 0; round < 40'000; ++round) {
    std::string text;
    const size_t gap_in = 1 + random() % 4;
    for (size_t n = 1 + random() % 30; n > 0; --n) {
      if (!text.empty() && random() % gap_in == 0) {
        text += random() % 6 == 0 ? "." : " ";
      }
      if (random() % 3 == 0) {
        text += pieces[random() % pieces.size()];
      } else {
        text += static_cast<char>('0' + random() % 10);
      }
    }
    if (random() % 3 == 0) text += random() % 2 == 0 ? " X" : "x";
    CAPTURE(text);
    const std::vector<std::string> numbers = NumbersIn(text);
    REQUIRE(numbers == NumbersSlowlyIn(RunOf(text)));
    found += numbers.size();
  }
  CHECK(found > 20'000);
}

}  // namespace
}  // namespace sluice::desensitize
