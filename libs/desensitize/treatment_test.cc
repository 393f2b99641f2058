#include "libs/desensitize/treatment.h"

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/status.h"

namespace sluice::desensitize {
namespace {

using records::v1::DataType;

constexpr char kPath[] = "fields[2].treatment";

Treatment Parse(const std::string& text) {
  Treatment treatment;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &treatment));
  return treatment;
}

Field FieldOf(DataType type) {
  Field field;
  field.set_id(3);
  field.set_name("some_field");
  field.set_type(type);
  field.set_required(true);
  field.set_sensitivity(catalog::v1::SENSITIVITY_L3_SENSITIVE);
  return field;
}

Field TextFieldOf(catalog::v1::SemanticType meaning) {
  Field field = FieldOf(records::v1::DATA_TYPE_STRING);
  field.set_semantic_type(meaning);
  return field;
}

// The resolved treatment as text, or the path of the error.
std::string Resolved(const std::string& text, const Field& field) {
  const auto resolved = ResolveTreatment(Parse(text), field, kPath);
  if (resolved.ok()) return resolved->ShortDebugString();
  CHECK(ReasonOf(resolved.status()) == status::v1::REASON_CODE_TREATMENT_UNFIT);
  return "error at " + sluice::FieldOf(resolved.status());
}

std::string Normal(const std::string& text) {
  return Parse(text).ShortDebugString();
}

TEST_CASE("a bare mask becomes the rule of the field's semantic type") {
  const std::vector<std::pair<catalog::v1::SemanticType, std::string>> rules = {
      {catalog::v1::SEMANTIC_TYPE_RESIDENT_ID, "keep_ends {first: 6 last: 4}"},
      {catalog::v1::SEMANTIC_TYPE_USCC, "keep_ends {first: 2 last: 4}"},
      {catalog::v1::SEMANTIC_TYPE_PERSON_NAME, "name {}"},
      {catalog::v1::SEMANTIC_TYPE_PHONE, "phone {}"},
      {catalog::v1::SEMANTIC_TYPE_ADDRESS, "address {level: DISTRICT}"},
      {catalog::v1::SEMANTIC_TYPE_BANK_CARD, "bank_card {}"},
      {catalog::v1::SEMANTIC_TYPE_EMAIL, "email {}"},
      {catalog::v1::SEMANTIC_TYPE_PLATE, "plate {}"},
      {catalog::v1::SEMANTIC_TYPE_PASSPORT, "keep_ends {first: 1 last: 2}"},
      {catalog::v1::SEMANTIC_TYPE_ICD10, "keep_ends {first: 1}"},
  };
  for (const auto& [meaning, rule] : rules) {
    CAPTURE(rule);
    CHECK(Resolved("mask {}", TextFieldOf(meaning)) ==
          Normal("mask {" + rule + " symbol: '*'}"));
    CHECK(Resolved("mask {symbol: '#'}", TextFieldOf(meaning)) ==
          Normal("mask {" + rule + " symbol: '#'}"));
  }
}

TEST_CASE("a bare mask may stand for another kind of treatment") {
  const auto bare = [](catalog::v1::SemanticType meaning, DataType type) {
    Field field = FieldOf(type);
    field.set_semantic_type(meaning);
    return Resolved("mask {}", field);
  };
  using namespace catalog::v1;  // NOLINT: names of one proto package
  using namespace records::v1;  // NOLINT: names of one proto package
  const std::string year = Normal("generalize {date {unit: YEAR}}");
  CHECK(bare(SEMANTIC_TYPE_BIRTH_DATE, DATA_TYPE_DATE) == year);
  CHECK(bare(SEMANTIC_TYPE_BIRTH_DATE, DATA_TYPE_TIMESTAMP) == year);
  CHECK(bare(SEMANTIC_TYPE_BIRTH_DATE, DATA_TYPE_STRING) ==
        Normal("mask {keep_ends {first: 4} symbol: '*'}"));
  CHECK(bare(SEMANTIC_TYPE_POINT, DATA_TYPE_STRING) ==
        Normal("generalize {grid {cell: '0.01'}}"));
  for (const auto type :
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}) {
    CHECK_THAT(bare(SEMANTIC_TYPE_AMOUNT, type),
               Catch::StartsWith("generalize { bucket { bounds: "));
  }
  for (const auto type : {DATA_TYPE_STRING, DATA_TYPE_INT64, DATA_TYPE_BOOL}) {
    CHECK(bare(SEMANTIC_TYPE_SEX, type) == Normal("withhold {}"));
  }
}

TEST_CASE("a bare mask of a division code leaves a level above the code's") {
  Field field = TextFieldOf(catalog::v1::SEMANTIC_TYPE_DIVISION_CODE);
  const std::vector<std::pair<uint32_t, std::string>> levels = {
      {0, "COUNTY"},
      {12, "COUNTY"},
      {9, "COUNTY"},
      {6, "CITY"},
      {4, "PROVINCE"}};
  for (const auto& [length, level] : levels) {
    field.set_length_max(length);
    CHECK(Resolved("mask {}", field) ==
          Normal("generalize {division {level: " + level + "}}"));
  }
  field.set_length_max(2);
  CHECK(Resolved("mask {}", field) == "error at fields[2].treatment.mask");
}

TEST_CASE("a bare mask of a highly sensitive field is as strong as it must") {
  using namespace catalog::v1;  // NOLINT: names of one proto package
  for (const auto level : {SENSITIVITY_L4_HIGHLY_SENSITIVE, SENSITIVITY_CORE}) {
    for (const auto meaning :
         {SEMANTIC_TYPE_RESIDENT_ID, SEMANTIC_TYPE_USCC,
          SEMANTIC_TYPE_PERSON_NAME, SEMANTIC_TYPE_PHONE, SEMANTIC_TYPE_ADDRESS,
          SEMANTIC_TYPE_BANK_CARD, SEMANTIC_TYPE_EMAIL, SEMANTIC_TYPE_PLATE,
          SEMANTIC_TYPE_PASSPORT}) {
      Field field = TextFieldOf(meaning);
      field.set_sensitivity(level);
      CHECK(Resolved("mask {}", field) ==
            Normal("pseudonym {format: HEX length: 32 hash: SHA256}"));
      field.set_type(records::v1::DATA_TYPE_BOOL);
      CHECK(Resolved("mask {}", field) == "error at fields[2].treatment.mask");
    }
    for (const auto meaning :
         {SEMANTIC_TYPE_DIVISION_CODE, SEMANTIC_TYPE_BIRTH_DATE,
          SEMANTIC_TYPE_SEX, SEMANTIC_TYPE_ICD10, SEMANTIC_TYPE_AMOUNT,
          SEMANTIC_TYPE_POINT}) {
      Field field = TextFieldOf(meaning);
      field.set_sensitivity(level);
      CHECK(Resolved("mask {}", field) == Normal("withhold {}"));
    }
  }
}

