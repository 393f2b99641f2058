// What each operator costs a record, beside what it cannot do without, measured
// in alternation: copying the column, which is all buffers it has (validity,
// offsets, data), each into memory that is allocated for it, or the bare
// primitive of OpenSSL.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <ctime>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/config/yaml.h"
#include "libs/desensitize/operator.h"
#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/resident_id.h"
#include "libs/identifiers/uscc.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch_builder.h"

namespace sluice::bench {
namespace {

using desensitize::Operator;
using records::Column;
using records::ColumnBuilder;
using records::DataType;
using Random = std::mt19937_64;

constexpr uint32_t kRows = 4096;

// ------------------------------------------------------------------- columns

std::string Digits(size_t count, Random* random) {
  std::string text(count, '0');
  for (char& c : text) c = static_cast<char>('0' + (*random)() % 10);
  return text;
}

std::string ResidentId(Random* random) {
  std::string id = absl::StrFormat(
      "33010%d%d%02d%02d%s", 2 + (*random)() % 7, 1940 + (*random)() % 80,
      1 + (*random)() % 12, 1 + (*random)() % 28, Digits(3, random));
  return id + identifiers::ResidentIdCheckCharacter(AsView(id));
}

std::string Uscc(Random* random) {
  std::string code = "91330106";
  for (int i = 0; i < 8; ++i) {
    code += identifiers::kUsccAlphabet[(*random)() % 31];
  }
  code += identifiers::OrganizationCheckCharacter(AsView(code).substr(8));
  return code + identifiers::UsccCheckCharacter(AsView(code));
}

// The commonest family names, and a compound one now and then, as in a register
// of residents.
std::string Name(Random* random) {
  static const std::vector<std::string> families = {
      "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙",
      "马", "朱", "胡", "郭", "何", "林", "罗", "高", "梁", "宋", "万", "夏"};
  static const std::vector<std::string> given = {
      "伟", "芳", "秀", "英", "建", "国", "敏", "静", "丽", "强", "磊", "洋"};
  std::string name =
      (*random)() % 500 == 0 ? "欧阳" : families[(*random)() % families.size()];
  for (size_t n = 1 + (*random)() % 2; n > 0; --n) {
    name += given[(*random)() % given.size()];
  }
  return name;
}

Column Texts(const std::function<std::string(Random*)>& make) {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
  for (uint32_t i = 0; i < kRows; ++i) {
    builder.AppendText(AsView(make(&random)));
  }
  return builder.Finish();
}

Column Phones() {
  return Texts(
      [](Random* random) { return absl::StrCat("13", Digits(9, random)); });
}

Column Dates() {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_DATE);
  for (uint32_t i = 0; i < kRows; ++i) {
    builder.AppendDate(static_cast<int32_t>(random() % 25'000) - 7'000);
  }
  return builder.Finish();
}

Column Integers() {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_INT64);
  for (uint32_t i = 0; i < kRows; ++i) {
    builder.AppendInt64(static_cast<int64_t>(random() % 1'000'000));
  }
  return builder.Finish();
}

// Of people who are looked after now: of any second since 2015.
Column Times() {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_TIMESTAMP);
  constexpr int64_t kBegin = 1'420'070'400;
  for (uint32_t i = 0; i < kRows; ++i) {
    const auto seconds =
        kBegin + static_cast<int64_t>(random() % (12 * 31'557'600));
    builder.AppendTimestamp(seconds * 1'000'000);
  }
  return builder.Finish();
}

// Amounts of money: some cents to a million, small ones more often.
Column Amounts() {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_DECIMAL128);
  for (uint32_t i = 0; i < kRows; ++i) {
    builder.AppendDecimal(absl::int128(
        static_cast<int64_t>(random() % (uint64_t{1} << (8 + random() % 20)))));
  }
  return builder.Finish();
}

