// What must hold of encryption, tokens and surrogates whatever the key is.
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/crypto/ff1.h"
#include "libs/crypto/sha256.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/token_text.h"
#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/contact.h"
#include "libs/identifiers/resident_id.h"
#include "libs/identifiers/uscc.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

using records::Column;
using records::ColumnBuilder;
using records::DataType;
using Random = std::mt19937_64;
using Texts = std::vector<std::string>;

OperatorKeys Keys(char byte = 'k') {
  OperatorKeys keys;
  keys.pseudonym_secret = std::string(32, byte);
  keys.token_secret = std::string(32, byte);
  keys.token_version = 3;
  keys.shared_domain =
      [](absl::string_view domain) -> absl::StatusOr<std::string> {
    return std::string(32, domain[0]);
  };
  return keys;
}

OperatorKeys Trial(const std::string& key, const std::string& tweak = "") {
  OperatorKeys keys;
  keys.trial = OperatorKeys::Trial{key, tweak};
  return keys;
}

Treatment Parse(const std::string& text) {
  Treatment treatment;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &treatment));
  return treatment;
}

Field TextField() {
  Field field;
  field.set_id(7);
  field.set_name("value");
  field.set_type(records::v1::DATA_TYPE_STRING);
  return field;
}

Column ColumnOf(const Texts& texts) {
  ColumnBuilder builder(7, records::v1::DATA_TYPE_STRING);
  for (const std::string& text : texts) builder.AppendText(text);
  return builder.Finish();
}

// An untreatable text as "-".
Texts Apply(const std::string& treatment, const Texts& texts,
            const OperatorKeys& keys = Keys()) {
  const auto resolved = ResolveTreatment(Parse(treatment), TextField(), "t");
  REQUIRE(resolved.ok());
  const auto compiled = CompileOperator(*resolved, TextField(), keys);
  REQUIRE(compiled.ok());
  const Treated treated = (*compiled)->Apply(ColumnOf(texts));
  Texts out;
  uint64_t nulls = 0;
  for (uint32_t row = 0; row < treated.column.row_count; ++row) {
    const bool is_null = treated.column.IsNull(row);
    nulls += is_null ? 1 : 0;
    out.push_back(is_null ? "-" : std::string(treated.column.Text(row)));
  }
  CHECK(nulls == treated.untreatable);
  return out;
}

std::string RandomDigits(size_t size, Random* random) {
  std::string text(size, '0');
  for (char& c : text) c = static_cast<char>('0' + (*random)() % 10);
  return text;
}

std::string RandomId(Random* random) {
  static const Texts provinces = {"11", "33", "44", "65", "82"};
  const int year = 1900 + static_cast<int>((*random)() % 150);
  const int month = 1 + static_cast<int>((*random)() % 12);
  const int day = 1 + static_cast<int>((*random)() % 28);
  std::string id = provinces[(*random)() % 5] + RandomDigits(4, random) +
                   std::to_string(year) + (month < 10 ? "0" : "") +
                   std::to_string(month) + (day < 10 ? "0" : "") +
                   std::to_string(day) + RandomDigits(3, random);
  return id + identifiers::ResidentIdCheckCharacter(id);
}

std::string RandomUscc(Random* random) {
  std::string code = "91" + RandomDigits(6, random);
  for (int i = 0; i < 8; ++i) {
    code += identifiers::kUsccAlphabet[(*random)() % 31];
  }
  code += identifiers::OrganizationCheckCharacter(code.substr(8));
  return code + identifiers::UsccCheckCharacter(code);
}

std::string RandomCard(Random* random) {
  const std::string digits = RandomDigits(12 + (*random)() % 7, random);
  return digits + identifiers::LuhnDigit(digits);
}

std::string RandomPhone(Random* random) {
  return absl::StrCat("1", 3 + (*random)() % 7, RandomDigits(9, random));
}