TEST_CASE("a symbol goes with a mask alone") {
  Field field = TextFieldOf(catalog::v1::SEMANTIC_TYPE_PHONE);
  field.set_sensitivity(catalog::v1::SENSITIVITY_L4_HIGHLY_SENSITIVE);
  const auto error =
      ResolveTreatment(Parse("mask {symbol: '#'}"), field, kPath).status();
  CHECK(sluice::FieldOf(error) == "fields[2].treatment.mask.symbol");
  CHECK_THAT(std::string(error.message()),
             Catch::Contains("`mask` stands for pseudonym.hex here"));
}

TEST_CASE("a bare mask without a customary rule asks for one") {
  using namespace catalog::v1;  // NOLINT: names of one proto package
  CHECK(Resolved("mask {}", TextFieldOf(SEMANTIC_TYPE_UNSPECIFIED)) ==
        "error at fields[2].treatment.mask");
  Field field = TextFieldOf(SEMANTIC_TYPE_UNSPECIFIED);
  field.set_sensitivity(SENSITIVITY_L4_HIGHLY_SENSITIVE);
  CHECK(Resolved("mask {}", field) == "error at fields[2].treatment.mask");
  field = FieldOf(records::v1::DATA_TYPE_INT64);
  field.set_semantic_type(SEMANTIC_TYPE_PHONE);
  CHECK(Resolved("mask {}", field) == "error at fields[2].treatment.mask");
  const auto error = ResolveTreatment(Parse("mask {}"),
                                      TextFieldOf(SEMANTIC_TYPE_AMOUNT), kPath)
                         .status();
  CHECK_THAT(std::string(error.message()),
             Catch::Contains("semantic type AMOUNT") &&
                 Catch::Contains("mask.keep_ends") &&
                 Catch::Contains("can take keep, mask, pseudonym"));
}

TEST_CASE("defaults become values and what is set stays") {
  const Field text = FieldOf(records::v1::DATA_TYPE_STRING);
  CHECK(Resolved("pseudonym {}", text) ==
        Normal("pseudonym {format: HEX length: 32 hash: SHA256}"));
  CHECK(Resolved("pseudonym {format: BASE32}", text) ==
        Normal("pseudonym {format: BASE32 length: 32 hash: SHA256}"));
  CHECK(Resolved("mask {address {}}", text) ==
        Normal("mask {address {level: DISTRICT} symbol: '*'}"));
  CHECK(Resolved("mask {address {level: CITY} symbol: '＊'}", text) ==
        Normal("mask {address {level: CITY} symbol: '＊'}"));
  CHECK(Resolved("keep {}", text) == Normal("keep {}"));
  CHECK(Resolved("withhold {}", text) == Normal("withhold {}"));
  CHECK(Resolved("generalize {division {level: CITY}}", text) ==
        Normal("generalize {division {level: CITY}}"));
}

TEST_CASE("a bare fpe becomes the preset of the field's semantic type") {
  const std::vector<std::pair<catalog::v1::SemanticType, std::string>> presets =
      {
          {catalog::v1::SEMANTIC_TYPE_RESIDENT_ID, "resident_id {}"},
          {catalog::v1::SEMANTIC_TYPE_USCC, "uscc {}"},
          {catalog::v1::SEMANTIC_TYPE_PHONE, "phone {}"},
          {catalog::v1::SEMANTIC_TYPE_BANK_CARD, "bank_card {}"},
      };
  for (const auto& [meaning, preset] : presets) {
    CHECK(Resolved("fpe {}", TextFieldOf(meaning)) ==
          Normal("fpe {" + preset + " cipher: AES}"));
    CHECK(Resolved("fpe {cipher: SM4}", TextFieldOf(meaning)) ==
          Normal("fpe {" + preset + " cipher: SM4}"));
  }
  CHECK(Resolved("fpe {}", TextFieldOf(catalog::v1::SEMANTIC_TYPE_EMAIL)) ==
        "error at fields[2].treatment.fpe");
}

TEST_CASE("an encryption over a domain known to be too small is refused") {
  Field field = FieldOf(records::v1::DATA_TYPE_STRING);
  const std::vector<std::pair<std::string, uint32_t>> shortest = {
      {"alphabet: DIGITS", 6},
      {"alphabet: DIGITS_LOWER", 4},
      {"alphabet: HAN", 6},
      {"characters: '01'", 20},
  };
  for (const auto& [alphabet, bytes] : shortest) {
    CAPTURE(alphabet);
    field.set_length_max(bytes);
    CHECK(Resolved("fpe {" + alphabet + "}", field) ==
          Normal("fpe {" + alphabet + " cipher: AES}"));
    field.set_length_max(bytes - 1);
    CHECK(Resolved("fpe {" + alphabet + "}", field) ==
          "error at fields[2].treatment.fpe");
  }
}

TEST_CASE("each step of a chain meets what the one before it made") {
  const Field date = FieldOf(records::v1::DATA_TYPE_DATE);
  CHECK(Resolved("chain {steps {generalize {weekday {}}}"
                 " steps {generalize {bucket {width: '5'}}}}",
                 date)
            .find("error") == std::string::npos);
  CHECK(Resolved("chain {steps {pseudonym {}} steps {mask {keep_ends {first: "
                 "4}}}}",
                 date) ==
        Normal("chain {steps {pseudonym {format: HEX length: 32 hash: SHA256}}"
               " steps {mask {keep_ends {first: 4} symbol: '*'}}}"));
  CHECK(Resolved("chain {steps {generalize {weekday {}}}"
                 " steps {generalize {date {unit: YEAR}}}}",
                 date) ==
        "error at fields[2].treatment.chain.steps[1].generalize.date");
  CHECK(Resolved("chain {}", date) ==
        "error at fields[2].treatment.chain.steps");
  CHECK(Resolved("chain {steps {keep {}}}", date) ==
        "error at fields[2].treatment.chain.steps[0]");
  CHECK(Resolved("chain {steps {chain {steps {withhold {}}}}}", date) ==
        "error at fields[2].treatment.chain.steps[0]");
}