Column Doubles() {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_DOUBLE);
  for (uint32_t i = 0; i < kRows; ++i) {
    builder.AppendDouble(static_cast<double>(random() % 10'000'000) / 64);
  }
  return builder.Finish();
}

// Every tenth row is null.
Column WithNulls(const Column& column) {
  ColumnBuilder builder(1, column.type);
  for (uint32_t i = 0; i < kRows; ++i) {
    if (i % 10 == 3) {
      builder.AppendNull();
    } else if (column.type == records::v1::DATA_TYPE_DATE) {
      builder.AppendDate(column.Value<int32_t>(i));
    } else {
      builder.AppendText(column.Text(i));
    }
  }
  return builder.Finish();
}

// Numbers of contracts, files and licences, of 8 to 20 characters.
std::string FileNumber(Random* random) {
  return absl::StrCat("HZ-", Digits(5 + (*random)() % 13, random));
}

std::string Plate(Random* random) {
  static const std::vector<std::string> provinces = {"京", "浙", "沪", "粤",
                                                     "苏", "皖", "赣", "闽"};
  static const std::string letters = "ABCDEFGHJKLMNPQRSTUVWXYZ";
  std::string plate = provinces[(*random)() % provinces.size()];
  plate += letters[(*random)() % letters.size()];
  // One in three is of a new-energy vehicle, and a few end in a character.
  if ((*random)() % 3 == 0) plate += (*random)() % 2 == 0 ? 'D' : 'F';
  plate += Digits(4, random);
  if ((*random)() % 100 == 0) return plate + "学";
  return plate + letters[(*random)() % letters.size()];
}

std::string Address(Random* random) {
  static const std::vector<std::string> places = {
      "浙江省杭州市西湖区文二西路", "浙江省宁波市海曙区中山东路",
      "上海市浦东新区世纪大道", "江苏省苏州市姑苏区观前街"};
  return absl::StrCat(places[(*random)() % places.size()],
                      Digits(1 + (*random)() % 3, random), "号");
}

// Diagnoses, ICD-10.
std::string DiagnosisCode(uint64_t number) {
  return absl::StrFormat("%c%02d.%d", 'A' + static_cast<int>(number % 20),
                         number / 20 % 20, number / 400 % 5);
}

std::string DiagnosisTable() {
  std::string csv;
  for (uint64_t i = 0; i < 2000; ++i) {
    const std::string code = DiagnosisCode(i);
    absl::StrAppend(&csv, code, ",", code.substr(0, 3), ",", code.substr(0, 1),
                    "\\n");
  }
  return csv;
}

size_t BytesOf(const Column& column) {
  return column.data.size() + column.offsets.size() + column.validity.size();
}

// -------------------------------------------------------------------- limits

// What must not be optimized away goes here.
volatile uint64_t sink = 0;

SharedBytes CopyOf(const SharedBytes& bytes) {
  records::AlignedBuffer buffer(bytes.size());
  std::memcpy(buffer.data(), bytes.data(), bytes.size());
  return std::move(buffer).Share();
}

// The column in buffers of its own, as every operator makes them.
void CopyColumn(const Column& column) {
  const SharedBytes data = CopyOf(column.data);
  SharedBytes offsets;
  SharedBytes validity;
  if (!column.offsets.empty()) offsets = CopyOf(column.offsets);
  if (!column.validity.empty()) validity = CopyOf(column.validity);
  sink = sink + static_cast<uint8_t>(data.data()[0]) + offsets.size() +
         validity.size();
}

void TwoCompressions() {
  SHA256_CTX state;
  SHA256_Init(&state);
  uint8_t block[64] = {1};
  for (uint32_t i = 0; i < kRows; ++i) {
    SHA256_Transform(&state, block);
    SHA256_Transform(&state, block);
  }
  sink = sink + state.h[0];
}

