#include "libs/desensitize/digit_run.h"

#include <catch2/catch.hpp>
#include <cstddef>
#include <string>
#include <vector>

namespace sluice::desensitize {
namespace {

// The run's groups with a | between them, or a dot; the X; and what of the text
// is left behind them.
std::string Read(const std::string& text) {
  DigitRun run;
  const size_t end = ReadDigitRun(text, 0, &run);
  REQUIRE(run.at.size() == run.size());
  std::string out;
  for (const DigitRun::Group& group : run.groups) {
    if (!out.empty()) out += group.after_dot ? '.' : '|';
    const absl::string_view digits = run.View(group.begin, group.end);
    out.append(digits.data(), digits.size());
  }
  if (run.has_x) {
    REQUIRE(run.size() == run.groups.back().end + 1);
    out += " X";
  }
  return out + " " + text.substr(end);
}

TEST_CASE("groups belong together up to what is no gap") {
  CHECK(Read("1") == "1 ");
  CHECK(Read("138-1234 5678 号") == "138|1234|5678  号");
  CHECK(Read("138.1234 . 5678.") == "138.1234.5678 .");
  CHECK(Read("1   2    3") == "1|2     3");
  CHECK(Read("1\n2") == "1 \n2");
  CHECK(Read("1/2") == "1 /2");
  CHECK(Read("１３８－１２３４．5") == "138|1234.5 ");
}

TEST_CASE("separators of any alphabet are known") {
  for (const std::string separator :
       {" ",      "-",      "\t",     "　", "\u00A0", "\u00AD", "\u2009",
        "\u200B", "‐",      "‑",      "‒",  "–",      "—",      "―",
        "\u202C", "\u202F", "\u2060", "−",  "\uFEFF", "－"}) {
    CAPTURE(separator);
    CHECK(Read("1" + separator + "2") == "1|2 ");
  }
  for (const std::string dot : {".", "．", "·"}) {
    CHECK(Read("1" + dot + "2") == "1.2 ");
  }
  for (const std::string other :
       {"\r", "\u2028", "，", "、", "。", "年", "：", "~", "😀", "é"}) {
    CAPTURE(other);
    CHECK(Read("1" + other + "2") == "1 " + other + "2");
  }
}

TEST_CASE("an X ends a run") {
  CHECK(Read("1X2") == "1 X 2");
  CHECK(Read("1 2-ｘ 3") == "1|2 X  3");
  CHECK(Read("1    X") == "1     X");
}

TEST_CASE("a group longer than any number ends a run and is no part of it") {
  const std::string longest(kGroupDigitsMax, '7');
  CHECK(Read("1 " + longest + " 2") == "1|" + longest + "|2 ");
  CHECK(Read("1 " + longest + "７ 2") == "1  2");
  CHECK(Read(std::string(1000, '7')) == " ");
}

TEST_CASE("a digit is told with where it stands") {
  DigitRun run;
  CHECK(ReadDigitRun("电１ 2x", 3, &run) == 9);
  CHECK(std::vector<size_t>(run.at.begin(), run.at.end()) ==
        std::vector<size_t>{3, 7, 8});
}

}  // namespace
}  // namespace sluice::desensitize