TEST_CASE("a chain makes no values of which a column could not hold enough") {
  Field text = FieldOf(records::v1::DATA_TYPE_STRING);
  text.set_length_max(9000);
  const std::string four = "mask {name {} symbol: '\\360\\237\\230\\200'}";
  // 36,000 bytes.
  CHECK(Resolved("chain {steps {" + four + "}}", text) ==
        "error at fields[2].treatment.chain.steps[0]");
  CHECK(Resolved("chain {steps {token {}} steps {" + four + "}}", text) ==
        "error at fields[2].treatment.chain.steps[1]");
  CHECK(Resolved(four, text).find("error") == std::string::npos);
  text.set_length_max(8191);
  CHECK(Resolved("chain {steps {" + four + "}}", text).find("error") ==
        std::string::npos);
  // What does not grow may be long.
  text.set_length_max(65'536);
  CHECK(Resolved("chain {steps {mask {name {}}}}", text).find("error") ==
        std::string::npos);
}

TEST_CASE("what a hierarchy makes of a value is as short as a label") {
  const Field text = FieldOf(records::v1::DATA_TYPE_STRING);
  const auto resolved = [&text](size_t bytes) {
    return Resolved("generalize {hierarchy {level: 2 csv: 'a," +
                        std::string(300, 'b') + "," + std::string(bytes, 'c') +
                        "'}}",
                    text);
  };
  CHECK(resolved(256).find("error") == std::string::npos);
  CHECK(resolved(257) == "error at fields[2].treatment.generalize.hierarchy");
}

TEST_CASE("resolving twice changes nothing") {
  const Field field = TextFieldOf(catalog::v1::SEMANTIC_TYPE_RESIDENT_ID);
  for (const char* text : {"mask {}", "pseudonym {}", "keep {}",
                           "mask {address {}}", "withhold {}", "fpe {}",
                           "chain {steps {mask {}} steps {pseudonym {}}}"}) {
    const auto once = ResolveTreatment(Parse(text), field, kPath);
    REQUIRE(once.ok());
    const auto twice = ResolveTreatment(*once, field, kPath);
    REQUIRE(twice.ok());
    CHECK(once->SerializeAsString() == twice->SerializeAsString());
  }
}

TEST_CASE("each treatment takes exactly the types it is documented for") {
  using records::v1::DataType_IsValid;
  const std::vector<std::pair<std::string, std::string>> taken_by = {
      {"keep {}", "12345678"},
      {"withhold {}", "12345678"},
      {"mask {name {}}", "5"},
      {"pseudonym {}", "2567"},
      {"generalize {date {unit: MONTH}}", "78"},
      {"generalize {division {level: CITY}}", "5"},
      {"generalize {weekday {}}", "78"},
      {"generalize {age {as_of: '2026-01-01'}}", "78"},
      {"generalize {time_part {part: MONTH_OF_YEAR}}", "78"},
      {"generalize {time_part {part: DAY_OF_MONTH}}", "78"},
      {"generalize {time_part {part: HOUR_OF_DAY}}", "8"},
      {"generalize {bucket {width: '10' form: RANGE}}", "234"},
      {"generalize {bucket {bounds: '0' labels: 'a'}}", "234"},
      {"mask {classes {}}", "5"},
      {"mask {free_text {form: LABEL}}", "5"},
      {"perturb {uniform {within: '1'}}", "234"},
      {"surrogate {company {}}", "5"},
      {"surrogate {one_of {values: ['a', 'b']}}", "5"},
      {"surrogate {same_form {}}", "5"},
      {"surrogate {in_range {min: '0' max: '1'}}", "234"},
      {"surrogate {in_range {min: '2000-01-01' max: '2000-01-02'}}", "78"},
      {"generalize {date {unit: DAY}}", "8"},
      {"generalize {bucket {width: '10'}}", "234"},
      {"generalize {round {step: '10'}}", "234"},
      {"generalize {clamp {max: '10'}}", "234"},
      {"generalize {hierarchy {csv: 'a,b' level: 1}}", "5"},
      {"generalize {grid {cell: '1'}}", "5"},
      {"fpe {alphabet: DIGITS}", "5"},
      {"token {}", "2567"},
      {"perturb {date_shift {days_max: 1}}", "78"},
      {"perturb {laplace {scale: '1'}}", "234"},
      {"perturb {gaussian {scale: '1'}}", "234"},
      {"surrogate {name {}}", "5"},
      {"withhold {placeholder {}}", "12345678"},
      {"withhold {constant: '0'}", "2345"},
      {"withhold {constant: 'true'}", "15"},
      {"withhold {constant: '2026-01-31'}", "57"},
  };
  for (const auto& [text, types] : taken_by) {
    for (int type = 1; DataType_IsValid(type); ++type) {
      CAPTURE(text, type);
      const bool taken =
          ResolveTreatment(Parse(text), FieldOf(static_cast<DataType>(type)),
                           kPath)
              .ok();
      CHECK(taken == (types.find(std::to_string(type)) != std::string::npos));
    }
  }
}

TEST_CASE(
    "an error says what is wrong, where, and which treatments would fit") {
  const auto error =
      ResolveTreatment(Parse("mask {name {}}"),
                       FieldOf(records::v1::DATA_TYPE_DATE), kPath)
          .status();
  CHECK(sluice::FieldOf(error) == "fields[2].treatment.mask");
  CHECK_THAT(std::string(error.message()),
             Catch::Contains("some_field of type DATE") &&
                 Catch::Contains("keep, pseudonym, token, "
                                 "surrogate.in_range, generalize.date, ") &&
                 Catch::Contains(", withhold"));
}

TEST_CASE("a treatment outside its bounds is unfit at the part that is") {
  const Field text = FieldOf(records::v1::DATA_TYPE_STRING);
  const Field date = FieldOf(records::v1::DATA_TYPE_DATE);
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", ""},
      {"mask {keep_ends {}}", ".mask.keep_ends"},
      {"mask {keep_ends {first: 65}}", ".mask.keep_ends"},
      {"mask {keep_ends {last: 4294967295 first: 1}}", ".mask.keep_ends"},
      {"mask {name {} symbol: '**'}", ".mask.symbol"},
      {"mask {name {} symbol: '\\n'}", ".mask.symbol"},
      {"mask {phone {} symbol: '\\342\\200\\213'}", ".mask.symbol"},
      {"mask {address {level: 9}}", ".mask.address.level"},
      {"pseudonym {length: 15}", ".pseudonym.length"},
      {"pseudonym {length: 65}", ".pseudonym.length"},
      {"pseudonym {format: BASE32 length: 12}", ".pseudonym.length"},
      {"pseudonym {format: BASE32 length: 53}", ".pseudonym.length"},
      {"pseudonym {format: 7}", ".pseudonym.format"},
      {"generalize {}", ".generalize"},
      {"generalize {division {}}", ".generalize.division.level"},
      {"generalize {division {level: 5}}", ".generalize.division.level"},
      {"mask {hide_range {to: 3}}", ".mask.hide_range"},
      {"mask {keep_range {from: 4 to: 3}}", ".mask.keep_range"},
      {"mask {hide_range {from: 1 to: 65537}}", ".mask.hide_range"},
      {"mask {hide_before {}}", ".mask.hide_before.character"},
      {"mask {hide_after {character: 'ab'}}", ".mask.hide_after.character"},
      {"mask {pattern {}}", ".mask.pattern.expression"},
      {"mask {pattern {expression: '('}}", ".mask.pattern.expression"},
      {"mask {pattern {expression: 'a*'}}", ".mask.pattern.expression"},
      {"pseudonym {hash: 7}", ".pseudonym.hash"},
      {"pseudonym {domain: 'A b'}", ".pseudonym.domain"},
      {"fpe {}", ".fpe"},
      {"fpe {alphabet: 9}", ".fpe.alphabet"},
      {"fpe {alphabet: ALPHABET_UNSPECIFIED}", ".fpe.alphabet"},
      {"fpe {characters: 'a'}", ".fpe.characters"},
      {"fpe {characters: 'aba'}", ".fpe.characters"},
      {"fpe {alphabet: DIGITS cipher: 9}", ".fpe.cipher"},
      {"fpe {alphabet: DIGITS domain: '_'}", ".fpe.domain"},
      {"fpe {resident_id {keep: 3}}", ".fpe.resident_id.keep"},
      {"surrogate {}", ".surrogate"},
      {"surrogate {name {sex: 4}}", ".surrogate.name.sex"},
      {"generalize {hierarchy {csv: 'a,b' level: 2}}", ".generalize.hierarchy"},
      {"generalize {hierarchy {csv: 'a,b\\na,c' level: 1}}",
       ".generalize.hierarchy"},
      {"generalize {hierarchy {level: 1}}", ".generalize.hierarchy"},
      {"generalize {grid {cell: '0'}}", ".generalize.grid.cell"},
      {"generalize {grid {cell: '91'}}", ".generalize.grid.cell"},
      {"generalize {grid {cell: '0.0000001'}}", ".generalize.grid.cell"},
  };
  for (const auto& [treatment, part] : wrong) {
    CAPTURE(treatment);
    CHECK(Resolved(treatment, text) == "error at " + (kPath + part));
  }
  CHECK(Resolved("generalize {date {}}", date) ==
        "error at fields[2].treatment.generalize.date.unit");
  for (const char* unit : {"4", "5"}) {
    CHECK(
        Resolved(std::string("generalize {date {unit: ") + unit + "}}", date) ==
        "error at fields[2].treatment.generalize.date.unit");
  }
  CHECK(Resolved("generalize {age {as_of: '2026-02-29'}}", date) ==
        "error at fields[2].treatment.generalize.age.as_of");
  CHECK(Resolved("generalize {age {as_of: '2026-02-28' band_years: 101}}",
                 date) ==
        "error at fields[2].treatment.generalize.age.band_years");
  for (const char* days : {"0", "3651"}) {
    CHECK(Resolved(std::string("perturb {date_shift {days_max: ") + days + "}}",
                   date) ==
          "error at fields[2].treatment.perturb.date_shift.days_max");
  }
  CHECK(Resolved("withhold {constant: '2026-13-01'}", date) ==
        "error at fields[2].treatment.withhold.constant");
  const Field number = FieldOf(records::v1::DATA_TYPE_INT64);
  const std::vector<std::pair<std::string, std::string>> wrong_numbers = {
      {"generalize {bucket {}}", "generalize.bucket"},
      {"generalize {bucket {width: '1' bounds: '1'}}", "generalize.bucket"},
      {"generalize {bucket {width: '0'}}", "generalize.bucket.width"},
      {"generalize {bucket {width: '-1'}}", "generalize.bucket.width"},
      {"generalize {bucket {width: '0.5'}}", "generalize.bucket.width"},
      {"generalize {bucket {width: '1e3'}}", "generalize.bucket.width"},
      {"generalize {bucket {width: '9223372036854775808'}}",
       "generalize.bucket.width"},
      {"generalize {bucket {bounds: ['1', '1']}}", "generalize.bucket.bounds"},
      {"generalize {bucket {bounds: ['2', '10', '9']}}",
       "generalize.bucket.bounds"},
      {"generalize {round {}}", "generalize.round.step"},
      {"generalize {clamp {}}", "generalize.clamp"},
      {"generalize {clamp {min: '2' max: '1'}}", "generalize.clamp"},
      // These would change nothing, or hardly anything.
      {"generalize {bucket {width: '1'}}", "generalize.bucket.width"},
      {"generalize {bucket {width: '01.0'}}", "generalize.bucket.width"},
      {"generalize {bucket {bounds: ['-1', '0', '1', '2']}}",
       "generalize.bucket.bounds"},
      {"generalize {round {step: '1'}}", "generalize.round.step"},
      {"perturb {laplace {scale: '0.01'}}", "perturb.laplace.scale"},
      {"perturb {gaussian {scale: '0.99'}}", "perturb.gaussian.scale"},
      {"chain {steps {generalize {clamp {min: '0'}}}"
       " steps {generalize {round {step: '1'}}}}",
       "chain.steps[1].generalize.round.step"},
      {"perturb {}", "perturb"},
      {"perturb {laplace {scale: '0'}}", "perturb.laplace.scale"},
      {"perturb {gaussian {scale: 'x'}}", "perturb.gaussian.scale"},
  };
  for (const auto& [treatment, part] : wrong_numbers) {
    CAPTURE(treatment);
    CHECK(Resolved(treatment, number) ==
          "error at fields[2].treatment." + part);
  }
}