// Different inputs have different outputs, equal ones equal ones, and another
// key other ones.
void CheckInjective(const std::string& treatment, const Texts& texts) {
  const Texts out = Apply(treatment, texts);
  std::map<std::string, std::string> forward;
  std::set<std::string> seen;
  for (size_t i = 0; i < texts.size(); ++i) {
    REQUIRE(out[i] != "-");
    const auto [at, added] = forward.emplace(texts[i], out[i]);
    REQUIRE(at->second == out[i]);
    if (added) REQUIRE(seen.insert(out[i]).second);
  }
  CHECK(Apply(treatment, texts) == out);
  const Texts other = Apply(treatment, texts, Keys('x'));
  size_t same = 0;
  for (size_t i = 0; i < texts.size(); ++i) same += out[i] == other[i] ? 1 : 0;
  CHECK(same <= texts.size() / 100 + 1);
}

TEST_CASE(
    "an encrypted resident id is a valid one and keeps what it is told to") {
  Random random(1);
  Texts ids = {"11010519491231002X", "360426199101010071"};
  while (ids.size() < 700) ids.push_back(RandomId(&random));
  for (const char* keep : {"", "keep: REGION", "keep: BIRTH_DATE"}) {
    for (const char* cipher : {"AES", "SM4"}) {
      const std::string treatment =
          absl::StrCat("fpe {resident_id {", keep, "} cipher: ", cipher, "}");
      CAPTURE(treatment);
      const Texts out = Apply(treatment, ids);
      for (size_t i = 0; i < ids.size(); ++i) {
        REQUIRE(identifiers::IsValidResidentId(out[i]));
        if (treatment.find("REGION") != std::string::npos) {
          REQUIRE(out[i].substr(0, 6) == ids[i].substr(0, 6));
        }
        if (treatment.find("BIRTH_DATE") != std::string::npos) {
          REQUIRE(out[i].substr(6, 8) == ids[i].substr(6, 8));
        } else {
          REQUIRE(out[i].substr(6, 4) >= "1900");
          REQUIRE(out[i].substr(6, 4) <= "2049");
        }
      }
      CheckInjective(treatment, ids);
    }
  }
  // A wrong check character, a province that does not exist, a birth before
  // 1900.
  CHECK(Apply("fpe {resident_id {}}",
              {"110105194912310021", "99010519491231002X", "", "x",
               "440524188001010014"}) == Texts{"-", "-", "", "-", "-"});
  CHECK(Apply("fpe {resident_id {keep: BIRTH_DATE}}", {"440524188001010014"})[0]
            .substr(6, 8) == "18800101");
}

TEST_CASE("encrypted codes, phones and cards stay valid") {
  Random random(2);
  Texts codes;
  Texts phones;
  Texts cards;
  for (int i = 0; i < 500; ++i) {
    codes.push_back(RandomUscc(&random));
    phones.push_back(RandomPhone(&random));
    cards.push_back(RandomCard(&random));
  }
  CheckInjective("fpe {uscc {}}", codes);
  CheckInjective("fpe {phone {}}", phones);
  CheckInjective("fpe {bank_card {}}", cards);
  CheckInjective("fpe {bank_card {keep_issuer: true} cipher: SM4}", cards);
  const Texts codes_out = Apply("fpe {uscc {}}", codes);
  const Texts phones_out = Apply("fpe {phone {}}", phones);
  const Texts cards_out = Apply("fpe {bank_card {}}", cards);
  const Texts issued = Apply("fpe {bank_card {keep_issuer: true}}", cards);
  for (size_t i = 0; i < codes.size(); ++i) {
    REQUIRE(identifiers::IsValidUscc(codes_out[i]));
    REQUIRE(codes_out[i][16] ==
            identifiers::OrganizationCheckCharacter(codes_out[i].substr(8, 8)));
    REQUIRE(codes_out[i].substr(0, 8) == codes[i].substr(0, 8));
    REQUIRE(identifiers::IsMobileNumber(phones_out[i]));
    REQUIRE(phones_out[i].substr(0, 3) == phones[i].substr(0, 3));
    REQUIRE(identifiers::IsValidBankCard(cards_out[i]));
    REQUIRE(cards_out[i].size() == cards[i].size());
    REQUIRE(identifiers::IsValidBankCard(issued[i]));
    REQUIRE(issued[i].substr(0, 6) == cards[i].substr(0, 6));
  }
  CHECK(Apply("fpe {uscc {}}", {"91350100M000100Y44", ""}) == Texts{"-", ""});
  CHECK(Apply("fpe {phone {}}", {"12812345678", ""}) == Texts{"-", ""});
  CHECK(Apply("fpe {bank_card {}}", {"4111111111111112", ""}) ==
        Texts{"-", ""});
}