// Two blocks a record, which OpenSSL 3.0 offers through EVP alone: in one call,
// so that nothing but compressions counts.
void TwoSm3Compressions() {
  static EVP_MD_CTX* const context = [] {
    EVP_MD_CTX* const made = EVP_MD_CTX_new();
    EVP_DigestInit_ex(made, EVP_sm3(), nullptr);
    return made;
  }();
  static const std::string blocks(size_t{kRows} * 128, 'b');
  EVP_DigestUpdate(context, blocks.data(), blocks.size());
}

// The ten rounds of FF1, each of which needs the one before.
void TenBlocks() {
  static EVP_CIPHER_CTX* const context = [] {
    EVP_CIPHER_CTX* const made = EVP_CIPHER_CTX_new();
    const uint8_t key[32] = {1};
    EVP_EncryptInit_ex(made, EVP_aes_256_ecb(), nullptr, key, nullptr);
    EVP_CIPHER_CTX_set_padding(made, 0);
    return made;
  }();
  uint8_t block[16] = {1};
  for (uint32_t i = 0; i < kRows * 10; ++i) {
    int written = 0;
    EVP_EncryptUpdate(context, block, &written, block, sizeof(block));
  }
  sink = sink + block[0];
}

// ---------------------------------------------------------------- measuring

struct Case {
  std::string name;
  std::function<void()> run;
  size_t bytes;
  std::string limit_name;
  std::function<void()> limit;
};