TEST_CASE("what is too fine to hide anything goes by the field's scale") {
  Field field = FieldOf(records::v1::DATA_TYPE_DECIMAL128);
  field.set_scale(2);
  const auto fits = [&field](const std::string& treatment) {
    return ResolveTreatment(Parse(treatment), field, kPath).ok();
  };
  CHECK(fits("generalize {bucket {width: '0.02'}}"));
  CHECK_FALSE(fits("generalize {bucket {width: '0.01'}}"));
  CHECK(fits("generalize {round {step: '1'}}"));
  CHECK_FALSE(fits("generalize {round {step: '0.010'}}"));
  CHECK(fits("generalize {bucket {bounds: ['0', '1', '2']}}"));
  CHECK_FALSE(fits("generalize {bucket {bounds: ['0.1', '0.11', '0.12']}}"));
  CHECK(fits("perturb {laplace {scale: '0.01'}}"));
  CHECK(fits("perturb {gaussian {scale: '0.0155'}}"));
  CHECK_FALSE(fits("perturb {laplace {scale: '0.0099'}}"));
  // A double has no last decimal.
  field = FieldOf(records::v1::DATA_TYPE_DOUBLE);
  CHECK(fits("generalize {bucket {width: '0.001'}}"));
  CHECK(fits("generalize {round {step: '1'}}"));
  CHECK(fits("perturb {laplace {scale: '0.001'}}"));
  // Whether there are any, and counts whose greatest are one.
  field = FieldOf(records::v1::DATA_TYPE_INT64);
  CHECK(fits("generalize {bucket {bounds: ['0', '1']}}"));
  CHECK(fits("generalize {bucket {bounds: ['0', '1', '2', '4']}}"));
  CHECK(fits("generalize {round {step: '2'}}"));
  CHECK(fits("perturb {gaussian {scale: '1'}}"));
}