TEST_CASE("an alphabet's texts are encrypted numeral by numeral as FF1 says") {
  Random random(3);
  struct Example {
    std::string treatment;
    std::vector<std::string> characters;
  };
  std::vector<std::string> han;
  for (char32_t code = 0x4E00; code <= 0x9FA5; ++code) {
    han.push_back({static_cast<char>(0xE0 | code >> 12),
                   static_cast<char>(0x80 | (code >> 6 & 63)),
                   static_cast<char>(0x80 | (code & 63))});
  }
  const std::vector<Example> examples = {
      {"fpe {alphabet: DIGITS}",
       {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
      {"fpe {characters: 'aé中\\360\\240\\200\\200' cipher: SM4}",
       {"a", "é", "中", "\xF0\xA0\x80\x80"}},
      {"fpe {characters: 'xyz'}", {"x", "y", "z"}},
      {"fpe {alphabet: HAN}", han},
  };
  for (const Example& example : examples) {
    CAPTURE(example.treatment);
    const bool is_sm4 = example.treatment.find("SM4") != std::string::npos;
    const auto radix = static_cast<uint32_t>(example.characters.size());
    const std::string key =
        crypto::HkdfSha256(std::string(32, 'k'),
                           is_sm4 ? "sluice.fpe.sm4.v1" : "sluice.fpe.aes.v1",
                           "", is_sm4 ? 16 : 32);
    const crypto::Ff1 ff1(is_sm4 ? crypto::NewSm4(key) : crypto::NewAes(key),
                          radix);
    Texts texts;
    Texts expected;
    for (int i = 0; i < 300; ++i) {
      const size_t length = i == 0   ? 256
                            : i == 1 ? 257
                                     : random() % (i % 10 == 0 ? 120 : 30);
      std::vector<uint16_t> numerals;
      std::string text;
      for (size_t k = 0; k < length; ++k) {
        numerals.push_back(static_cast<uint16_t>(random() % radix));
        text += example.characters[numerals.back()];
      }
      std::string out;
      if (length == 257 || (length > 0 && !ff1.IsLongEnough(length))) {
        out = "-";
      } else if (length > 0) {
        ff1.Encrypt(ff1.ShapeOf(length, 0), "", numerals.data());
        for (const uint16_t numeral : numerals) {
          out += example.characters[numeral];
        }
      }
      texts.push_back(text);
      expected.push_back(out);
    }
    texts.push_back(texts[2] + "?");
    expected.emplace_back("-");
    CHECK(Apply(example.treatment, texts) == expected);
  }
}

TEST_CASE("a treatment can be tried on NIST's samples") {
  const std::string key = HexDecode("2B7E151628AED2A6ABF7158809CF4F3C").value();
  CHECK(Apply("fpe {alphabet: DIGITS}", {"0123456789"}, Trial(key)) ==
        Texts{"2433477484"});
  CHECK(Apply("fpe {alphabet: DIGITS}", {"0123456789"},
              Trial(key, "9876543210")) == Texts{"6124200773"});
  CHECK(Apply("fpe {alphabet: DIGITS_LOWER}", {"0123456789abcdefghi"},
              Trial(key, "7777pqrs777")) == Texts{"a9tv40mll9kdu509eum"});
  const auto refused = CompileOperator(Parse("fpe {alphabet: DIGITS}"),
                                       TextField(), Trial("short"));
  CHECK(ReasonOf(refused.status()) == status::v1::REASON_CODE_MALFORMED);
}

TEST_CASE("a token opens with its key alone, and names the key's version") {
  const Texts texts = {
      "张伟", "a", "a", "", std::string(1000, 'x'), "11010519491231002X"};
  const Texts out = Apply("token {}", texts);
  const crypto::AesSiv siv(TokenKey(std::string(32, 'k')));
  const crypto::AesSiv other(TokenKey(std::string(32, 'x')));
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) {
      CHECK(out[i].empty());
      continue;
    }
    CHECK(out[i].substr(0, 2) == "3.");
    const auto opened = OpenToken(siv, records::v1::DATA_TYPE_STRING, out[i]);
    REQUIRE(opened.ok());
    CHECK(*opened == texts[i]);
    CHECK(ReasonOf(OpenToken(other, records::v1::DATA_TYPE_STRING, out[i])
                       .status()) == status::v1::REASON_CODE_MALFORMED);
    CHECK_FALSE(OpenToken(siv, records::v1::DATA_TYPE_BYTES, out[i]).ok());
    std::string changed = out[i];
    changed[5] = changed[5] == 'A' ? 'B' : 'A';
    CHECK_FALSE(OpenToken(siv, records::v1::DATA_TYPE_STRING, changed).ok());
  }
  CHECK(out[1] == out[2]);
  CHECK_FALSE(OpenToken(siv, records::v1::DATA_TYPE_STRING, "3.?").ok());
  CHECK_FALSE(OpenToken(siv, records::v1::DATA_TYPE_STRING, "").ok());

  ColumnBuilder numbers(7, records::v1::DATA_TYPE_INT64);
  numbers.AppendInt64(-2);
  numbers.AppendNull();
  Field field = TextField();
  field.set_type(records::v1::DATA_TYPE_INT64);
  const auto compiled = CompileOperator(Parse("token {}"), field, Keys());
  REQUIRE(compiled.ok());
  const Treated treated = (*compiled)->Apply(numbers.Finish());
  CHECK(treated.column.IsNull(1));
  CHECK(HexEncode(AsView(
            OpenToken(siv, records::v1::DATA_TYPE_INT64, treated.column.Text(0))
                .value())) == "fffffffffffffffe");
}