// Time this thread had the processor, in nanoseconds: what others do on the
// machine counts less.
int64_t ThreadNanoseconds() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Nanoseconds a record, over `milliseconds`.
double Measure(const std::function<void()>& run, int milliseconds) {
  const int64_t begin = ThreadNanoseconds();
  const int64_t until = begin + int64_t{milliseconds} * 1'000'000;
  uint64_t times = 0;
  int64_t now = begin;
  for (; now < until; now = ThreadNanoseconds()) {
    for (int i = 0; i < 8; ++i) run();
    times += 8;
  }
  return static_cast<double>(now - begin) / static_cast<double>(times) / kRows;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::unique_ptr<const Operator> Compile(const std::string& json, DataType type,
                                        uint32_t length_max) {
  desensitize::Treatment treatment;
  catalog::v1::Field field;
  field.set_name("value");
  field.set_type(type);
  field.set_length_max(length_max);
  if (type == records::v1::DATA_TYPE_DECIMAL128) field.set_scale(2);
  desensitize::OperatorKeys keys;
  keys.pseudonym_secret = std::string(32, 'k');
  keys.token_secret = std::string(32, 'k');
  if (const auto parsed =
          config::ParseYamlConfig(AsView(json), "treatment", &treatment);
      !parsed.ok()) {
    std::cerr << parsed << '\n';
    std::exit(1);
  }
  auto compiled = desensitize::CompileOperator(treatment, field, keys);
  if (!compiled.ok()) {
    std::cerr << compiled.status() << '\n';
    std::exit(1);
  }
  return *std::move(compiled);
}

class Cases {
 public:
  Cases() {
    const Column ids = Texts(ResidentId);
    const Column names = Texts(Name);
    const Column phones = Phones();
    const Column dates = Dates();
    AddCopying("keep_ends", "{mask: {keep_ends: {first: 6, last: 4}}}", ids);
    AddCopying("name", "{mask: {name: {}}}", names);
    AddCopying("phone", "{mask: {phone: {}}}", phones);
    AddCopying("hide_range", "{mask: {hide_range: {from: 3, to: 6}}}", ids);
    AddCopying("email", "{mask: {email: {}}}", Texts([](Random* random) {
                 return absl::StrCat("user", Digits(4, random), "@example.com");
               }));
    AddCopying("bank card", "{mask: {bank_card: {}}}", Cards());
    AddCopying("address", "{mask: {address: {}}}", Texts([](Random* random) {
                 return absl::StrCat("浙江省杭州市西湖区文二西路",
                                     Digits(2, random), "号");
               }));
    AddCopying(
        "free text", "{mask: {free_text: {}}}", Texts([](Random* random) {
          return absl::StrCat("联系电话13", Digits(9, random), "，请尽快回复");
        }));
    AddCopying("classes", "{mask: {classes: {}}}", ids);
    AddCopying("classes of names", "{mask: {classes: {}}}", names);
    AddCopying("date to year", "{generalize: {date: {unit: YEAR}}}", dates);
    AddCopying("age band",
               "{generalize: {age: {as_of: '2026-01-01', band_years: 5}}}",
               dates);
    AddCopying("bucket as a range",
               "{generalize: {bucket: {width: '1000', form: RANGE}}}",
               Integers());
    AddCopying("month of the year",
               "{generalize: {time_part: {part: MONTH_OF_YEAR}}}", dates);
    AddCopying("division", "{generalize: {division: {level: COUNTY}}}",
               Texts([](Random* random) {
                 return absl::StrCat("330106", Digits(6, random));
               }));
    AddDates(dates);
    AddNumbers();
    AddMixedTexts(ids, names);
    AddHashing("pseudonym sha256", "{pseudonym: {}}", ids);
    Add("pseudonym sm3", "{pseudonym: {hash: SM3}}", ids,
        "2 compressions of SM3", TwoSm3Compressions);
    AddHashing("surrogate name", "{surrogate: {name: {}}}", names);
    AddHashing("surrogate same form", "{surrogate: {same_form: {}}}", ids);
    AddHashing("surrogate in range",
               "{surrogate: {in_range: {min: 1950-01-01, max: 2009-12-31}}}",
               dates);
    AddHashing("uniform", "{perturb: {uniform: {within: '100'}}}", Integers());
    AddHashing("date shift", "{perturb: {date_shift: {days_max: 30}}}", dates);
    AddHashing("laplace", "{perturb: {laplace: {scale: '100'}}}", Integers());
    AddEncrypting("fpe 18 digits", "{fpe: {alphabet: DIGITS}}",
                  Texts([](Random* random) { return Digits(18, random); }));
    AddEncrypting("fpe resident id", "{fpe: {resident_id: {}}}", ids);
    AddEncrypting("fpe uscc", "{fpe: {uscc: {}}}", Texts(Uscc));
    AddEncrypting("fpe phone", "{fpe: {phone: {}}}", phones);
    AddEncrypting("fpe bank card", "{fpe: {bank_card: {}}}", Cards());
    AddEncrypting("fpe 18 digits sm4", "{fpe: {alphabet: DIGITS, cipher: SM4}}",
                  Texts([](Random* random) { return Digits(18, random); }));
    AddEncrypting("token", "{token: {}}", ids);
    AddPolicy(ids, names, phones, dates);
  }

  const std::vector<Case>& all() const { return cases_; }

 private:
  void AddDates(const Column& dates) {
    const Column times = Times();
    AddCopying("date to month", "{generalize: {date: {unit: MONTH}}}", dates);
    AddCopying("date to quarter", "{generalize: {date: {unit: QUARTER}}}",
               dates);
    AddCopying("date to month, nulls", "{generalize: {date: {unit: MONTH}}}",
               WithNulls(dates));
    AddCopying("time to year", "{generalize: {date: {unit: YEAR}}}", times);
    AddCopying("time to quarter", "{generalize: {date: {unit: QUARTER}}}",
               times);
    AddCopying("time to month", "{generalize: {date: {unit: MONTH}}}", times);
    AddCopying("time to day", "{generalize: {date: {unit: DAY}}}", times);
    AddCopying("weekday of date", "{generalize: {weekday: {}}}", dates);
    AddCopying("weekday of time", "{generalize: {weekday: {}}}", times);
    AddCopying("age of time",
               "{generalize: {age: {as_of: '2032-01-01', band_years: 5}}}",
               times);
  }

  void AddNumbers() {
    const std::string bounds =
        "{generalize: {bucket: {bounds: ['0', '100', '1000', '5000', '10000', "
        "'50000', '100000']}}}";
    const std::vector<std::pair<std::string, Column>> columns = {
        {"integer", Integers()}, {"double", Doubles()}, {"money", Amounts()}};
    for (const auto& [name, column] : columns) {
      AddCopying("bucket of " + name, "{generalize: {bucket: {width: '1000'}}}",
                 column);
      AddCopying("bounds of " + name, bounds, column);
      AddCopying("round of " + name, "{generalize: {round: {step: '100'}}}",
                 column);
      AddCopying("clamp of " + name,
                 "{generalize: {clamp: {min: '10', max: '90000'}}}", column);
    }
  }

  void AddMixedTexts(const Column& ids, const Column& names) {
    const Column numbers = Texts(FileNumber);
    const Column addresses = Texts(Address);
    AddCopying("keep_ends, mixed", "{mask: {keep_ends: {first: 3, last: 2}}}",
               numbers);
    AddCopying("keep_ends, nulls", "{mask: {keep_ends: {first: 3, last: 2}}}",
               WithNulls(ids));
    AddCopying("keep_ends, names", "{mask: {keep_ends: {first: 1}}}", names);
    AddCopying("keep_ends, addresses", "{mask: {keep_ends: {first: 6}}}",
               addresses);
    AddCopying("hide_range, mixed", "{mask: {hide_range: {from: 4, to: 7}}}",
               numbers);
    AddCopying("hide_range, Han", "{mask: {hide_range: {from: 7, to: 64}}}",
               addresses);
    AddCopying("keep_range, mixed", "{mask: {keep_range: {from: 1, to: 5}}}",
               numbers);
    AddCopying("hide_before", "{mask: {hide_before: {character: '-'}}}",
               numbers);
    AddCopying("hide_after", "{mask: {hide_after: {character: '-'}}}", numbers);
    AddCopying("pattern", "{mask: {pattern: {expression: '[0-9]{4}'}}}",
               numbers);
    AddCopying("plate", "{mask: {plate: {}}}", Texts(Plate));
    AddCopying("hierarchy",
               absl::StrCat("{generalize: {hierarchy: {level: 1, csv: \"",
                            DiagnosisTable(), "\"}}}"),
               Texts([](Random* random) {
                 return DiagnosisCode((*random)() % 2000);
               }));
    const auto point = [](Random* random) {
      return absl::StrCat(119 + (*random)() % 2, ".", Digits(6, random), ",",
                          29 + (*random)() % 2, ".", Digits(6, random));
    };
    AddCopying("grid", "{generalize: {grid: {cell: '0.01'}}}", Texts(point));
    AddCopying("grid of 0.05", "{generalize: {grid: {cell: '0.05'}}}",
               Texts(point));
    AddCopying("withhold", "{withhold: {}}", ids);
    AddCopying("withhold, constant", "{withhold: {constant: 'none'}}", ids);
  }

  static Column Cards() {
    return Texts([](Random* random) {
      const std::string digits = absl::StrCat("622202", Digits(9, random));
      return digits + identifiers::LuhnDigit(AsView(digits));
    });
  }

  void Add(const std::string& name, const std::string& json,
           const Column& column, const std::string& limit_name,
           std::function<void()> limit) {
    std::shared_ptr<const Operator> op = Compile(json, column.type, 64);
    cases_.push_back({name,
                      [op, column] {
                        const auto treated = op->Apply(column);
                        if (treated.untreatable != 0) std::abort();
                        sink = sink + treated.column.data.size();
                      },
                      BytesOf(column), limit_name, std::move(limit)});
  }
  void AddCopying(const std::string& name, const std::string& json,
                  const Column& column) {
    Add(name, json, column, "copying the column",
        [column] { CopyColumn(column); });
  }
  void AddHashing(const std::string& name, const std::string& json,
                  const Column& column) {
    Add(name, json, column, "2 compressions of SHA-256", TwoCompressions);
  }
  void AddEncrypting(const std::string& name, const std::string& json,
                     const Column& column) {
    Add(name, json, column, "10 blocks of AES-256", TenBlocks);
  }

  // Twelve columns of 170 bytes a record, of which four are treated.
  void AddPolicy(const Column& ids, const Column& names, const Column& phones,
                 const Column& dates) {
    const Column kept =
        Texts([](Random* random) { return Digits(12, random); });
    std::vector<std::pair<std::shared_ptr<const Operator>, Column>> columns;
    const auto add = [&columns](const std::string& json, const Column& column) {
      columns.emplace_back(Compile(json, column.type, 64), column);
    };
    add("{pseudonym: {}}", ids);
    add("{mask: {name: {}}}", names);
    add("{mask: {phone: {}}}", phones);
    add("{generalize: {date: {unit: YEAR}}}", dates);
    for (int i = 0; i < 8; ++i) add("{keep: {}}", kept);
    size_t bytes = 0;
    for (const auto& [op, column] : columns) bytes += BytesOf(column);
    cases_.push_back({"policy of the demo",
                      [columns] {
                        for (const auto& [op, column] : columns) {
                          sink = sink + op->Apply(column).column.data.size();
                        }
                      },
                      bytes, "2 compressions of SHA-256", TwoCompressions});
  }

  std::vector<Case> cases_;
};

struct Options {
  int runs = 7;
  int milliseconds = 20;
  std::string only;
  std::string json;
};

int Run(const Options& options) {
  std::cout << absl::StrFormat("%-20s %9s %15s %7s  %-26s %9s %6s\n",
                               "operator", "ns/record", "min..max", "GB/s",
                               "beside", "ns/record", "ratio");
  std::string json;
  const Cases cases;
  for (const Case& each : cases.all()) {
    if (!options.only.empty() &&
        each.name.find(options.only) == std::string::npos) {
      continue;
    }
    std::vector<double> costs;
    std::vector<double> limits;
    // The first pair warms caches and does not count.
    for (int run = -1; run < options.runs; ++run) {
      const double limit = Measure(each.limit, options.milliseconds);
      const double cost = Measure(each.run, options.milliseconds);
      if (run < 0) continue;
      limits.push_back(limit);
      costs.push_back(cost);
    }
    const double cost = Median(costs);
    const double limit = Median(limits);
    const auto [least, most] = std::minmax_element(costs.begin(), costs.end());
    const double gigabytes = static_cast<double>(each.bytes) / kRows / cost;
    std::cout << absl::StrFormat(
        "%-20s %9.2f %15s %7.2f  %-26s %9.2f %6.2f\n", each.name, cost,
        absl::StrFormat("%.2f..%.2f", *least, *most), gigabytes,
        each.limit_name, limit, cost / limit);
    std::cout.flush();
    absl::StrAppend(
        &json,
        absl::StrFormat("{\"operator\":\"%s\",\"ns_per_record\":%.3f,"
                        "\"min\":%.3f,\"max\":%.3f,\"gb_per_second\":%.3f,"
                        "\"beside\":\"%s\",\"beside_ns_per_record\":%.3f}\n",
                        each.name, cost, *least, *most, gigabytes,
                        each.limit_name, limit));
  }
  if (options.json.empty()) return 0;
  const absl::Status written =
      WriteFileAtomically(options.json, AsView(json), 0644);
  if (!written.ok()) std::cerr << written << '\n';
  return written.ok() ? 0 : 1;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  sluice::bench::Options options;
  CLI::App app("Costs of the desensitization operators.", "desensitize_bench");
  app.add_option("--runs", options.runs, "Runs of each side that count")
      ->check(CLI::Range(1, 1000));
  app.add_option("--milliseconds", options.milliseconds, "Length of a run")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--only", options.only, "Operators whose name holds this");
  app.add_option("--json", options.json, "Write the figures there too");
  CLI11_PARSE(app, argc, argv);
  return sluice::bench::Run(options);
}