TEST_CASE("a list, a range or a form outside its bounds is unfit there") {
  const Field text = FieldOf(records::v1::DATA_TYPE_STRING);
  const Field date = FieldOf(records::v1::DATA_TYPE_DATE);
  const Field number = FieldOf(records::v1::DATA_TYPE_INT64);
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"surrogate {one_of {}}", ".surrogate.one_of.values"},
      {"surrogate {one_of {values: 'a'}}", ".surrogate.one_of.values"},
      {"surrogate {one_of {values: ['a', 'b', 'a']}}",
       ".surrogate.one_of.values[2]"},
      {"surrogate {one_of {values: ['a', '']}}", ".surrogate.one_of.values[1]"},
      {"mask {free_text {form: 3}}", ".mask.free_text.form"},
  };
  for (const auto& [treatment, part] : wrong) {
    CAPTURE(treatment);
    CHECK(Resolved(treatment, text) == "error at " + (kPath + part));
  }
  const std::vector<std::pair<std::string, std::string>> wrong_numbers = {
      {"generalize {bucket {width: '10' form: 2}}", "generalize.bucket.form"},
      {"generalize {bucket {form: RANGE}}", "generalize.bucket"},
      {"generalize {bucket {width: '1' form: RANGE}}",
       "generalize.bucket.width"},
      {"generalize {bucket {bounds: ['0', '1', '2'] form: RANGE}}",
       "generalize.bucket.bounds"},
      {"generalize {bucket {width: '10' labels: 'a'}}",
       "generalize.bucket.labels"},
      {"generalize {bucket {bounds: '1' labels: ['a', 'b']}}",
       "generalize.bucket.labels"},
      {"generalize {bucket {bounds: '1' labels: ''}}",
       "generalize.bucket.labels"},
      {"generalize {bucket {bounds: '1' labels: 'a' form: RANGE}}",
       "generalize.bucket.labels"},
      {"surrogate {in_range {max: '1'}}", "surrogate.in_range.min"},
      {"surrogate {in_range {min: '0' max: '0.5'}}", "surrogate.in_range.max"},
      {"surrogate {in_range {min: '1' max: '1'}}", "surrogate.in_range"},
      {"surrogate {in_range {min: '-4611686018427387904' max: "
       "'4611686018427387904'}}",
       "surrogate.in_range"},
      {"perturb {uniform {}}", "perturb.uniform.within"},
      {"perturb {uniform {within: '0'}}", "perturb.uniform.within"},
      {"perturb {uniform {within: '0.5'}}", "perturb.uniform.within"},
  };
  for (const auto& [treatment, part] : wrong_numbers) {
    CAPTURE(treatment);
    CHECK(Resolved(treatment, number) ==
          "error at fields[2].treatment." + part);
  }
  for (const char* part : {"0", "3", "4"}) {
    CHECK(Resolved(std::string("generalize {time_part {part: ") + part + "}}",
                   date) ==
          "error at fields[2].treatment.generalize.time_part.part");
  }
  CHECK(Resolved("surrogate {in_range {min: '2026-02-29' max: '2027-01-01'}}",
                 date) ==
        "error at fields[2].treatment.surrogate.in_range.min");
  CHECK(Resolved("surrogate {in_range {min: '2026-02-28' max: '1'}}", date) ==
        "error at fields[2].treatment.surrogate.in_range.max");
  CHECK(Resolved("surrogate {in_range {min: '2027-01-01' max: '2026-01-01'}}",
                 date) == "error at fields[2].treatment.surrogate.in_range");
}

TEST_CASE("what is wide for a DECIMAL128 or a DOUBLE is told at the part") {
  Field decimal = FieldOf(records::v1::DATA_TYPE_DECIMAL128);
  decimal.set_scale(2);
  CHECK(Resolved("perturb {uniform {within: '92233720368547758.07'}}", decimal)
            .find("error") == std::string::npos);
  CHECK(
      Resolved("perturb {uniform {within: '92233720368547758.08'}}", decimal) ==
      "error at fields[2].treatment.perturb.uniform.within");
  const std::string most(36, '9');
  CHECK(Resolved(
            "surrogate {in_range {min: '-" + most + "' max: '" + most + "'}}",
            decimal) == "error at fields[2].treatment.surrogate.in_range");
  const Field number = FieldOf(records::v1::DATA_TYPE_DOUBLE);
  CHECK(Resolved("generalize {bucket {form: RANGE width: '1." +
                     std::string(38, '0') + "'}}",
                 number) ==
        "error at fields[2].treatment.generalize.bucket.width");
}

TEST_CASE("the bounds themselves are allowed") {
  const Field text = FieldOf(records::v1::DATA_TYPE_STRING);
  for (const char* treatment :
       {"mask {keep_ends {first: 64 last: 64}}", "mask {keep_ends {last: 1}}",
        "pseudonym {length: 16}", "pseudonym {length: 64}",
        "pseudonym {format: BASE32 length: 13}",
        "pseudonym {format: BASE32 length: 52}"}) {
    CAPTURE(treatment);
    CHECK(Resolved(treatment, text).find("error") == std::string::npos);
  }
}