TEST_CASE("without a token key of the agreement a token is refused") {
  OperatorKeys keys = Keys();
  keys.token_secret.clear();
  const auto refused = CompileOperator(Parse("token {}"), TextField(), keys);
  CHECK(ReasonOf(refused.status()) == status::v1::REASON_CODE_TREATMENT_UNFIT);
}

TEST_CASE("agreements meet in a shared domain and nowhere else") {
  const Texts texts = {"11010519491231002X"};
  for (const std::string kind :
       {"pseudonym {%}", "pseudonym {hash: SM3 %}", "fpe {resident_id {} %}"}) {
    const auto with = [&kind](const std::string& domain) {
      std::string text = kind;
      return text.replace(text.find('%'), 1, domain);
    };
    const std::string shared = with("domain: 'one-window'");
    CHECK(Apply(shared, texts, Keys('a')) == Apply(shared, texts, Keys('b')));
    CHECK(Apply(shared, texts) != Apply(with("domain: 'tax'"), texts));
    CHECK(Apply(with(""), texts, Keys('a')) !=
          Apply(with(""), texts, Keys('b')));
    OperatorKeys without = Keys();
    without.shared_domain = nullptr;
    const auto refused = CompileOperator(Parse(shared), TextField(), without);
    CHECK(ReasonOf(refused.status()) == status::v1::REASON_CODE_INTERNAL);
  }
}

TEST_CASE("a surrogate looks like what it stands for and is always the same") {
  Random random(4);
  Texts texts;
  for (int i = 0; i < 2000; ++i) texts.push_back(RandomDigits(5, &random));
  for (const char* treatment :
       {"surrogate {name {}}", "surrogate {name {sex: FEMALE}}",
        "surrogate {name {sex: MALE}}", "surrogate {street {}}",
        "surrogate {company {}}"}) {
    CAPTURE(treatment);
    const Texts out = Apply(treatment, texts);
    CHECK(Apply(treatment, texts) == out);
    CHECK(Apply(treatment, texts, Keys('x')) != out);
    const std::set<std::string> different(out.begin(), out.end());
    CHECK(different.size() > 1000);
    for (const std::string& text : out) {
      REQUIRE(IsValidUtf8(AsView(text)));
      REQUIRE(text.size() >= 6);
      REQUIRE(text.size() <= 32);
    }
  }
  CHECK(Apply("surrogate {name {}}", {""}) == Texts{""});
}

TEST_CASE("one of a list is any of them, each about as often") {
  Random random(5);
  Texts texts;
  for (int i = 0; i < 9000; ++i) texts.push_back(RandomDigits(8, &random));
  std::map<std::string, int> counts;
  for (const std::string& text :
       Apply("surrogate {one_of {values: ['a', '乙', 'cc']}}", texts)) {
    ++counts[text];
  }
  REQUIRE(counts.size() == 3);
  for (const auto& [text, count] : counts) {
    CAPTURE(text);
    CHECK(std::abs(count - 3000) < 200);
  }
}

