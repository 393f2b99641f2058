// What mask.pattern hides beside what RE2 finds when it is asked for one match
// after the other.
#include <re2/re2.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/string_view.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

std::unique_ptr<const Operator> Compile(const std::string& expression) {
  Treatment treatment;
  treatment.mutable_mask()->mutable_pattern()->set_expression(expression);
  Field field;
  field.set_id(1);
  field.set_name("value");
  field.set_type(records::v1::DATA_TYPE_STRING);
  const auto resolved = ResolveTreatment(treatment, field, "treatment");
  REQUIRE(resolved.ok());
  auto compiled = CompileOperator(*resolved, field, {});
  REQUIRE(compiled.ok());
  return *std::move(compiled);
}

bool IsInsideCharacter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// Empty if nothing is hidden.
std::string MaskedSlowly(const RE2& expression, const std::string& text) {
  std::string masked;
  bool found = false;
  size_t at = 0;
  size_t copied = 0;
  re2::StringPiece match;
  while (at < text.size() &&
         expression.Match(text, at, text.size(), RE2::UNANCHORED, &match, 1)) {
    const auto begin = static_cast<size_t>(match.data() - text.data());
    at = begin + match.size();
    if (match.empty()) {
      do {
        ++at;
      } while (at < text.size() && IsInsideCharacter(text[at]));
      continue;
    }
    masked += text.substr(copied, begin - copied);
    for (copied = begin; copied < at; ++copied) {
      if (!IsInsideCharacter(text[copied])) masked += '*';
    }
    found = true;
  }
  return found ? masked + text.substr(copied) : "";
}

TEST_CASE("all is hidden that RE2 finds, match by match") {
  const std::vector<std::string> pieces = {
      "1",  "12", "123456", "a", "ab", "abc", "-", " ",  "张",
      "欧", "é",  "号",     ".", "\n", "X",   "B", "no", "13812345678"};
  std::mt19937_64 random(1);
  for (const std::string expression :
       {"[0-9]{4}", "[0-9]+", "\\d{2,3}",  "1",        "ab|abc|12",
        "(?i)AB+",  "张",     "[张欧]",    "[a号]",    "[^0-9]+",
        ".",        "a.*b|1", "a.*?1",     "(ab)+1",   "a*1",
        "\\pL+",    "\\b1",   "1\\b",      "\\Ba",     "\\Ba|1",
        "^1",       "1$",     "(?m)^a|b$", "\\A[0-9]", "[0-9]\\z",
        "(?s).+1",  "(^|-)1", "[\\^$]|b",  "\\.|é",    "\\b1|\\b"}) {
    const RE2 compiled(expression, RE2::Quiet);
    REQUIRE(compiled.ok());
    const auto mask = Compile(expression);
    for (int round = 0; round < 40; ++round) {
      std::vector<std::string> texts(random() % 60);
      records::ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
      const size_t used = round % 2 == 0 ? pieces.size() : 7;
      for (std::string& text : texts) {
        for (size_t n = random() % 9; n > 0; --n) {
          text += pieces[random() % used];
        }
        builder.AppendText(AsView(text));
      }
      const Treated treated = mask->Apply(builder.Finish());
      for (uint32_t row = 0; row < texts.size(); ++row) {
        CAPTURE(expression, texts[row]);
        const std::string expected = MaskedSlowly(compiled, texts[row]);
        REQUIRE(treated.column.Text(row) == AsView(expected));
        REQUIRE(treated.column.IsNull(row) ==
                (expected.empty() && !texts[row].empty()));
      }
    }
  }
}

}  // namespace
}  // namespace sluice::desensitize