TEST_CASE("a symbol that could outgrow what a schema can promise is refused") {
  Field field = FieldOf(records::v1::DATA_TYPE_STRING);
  field.set_length_max(65'536);
  CHECK(Resolved("mask {name {} symbol: '＊'}", field) ==
        "error at fields[2].treatment.mask.symbol");
  CHECK(Resolved("mask {name {}}", field) ==
        Normal("mask {name {} symbol: '*'}"));
  CHECK(Resolved("mask {free_text {form: LABEL}}", field) ==
        "error at fields[2].treatment.mask.free_text.form");
  CHECK(Resolved("mask {free_text {form: REMOVE}}", field) ==
        Normal("mask {free_text {form: REMOVE} symbol: '*'}"));
  field.set_length_max(21'845);
  CHECK(Resolved("mask {name {} symbol: '＊'}", field) ==
        Normal("mask {name {} symbol: '＊'}"));
}

TEST_CASE("strength grows from keep over mask and pseudonym to withhold") {
  CHECK(StrengthOf(Parse("")) == Strength::kPlain);
  CHECK(StrengthOf(Parse("keep {}")) == Strength::kPlain);
  CHECK(StrengthOf(Parse("mask {name {}}")) == Strength::kReduced);
  CHECK(StrengthOf(Parse("generalize {date {unit: YEAR}}")) ==
        Strength::kReduced);
  CHECK(StrengthOf(Parse("pseudonym {}")) == Strength::kPseudonymous);
  CHECK(StrengthOf(Parse("withhold {}")) == Strength::kWithheld);
  CHECK(StrengthOf(Parse("withhold {constant: 'x'}")) == Strength::kWithheld);
  CHECK(StrengthOf(Parse("generalize {clamp {min: '0'}}")) == Strength::kPlain);
  CHECK(StrengthOf(Parse("perturb {date_shift {}}")) == Strength::kReduced);
  CHECK(StrengthOf(Parse("fpe {phone {}}")) == Strength::kPseudonymous);
  CHECK(StrengthOf(Parse("fpe {resident_id {}}")) == Strength::kPseudonymous);
  CHECK(StrengthOf(Parse("fpe {resident_id {keep: REGION}}")) ==
        Strength::kReduced);
  CHECK(StrengthOf(Parse("token {}")) == Strength::kPseudonymous);
  CHECK(StrengthOf(Parse("surrogate {name {}}")) == Strength::kPseudonymous);
  CHECK(StrengthOf(Parse("surrogate {in_range {}}")) ==
        Strength::kPseudonymous);
  CHECK(StrengthOf(Parse("surrogate {same_form {}}")) == Strength::kReduced);
  CHECK(StrengthOf(Parse("chain {steps {generalize {clamp {min: '0'}}}"
                         " steps {generalize {bucket {width: '1'}}}}")) ==
        Strength::kReduced);
}

TEST_CASE("the weakest treatment a level takes is the documented one") {
  // By strength, weakest first: which levels take it.
  const std::vector<std::pair<std::string, std::string>> taken_at = {
      {"keep {}", "12"},
      {"mask {name {}}", "123"},
      {"generalize {date {unit: YEAR}}", "123"},
      {"pseudonym {}", "1234"},
      {"withhold {}", "1234"},
  };
  for (const auto& [text, levels] : taken_at) {
    for (int level = 0; level <= 6; ++level) {
      CAPTURE(text, level);
      Field field = FieldOf(records::v1::DATA_TYPE_STRING);
      field.set_sensitivity(static_cast<catalog::v1::Sensitivity>(level));
      const absl::Status status = CheckStrength(Parse(text), field, kPath);
      const bool taken =
          levels.find(std::to_string(level)) != std::string::npos;
      CHECK(status.ok() == taken);
      if (!taken) {
        CHECK(ReasonOf(status) == status::v1::REASON_CODE_TREATMENT_TOO_WEAK);
        CHECK(sluice::FieldOf(status) == kPath);
      }
    }
  }
}

TEST_CASE("the field after a treatment has its type, length and meaning") {
  Field field = TextFieldOf(catalog::v1::SEMANTIC_TYPE_PHONE);
  field.set_length_max(20);

  const Field kept = FieldAfter(Parse("keep {}"), field);
  CHECK(kept.SerializeAsString() == field.SerializeAsString());

  const Field pseudonym =
      FieldAfter(Parse("pseudonym {format: HEX length: 40}"),
                 FieldOf(records::v1::DATA_TYPE_INT64));
  CHECK(pseudonym.type() == records::v1::DATA_TYPE_STRING);
  CHECK(pseudonym.length_max() == 40);
  CHECK(pseudonym.required());

  const Field phone = FieldAfter(Parse("mask {phone {} symbol: '＊'}"), field);
  CHECK(phone.length_max() == 19);
  CHECK_FALSE(phone.required());
  CHECK(phone.semantic_type() == catalog::v1::SEMANTIC_TYPE_UNSPECIFIED);

  const Field name = FieldAfter(Parse("mask {name {} symbol: '＊'}"), field);
  CHECK(name.length_max() == 60);
  CHECK(name.required());
  field.set_length_max(0);
  CHECK(FieldAfter(Parse("mask {name {} symbol: '*'}"), field).length_max() ==
        0);
  CHECK(FieldAfter(Parse("mask {name {} symbol: '＊'}"), field).length_max() ==
        3 * 4096);

  const Field division =
      FieldAfter(Parse("generalize {division {level: COUNTY}}"), field);
  CHECK(division.length_max() == 6);
  CHECK_FALSE(division.required());

  const Field withheld = FieldAfter(Parse("withhold {}"), field);
  CHECK(withheld.type() == records::v1::DATA_TYPE_STRING);
  CHECK_FALSE(withheld.required());
}

TEST_CASE("a treatment is named by its rule and level") {
  CHECK(TreatmentName(Parse("keep {}")) == "keep");
  CHECK(TreatmentName(Parse("mask {keep_ends {first: 1}}")) ==
        "mask.keep_ends");
  CHECK(TreatmentName(Parse("mask {name {}}")) == "mask.name");
  CHECK(TreatmentName(Parse("mask {phone {}}")) == "mask.phone");
  CHECK(TreatmentName(Parse("mask {address {level: CITY}}")) ==
        "mask.address.city");
  CHECK(TreatmentName(Parse("pseudonym {format: BASE32}")) ==
        "pseudonym.base32");
  CHECK(TreatmentName(Parse("generalize {date {unit: QUARTER}}")) ==
        "generalize.date.quarter");
  CHECK(TreatmentName(Parse("generalize {division {level: STREET}}")) ==
        "generalize.division.street");
  CHECK(TreatmentName(Parse("withhold {}")) == "withhold");
  CHECK(TreatmentName(Parse("withhold {placeholder {}}")) ==
        "withhold.placeholder");
  CHECK(
      TreatmentName(Parse("pseudonym {format: HEX hash: SM3 domain: 'all'}")) ==
      "pseudonym.hex.sm3@all");
  CHECK(TreatmentName(Parse("fpe {alphabet: DIGITS}")) == "fpe.digits");
  CHECK(TreatmentName(Parse("fpe {characters: 'ab' cipher: SM4}")) ==
        "fpe.characters.sm4");
  CHECK(TreatmentName(Parse("fpe {resident_id {keep: BIRTH_DATE}}")) ==
        "fpe.resident_id.keep.birth_date");
  CHECK(TreatmentName(Parse("token {}")) == "token");
  CHECK(TreatmentName(Parse("generalize {age {}}")) == "generalize.age");
  CHECK(TreatmentName(Parse("mask {free_text {}}")) == "mask.free_text");
  CHECK(TreatmentName(Parse("perturb {gaussian {}}")) == "perturb.gaussian");
  CHECK(TreatmentName(Parse("surrogate {street {}}")) == "surrogate.street");
  CHECK(TreatmentName(Parse("surrogate {same_form {}}")) ==
        "surrogate.same_form");
  CHECK(TreatmentName(Parse("mask {classes {}}")) == "mask.classes");
  CHECK(TreatmentName(Parse("mask {free_text {form: REMOVE}}")) ==
        "mask.free_text.remove");
  CHECK(TreatmentName(Parse("generalize {bucket {width: '1'}}")) ==
        "generalize.bucket");
  CHECK(TreatmentName(Parse("generalize {bucket {form: RANGE}}")) ==
        "generalize.bucket.range");
  CHECK(TreatmentName(Parse("generalize {bucket {labels: 'a'}}")) ==
        "generalize.bucket.labels");
  CHECK(TreatmentName(Parse("generalize {time_part {part: DAY_OF_MONTH}}")) ==
        "generalize.time_part.day_of_month");
  CHECK(TreatmentName(Parse("perturb {uniform {}}")) == "perturb.uniform");
  CHECK(
      TreatmentName(Parse("chain {steps {mask {name {}}} steps {token {}}}")) ==
      "chain(mask.name, token)");
}

TEST_CASE("the field after a newer treatment has its type and length") {
  Field text = TextFieldOf(catalog::v1::SEMANTIC_TYPE_PHONE);
  text.set_length_max(20);
  const Field age = FieldAfter(Parse("generalize {age {as_of: '2026-01-01'}}"),
                               FieldOf(records::v1::DATA_TYPE_DATE));
  CHECK(age.type() == records::v1::DATA_TYPE_INT64);
  CHECK_FALSE(age.required());

  const Field token = FieldAfter(Parse("token {}"), text);
  CHECK(token.type() == records::v1::DATA_TYPE_STRING);
  CHECK(token.length_max() >= 11 + 48);
  CHECK(token.required());

  CHECK(FieldAfter(Parse("fpe {phone {}}"), text).semantic_type() ==
        catalog::v1::SEMANTIC_TYPE_PHONE);
  const Field digits = FieldAfter(Parse("fpe {alphabet: DIGITS}"), text);
  CHECK(digits.semantic_type() == catalog::v1::SEMANTIC_TYPE_UNSPECIFIED);
  CHECK(digits.length_max() == 20);
  // One byte may become three.
  CHECK(FieldAfter(Parse("fpe {characters: 'a中'}"), text).length_max() == 60);

  CHECK(
      FieldAfter(Parse("generalize {hierarchy {csv: 'a,bcd' level: 1}}"), text)
          .length_max() == 3);
  CHECK(FieldAfter(Parse("withhold {constant: 'x'}"), text).required());
  const Field chained =
      FieldAfter(Parse("chain {steps {generalize {weekday {}}}"
                       " steps {pseudonym {length: 20}}}"),
                 FieldOf(records::v1::DATA_TYPE_DATE));
  CHECK(chained.type() == records::v1::DATA_TYPE_STRING);
  CHECK(chained.length_max() == 20);
  CHECK(chained.required());
  CHECK_FALSE(
      FieldAfter(Parse("chain {steps {generalize {age {as_of: '2026-01-01'}}}"
                       " steps {pseudonym {length: 20}}}"),
                 FieldOf(records::v1::DATA_TYPE_DATE))
          .required());
}

TEST_CASE("a bucket told as a text is a STRING as long as it may get") {
  Field decimal = FieldOf(records::v1::DATA_TYPE_DECIMAL128);
  decimal.set_scale(2);
  const auto after = [&decimal](const std::string& bucket) {
    return FieldAfter(Parse("generalize {bucket {" + bucket + "}}"), decimal);
  };
  CHECK(after("width: '10'").SerializeAsString() == [&decimal] {
    Field same = decimal;
    same.set_required(false);
    return same.SerializeAsString();
  }());
  const Field range = after("width: '10' form: RANGE");
  CHECK(range.type() == records::v1::DATA_TYPE_STRING);
  CHECK(range.scale() == 0);
  CHECK(range.length_max() == 87);
  CHECK_FALSE(range.required());
  CHECK(after("bounds: ['0', '18', '60'] form: RANGE").length_max() == 7);
  CHECK(after("bounds: ['0', '18'] labels: ['小', '大人']").length_max() == 6);
  CHECK(FieldAfter(Parse("generalize {bucket {width: '10' form: RANGE}}"),
                   FieldOf(records::v1::DATA_TYPE_INT64))
            .length_max() == 43);
}

TEST_CASE("the field after a surrogate or a label holds the longest there is") {
  Field text = TextFieldOf(catalog::v1::SEMANTIC_TYPE_PLATE);
  text.set_length_max(20);
  const Field listed =
      FieldAfter(Parse("surrogate {one_of {values: ['a', '蓝色']}}"), text);
  CHECK(listed.length_max() == 6);
  CHECK(listed.required());
  CHECK(FieldAfter(Parse("surrogate {company {}}"), text).length_max() == 32);
  const Field same = FieldAfter(Parse("surrogate {same_form {}}"), text);
  CHECK(same.length_max() == 20);
  CHECK_FALSE(same.required());
  CHECK(same.semantic_type() == catalog::v1::SEMANTIC_TYPE_UNSPECIFIED);
  const Field date = FieldOf(records::v1::DATA_TYPE_DATE);
  CHECK(FieldAfter(
            Parse("surrogate {in_range {min: '2000-01-01' max: '2001-01-01'}}"),
            date)
            .SerializeAsString() == date.SerializeAsString());

  CHECK(
      FieldAfter(Parse("mask {free_text {form: LABEL}}"), text).length_max() ==
      28);
  CHECK(
      FieldAfter(Parse("mask {free_text {form: REMOVE}}"), text).length_max() ==
      20);
  const Field classes =
      FieldAfter(Parse("mask {classes {} symbol: '＊'}"), text);
  CHECK(classes.length_max() == 60);
  CHECK_FALSE(classes.required());
}

// A STATE resource of the key "id", a text "some_field", a date and core data.
Resource People() {
  Resource resource;
  resource.set_kind(catalog::v1::RESOURCE_KIND_STATE);
  const auto add = [&resource](uint32_t id, const std::string& name,
                               DataType type) {
    Field* const field = resource.add_fields();
    *field = FieldOf(type);
    field->set_id(id);
    field->set_name(name);
  };
  add(1, "id", records::v1::DATA_TYPE_STRING);
  add(3, "some_field", records::v1::DATA_TYPE_STRING);
  add(5, "born", records::v1::DATA_TYPE_DATE);
  add(9, "secret", records::v1::DATA_TYPE_BOOL);
  resource.mutable_fields(3)->set_sensitivity(catalog::v1::SENSITIVITY_CORE);
  resource.add_key("id");
  return resource;
}

const char kMinor[] =
    "compare {field {id: 5 name: 'born'} is: GREATER value: '2012-01-01'}";

std::string Conditional(const std::string& when, const std::string& then,
                        const std::string& otherwise) {
  return "conditional {when {" + when + "} then {" + then + "} otherwise {" +
         otherwise + "}}";
}

// Reason and place of the error; "OK" if there is none.
std::string Verdict(const std::string& text, int field = 1) {
  const Resource people = People();
  const auto resolved =
      ResolveTreatment(Parse(text), people.fields(field), people, "t");
  if (resolved.ok()) return "OK";
  return status::v1::ReasonCode_Name(ReasonOf(resolved.status()))
             .substr(sizeof("REASON_CODE")) +
         " " + sluice::FieldOf(resolved.status());
}

TEST_CASE("a conditional treatment resolves both of its treatments") {
  const Resource people = People();
  const auto resolved = ResolveTreatment(
      Parse(Conditional(kMinor, "withhold {}",
                        Conditional("is_null {field {id: 1 name: 'id'}}",
                                    "pseudonym {}", "mask {name {}}"))),
      people.fields(1), people, "t");
  INFO(resolved.status().message());
  REQUIRE(resolved.ok());
  CHECK(resolved->ShortDebugString() ==
        Normal(Conditional(
            kMinor, "withhold {}",
            Conditional("is_null {field {id: 1 name: 'id'}}",
                        "pseudonym {format: HEX length: 32 hash: SHA256}",
                        "mask {name {} symbol: '*'}"))));
  CHECK(TreatmentName(*resolved) ==
        "conditional(withhold|conditional(pseudonym.hex|mask.name))");
  const std::string described = DescribeTreatment(*resolved);
  CHECK(described.find("withhold where born") == 0);
  CHECK(described.find(", else pseudonym.hex (length 32, hash sha256) where id "
                       "is null, else mask.name") != std::string::npos);
}

TEST_CASE("a treatment is described with all that is set in it") {
  const std::vector<std::pair<std::string, std::string>> described = {
      {"keep {}", "keep"},
      {"withhold {}", "withhold"},
      {"withhold {constant: 'a\\nb'}",
       "withhold.constant (constant \"a\\nb\")"},
      {"mask {keep_ends {first: 6 last: 4} symbol: '*'}",
       "mask.keep_ends (first 6, last 4)"},
      {"mask {name {} symbol: '某'}", "mask.name (symbol \"某\")"},
      {"mask {address {level: CITY} symbol: '*'}", "mask.address.city"},
      {"pseudonym {format: HEX length: 16 hash: SM3 domain: 'shared'}",
       "pseudonym.hex.sm3@shared (length 16)"},
      {"perturb {laplace {scale: '500'}}", "perturb.laplace (scale 500)"},
      {"perturb {date_shift {days_max: 30}}",
       "perturb.date_shift (days_max 30)"},
      {"generalize {round {step: '0.5'}}", "generalize.round (step 0.5)"},
      {"generalize {bucket {bounds: ['0', '18', '60']}}",
       "generalize.bucket (bounds [0, 18, 60])"},
      {"generalize {bucket {bounds: ['0', '1', '2', '3', '4', '5', '6', '7',"
       " '9', '10']}}",
       "generalize.bucket (bounds [0, 1, 2, 3, 4, 5, 6, 7, and 2 more])"},
      {"generalize {hierarchy {level: 1 csv: '" + std::string(50, 'x') + "'}}",
       "generalize.hierarchy (csv \"" + std::string(40, 'x') +
           "\" and 10 bytes more, level 1)"},
      {"chain {steps {generalize {clamp {max: '90'}}}"
       " steps {generalize {bucket {width: '5'}}}}",
       "generalize.clamp (max 90), then generalize.bucket (width 5)"},
  };
  for (const auto& [text, expected] : described) {
    CHECK(DescribeTreatment(Parse(text)) == expected);
  }
}

TEST_CASE("what is wrong with a conditional treatment is told with its place") {
  const std::string keep = "keep {}";
  CHECK(Verdict(Conditional(kMinor, keep, "mask {name {}}")) == "OK");
  CHECK(Verdict("conditional {then {keep {}} otherwise {keep {}}}")
            .find("PREDICATE_UNFIT t.conditional.when") == 0);
  CHECK(Verdict("conditional {when {" + std::string(kMinor) +
                "} otherwise {keep {}}}") ==
        "TREATMENT_UNFIT t.conditional.then");
  CHECK(Verdict(Conditional(kMinor, keep, "mask {}")) ==
        "TREATMENT_UNFIT t.conditional.otherwise.mask");
  CHECK(Verdict(Conditional(kMinor, Conditional(kMinor, keep, keep), keep)) ==
        "TREATMENT_UNFIT t.conditional.then");
  // Names and ids must agree.
  CHECK(Verdict(Conditional("is_null {field {id: 4 name: 'born'}}", keep, keep))
            .find("UNKNOWN_FIELD t.conditional.when") == 0);
  CHECK(
      Verdict(Conditional("is_null {field {id: 5 name: 'death'}}", keep, keep))
          .find("UNKNOWN_FIELD t.conditional.when") == 0);
  // Both make one type.
  CHECK(Verdict(Conditional(kMinor, "generalize {date {unit: YEAR}}",
                            "generalize {weekday {}}"),
                2) == "TREATMENT_UNFIT t.conditional");
  CHECK(Verdict("chain {steps {" + Conditional(kMinor, keep, keep) + "}}") ==
        "TREATMENT_UNFIT t.chain.steps[0]");
  // Core data tells nothing, not even by what becomes of others.
  CHECK(Verdict(Conditional("is_null {field {id: 9 name: 'secret'}}", keep,
                            keep)) ==
        "TREATMENT_TOO_WEAK t.conditional.when.is_null.field");
  // A delete has the key alone.
  CHECK(Verdict(Conditional(kMinor, keep, keep), 0) ==
        "TREATMENT_UNFIT t.conditional.when");
  CHECK(Verdict(Conditional("prefix {field {id: 1 name: 'id'} prefix: '11'}",
                            keep, "pseudonym {}"),
                0) == "OK");
}

TEST_CASE("conditional treatments stand in each other up to their bound") {
  std::string text = "keep {}";
  for (int i = 0; i < 8; ++i) text = Conditional(kMinor, "withhold {}", text);
  CHECK(Verdict(text) == "OK");
  CHECK(Verdict(Conditional(kMinor, "withhold {}", text)) ==
        "TREATMENT_UNFIT t.conditional");
}

TEST_CASE("a conditional treatment is as strong as its weaker one") {
  const Treatment treatment =
      Parse(Conditional(kMinor, "withhold {}", "pseudonym {}"));
  CHECK(StrengthOf(treatment) == Strength::kPseudonymous);
  Field field = FieldOf(records::v1::DATA_TYPE_STRING);
  field.set_sensitivity(catalog::v1::SENSITIVITY_L4_HIGHLY_SENSITIVE);
  CHECK(CheckStrength(treatment, field, kPath).ok());
  const absl::Status weak = CheckStrength(
      Parse(Conditional(kMinor, "withhold {}",
                        Conditional(kMinor, "keep {}", "withhold {}"))),
      field, "t");
  CHECK(ReasonOf(weak) == status::v1::REASON_CODE_TREATMENT_TOO_WEAK);
  CHECK(sluice::FieldOf(weak) == "t.conditional.otherwise.conditional.then");
}

TEST_CASE("the field after a conditional treatment may be what either makes") {
  Field field = TextFieldOf(catalog::v1::SEMANTIC_TYPE_ADDRESS);
  field.set_length_max(20);
  const auto after = [&field](const std::string& then,
                              const std::string& otherwise) {
    return FieldAfter(Parse(Conditional(kMinor, then, otherwise)), field);
  };
  const Field longer = after("keep {}", "pseudonym {format: HEX length: 32}");
  CHECK(longer.length_max() == 32);
  CHECK_FALSE(longer.required());
  CHECK(longer.semantic_type() == catalog::v1::SEMANTIC_TYPE_UNSPECIFIED);
  CHECK(after("keep {}", "mask {address {level: CITY} symbol: '*'}")
            .semantic_type() == catalog::v1::SEMANTIC_TYPE_ADDRESS);
  // Without a bound of its own a field has the default one.
  field.set_length_max(0);
  CHECK(after("keep {}", "keep {}").length_max() == 0);
  CHECK(after("pseudonym {format: HEX length: 32}", "keep {}").length_max() ==
        4096);
}

}  // namespace
}  // namespace sluice::desensitize