TEST_CASE(
    "same_form keeps length, punctuation and the kind of each character") {
  Random random(6);
  Texts texts = {"浙A-12345", "a b,c。", std::string(5000, '7'),
                 "\xF0\xA0\x80\x80ＡＢ９", ""};
  for (int i = 0; i < 500; ++i) {
    texts.push_back(absl::StrCat("No.", RandomDigits(6, &random), " 号ab"));
  }
  const Texts out = Apply("surrogate {same_form {}}", texts);
  CHECK(Apply("surrogate {same_form {}}", texts) == out);
  CHECK(Apply("surrogate {same_form {}}", texts, Keys('x')) != out);
  std::set<std::string> different;
  for (size_t i = 5; i < texts.size(); ++i) {
    REQUIRE(out[i].size() == texts[i].size());
    for (size_t k = 0; k < out[i].size(); ++k) {
      const auto c = static_cast<unsigned char>(out[i][k]);
      const auto was = static_cast<unsigned char>(texts[i][k]);
      REQUIRE(absl::ascii_isdigit(c) == absl::ascii_isdigit(was));
      REQUIRE(absl::ascii_isupper(c) == absl::ascii_isupper(was));
      REQUIRE(absl::ascii_islower(c) == absl::ascii_islower(was));
      REQUIRE((c < 0x80) == (was < 0x80));
      if (was < 0x80 && !absl::ascii_isalnum(was)) REQUIRE(c == was);
    }
    different.insert(out[i]);
  }
  CHECK(different.size() ==
        std::set<std::string>(texts.begin() + 5, texts.end()).size());
  // Each digit of a long text is drawn for itself.
  for (char digit = '0'; digit <= '9'; ++digit) {
    CHECK(std::count(out[2].begin(), out[2].end(), digit) > 400);
  }
  CHECK(out[3].size() == 3 + 3 * 3);
  CHECK(IsValidUtf8(AsView(out[3])));
  // What it knows no other of, and what has nothing to hide.
  CHECK(Apply("surrogate {same_form {}}", {"é1", "--", "1😀", "Ж"}) ==
        Texts{"-", "-", "-", "-"});
}

TEST_CASE("surrogates and noise are those of the examples in the documents") {
  OperatorKeys keys;
  keys.pseudonym_secret =
      HexDecode(
          "33f3543c3b669d4674637968d1bf5bb3e12ac8668acf85ebf8196d143e5e8852")
          .value();
  CHECK(Apply("surrogate {same_form {}}", {"浙A-12345", "11010519491231002X"},
              keys) == Texts{"敗H-16805", "42322469346522014V"});
  CHECK(Apply("surrogate {one_of {values: ['红', '黄', '蓝']}}", {"浙A-12345"},
              keys) == Texts{"黄"});
  const auto apply = [&keys](const std::string& treatment,
                             const Column& column) {
    Field field = TextField();
    field.set_type(column.type);
    const auto compiled = CompileOperator(Parse(treatment), field, keys);
    REQUIRE(compiled.ok());
    return (*compiled)->Apply(column).column;
  };
  ColumnBuilder dates(7, records::v1::DATA_TYPE_DATE);
  dates.AppendDate(6443);
  // 1967-10-01.
  CHECK(apply("surrogate {in_range {min: '1950-01-01' max: '2009-12-31'}}",
              dates.Finish())
            .Value<int32_t>(0) == -823);
  ColumnBuilder numbers(7, records::v1::DATA_TYPE_INT64);
  numbers.AppendInt64(12345);
  const Column number = numbers.Finish();
  CHECK(apply("surrogate {in_range {min: '1000' max: '9999'}}", number)
            .Value<int64_t>(0) == 8613);
  CHECK(apply("perturb {uniform {within: '500'}}", number).Value<int64_t>(0) ==
        12377);
}

TEST_CASE("a number or date drawn from a range is any of it") {
  constexpr int kRows = 10'000;
  const auto apply = [](const std::string& treatment, DataType type) {
    ColumnBuilder builder(7, type);
    for (int i = 0; i < kRows; ++i) {
      switch (type) {
        case records::v1::DATA_TYPE_DATE:
          builder.AppendDate(i);
          break;
        case records::v1::DATA_TYPE_TIMESTAMP:
          builder.AppendTimestamp(i);
          break;
        case records::v1::DATA_TYPE_DOUBLE:
          builder.AppendDouble(i);
          break;
        default:
          builder.AppendInt64(i);
      }
    }
    builder.AppendNull();
    Field field = TextField();
    field.set_type(type);
    const auto compiled = CompileOperator(Parse(treatment), field, Keys());
    REQUIRE(compiled.ok());
    Treated treated = (*compiled)->Apply(builder.Finish());
    CHECK(treated.untreatable == 0);
    CHECK(treated.column.null_count == 1);
    CHECK(treated.column.type == type);
    return treated.column;
  };
  const Column numbers = apply("surrogate {in_range {min: '-2' max: '2'}}",
                               records::v1::DATA_TYPE_INT64);
  std::map<int64_t, int> counts;
  for (uint32_t row = 0; row < kRows; ++row) {
    ++counts[numbers.Value<int64_t>(row)];
  }
  REQUIRE(counts.size() == 5);
  CHECK(counts.begin()->first == -2);
  CHECK(counts.rbegin()->first == 2);
  for (const auto& [number, count] : counts)
    CHECK(std::abs(count - 2000) < 200);

  const Column dates =
      apply("surrogate {in_range {min: '1970-01-01' max: '1970-01-02'}}",
            records::v1::DATA_TYPE_DATE);
  int later = 0;
  for (uint32_t row = 0; row < kRows; ++row) {
    const int32_t day = dates.Value<int32_t>(row);
    REQUIRE((day == 0 || day == 1));
    later += day;
  }
  CHECK(std::abs(later - kRows / 2) < 300);

  const Column times =
      apply("surrogate {in_range {min: '1970-01-01' max: '1970-01-02'}}",
            records::v1::DATA_TYPE_TIMESTAMP);
  constexpr int64_t kTwoDays = int64_t{2} * 86'400'000'000;
  double sum = 0;
  for (uint32_t row = 0; row < kRows; ++row) {
    const int64_t time = times.Value<int64_t>(row);
    REQUIRE((time >= 0 && time < kTwoDays));
    sum += static_cast<double>(time);
  }
  CHECK(std::abs(sum / kRows / kTwoDays - 0.5) < 0.02);

  const Column doubles = apply("surrogate {in_range {min: '0.5' max: '0.75'}}",
                               records::v1::DATA_TYPE_DOUBLE);
  for (uint32_t row = 0; row < kRows; ++row) {
    REQUIRE(doubles.Value<double>(row) >= 0.5);
    REQUIRE(doubles.Value<double>(row) <= 0.75);
  }
}

TEST_CASE("noise has the spread it is asked for and none on average") {
  ColumnBuilder builder(7, records::v1::DATA_TYPE_DOUBLE);
  constexpr int kRows = 20'000;
  for (int i = 0; i < kRows; ++i) builder.AppendDouble(i);
  const Column column = builder.Finish();
  Field field = TextField();
  field.set_type(records::v1::DATA_TYPE_DOUBLE);
  // Laplace of scale 2 has the variance 8, Gaussian of deviation 3 has 9, what
  // is uniform within 6 has 12.
  for (const auto& [treatment, variance] :
       std::vector<std::pair<std::string, double>>{
           {"perturb {laplace {scale: '2'}}", 8},
           {"perturb {gaussian {scale: '3'}}", 9},
           {"perturb {uniform {within: '6'}}", 12}}) {
    const auto compiled = CompileOperator(Parse(treatment), field, Keys());
    REQUIRE(compiled.ok());
    const Treated treated = (*compiled)->Apply(column);
    double sum = 0;
    double squares = 0;
    for (uint32_t row = 0; row < kRows; ++row) {
      const double noise = treated.column.Value<double>(row) - row;
      sum += noise;
      squares += noise * noise;
    }
    CHECK(std::abs(sum / kRows) < 0.1);
    CHECK(std::abs(squares / kRows - variance) < variance / 15);
  }
}

}  // namespace
}  // namespace sluice::desensitize
