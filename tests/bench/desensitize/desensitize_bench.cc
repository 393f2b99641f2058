// What each operator costs a record, beside what it cannot do without, measured
// in alternation (limits.h): copying the column, searching it, or the bare
// primitive of OpenSSL.
#include <re2/re2.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/cpu_level.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/config/yaml.h"
#include "libs/desensitize/operator.h"
#include "tests/bench/desensitize/columns.h"
#include "tests/bench/desensitize/limits.h"

namespace sluice::bench {
namespace {

using desensitize::Operator;
using records::Column;
using records::DataType;

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

std::shared_ptr<const Operator> Compile(const std::string& json, DataType type,
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

std::string Hierarchy(int level) {
  return absl::StrCat("{generalize: {hierarchy: {level: ", level, ", csv: \"",
                      DiagnosisTable(), "\"}}}");
}

class Cases {
 public:
  Cases() {
    const Column ids = Texts(ResidentId);
    const Column names = Texts(Name);
    const Column phones = Texts(Phone);
    const Column dates = Dates();
    AddCopying("keep_ends", "{mask: {keep_ends: {first: 6, last: 4}}}", ids);
    AddCopying("name", "{mask: {name: {}}}", names);
    AddCopying("phone", "{mask: {phone: {}}}", phones);
    AddCopying("hide_range", "{mask: {hide_range: {from: 3, to: 6}}}", ids);
    AddCopying("email", "{mask: {email: {}}}", Texts(Email));
    AddCopying("bank card", "{mask: {bank_card: {}}}", Texts(Card));
    AddCopying("address", "{mask: {address: {}}}", Texts([](Random* random) {
                 return absl::StrCat("浙江省杭州市西湖区文二西路",
                                     Digits(2, random), "号");
               }));
    AddCopying("address, of four", "{mask: {address: {}}}", Texts(Address));
    AddCopying("classes", "{mask: {classes: {}}}", ids);
    AddCopying("classes of names", "{mask: {classes: {}}}", names);
    AddCopying("date to year", "{generalize: {date: {unit: YEAR}}}", dates);
    AddCopying("age band",
               "{generalize: {age: {as_of: '2026-01-01', band_years: 5}}}",
               dates);
    AddCopying("bucket as a range",
               "{generalize: {bucket: {width: '1000', form: RANGE}}}",
               Integers());
    AddCopying("bucket with labels",
               "{generalize: {bucket: {bounds: ['0', '1000', '10000', "
               "'100000'], labels: ['low', 'middle', 'high', 'highest']}}}",
               Integers());
    AddCopying("month of the year",
               "{generalize: {time_part: {part: MONTH_OF_YEAR}}}", dates);
    AddCopying("division", "{generalize: {division: {level: COUNTY}}}",
               Texts([](Random* random) {
                 return absl::StrCat("330106", Digits(6, random));
               }));
    AddFreeTexts();
    AddDates(dates);
    AddNumbers();
    AddMixedTexts(ids, names);
    AddHashing("pseudonym sha256", "{pseudonym: {}}", ids);
    Add("pseudonym sm3", Compile("{pseudonym: {hash: SM3}}", ids.type, 64), ids,
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
    AddEncrypting("fpe bank card", "{fpe: {bank_card: {}}}", Texts(Card));
    const Column digits =
        Texts([](Random* random) { return Digits(18, random); });
    Add("fpe 18 digits sm4",
        Compile("{fpe: {alphabet: DIGITS, cipher: SM4}}", digits.type, 64),
        digits, "10 blocks of SM4", TenSm4Blocks);
    AddEncrypting("token", "{token: {}}", ids);
    AddPolicy(ids, names, phones, dates);
  }

  const std::vector<Case>& all() const { return cases_; }

 private:
  void AddFreeTexts() {
    const auto add = [this](const std::string& name, const auto& make) {
      AddCopying(name, "{mask: {free_text: {}}}", Texts(make));
    };
    const auto phone = [](Random* random) {
      return absl::StrCat("13", Digits(9, random));
    };
    add("free text", [phone](Random* random) {
      return absl::StrCat("联系电话", phone(random), "，请尽快回复");
    });
    add("free text, none", [](Random* random) {
      return absl::StrCat("请尽快回复", (*random)() % 2 == 0 ? "申请人" : "",
                          "为盼");
    });
    add("free text, dates", [](Random* random) {
      return absl::StrCat("2024年3月支付1,23", Digits(1, random), ".",
                          Digits(2, random), "元，请回复");
    });
    add("free text, two apart", [phone](Random* random) {
      return absl::StrCat("电话", phone(random), "或", phone(random));
    });
    add("free text, two near", [phone](Random* random) {
      return absl::StrCat("电话", phone(random), "，", phone(random));
    });
    add("free text, two listed", [phone](Random* random) {
      return absl::StrCat("电话", phone(random), "、", phone(random));
    });
    add("free text, two slashed", [phone](Random* random) {
      return absl::StrCat("电话", phone(random), "/", phone(random));
    });
    add("free text, long", [phone](Random* random) {
      std::string text;
      for (int i = 0; i < 16; ++i) absl::StrAppend(&text, "请尽快回复为盼");
      return absl::StrCat(text.substr(0, 15 * 7), phone(random),
                          text.substr(15 * 7, 60 * 3));
    });
  }

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
    AddPattern("pattern", "[0-9]{4}", numbers);
    AddCopying("plate", "{mask: {plate: {}}}", Texts(Plate));
    const Column diagnoses = Texts(Diagnosis);
    const Column mixed = Texts(DiagnosisOrCategory);
    AddCopying("hierarchy", Hierarchy(1), diagnoses);
    AddCopying("hierarchy, nulls", Hierarchy(1), WithNulls(diagnoses));
    AddCopying("hierarchy, mixed", Hierarchy(1), mixed);
    AddCopying("hierarchy, chapters", Hierarchy(2), diagnoses);
    // Nulls and codes of two sizes; and then texts of several sizes too.
    AddCopying("hierarchy, both", Hierarchy(1), WithNulls(mixed));
    AddCopying("hierarchy, all three", Hierarchy(2), WithNulls(mixed));
    AddCopying("grid", "{generalize: {grid: {cell: '0.01'}}}", Texts(Point));
    AddCopying("grid of 0.05", "{generalize: {grid: {cell: '0.05'}}}",
               Texts(Point));
    AddCopying("grid of 0.25", "{generalize: {grid: {cell: '0.25'}}}",
               Texts(Point));
    AddCopying("withhold", "{withhold: {}}", ids);
    AddCopying("withhold, constant", "{withhold: {constant: 'none'}}", ids);
  }

  void Add(const std::string& name, std::shared_ptr<const Operator> op,
           const Column& column, const std::string& limit_name,
           std::function<void()> limit) {
    cases_.push_back({name,
                      [op = std::move(op), column] {
                        const auto treated = op->Apply(column);
                        if (treated.untreatable != 0) std::abort();
                        Use(treated.column.data.size());
                      },
                      BytesOf(column), limit_name, std::move(limit)});
  }
  // Beside a copy of the column, or of what it becomes where that is larger: a
  // date is 4 bytes and the age made of it 8, which must be written.
  void AddCopying(const std::string& name, const std::string& json,
                  const Column& column) {
    std::shared_ptr<const Operator> op = Compile(json, column.type, 64);
    const Column treated = op->Apply(column).column;
    const bool grows = BytesOf(treated) > BytesOf(column);
    Add(name, std::move(op), column,
        grows ? "copying what is written" : "copying the column",
        [copied = grows ? treated : column] { CopyColumn(copied); });
  }
  void AddPattern(const std::string& name, const std::string& expression,
                  const Column& column) {
    Add(name,
        Compile(
            absl::StrCat("{mask: {pattern: {expression: '", expression, "'}}}"),
            column.type, 64),
        column, "the searches, by RE2",
        [compiled = std::make_shared<const RE2>(expression), column] {
          SearchColumn(*compiled, column);
        });
  }
  void AddHashing(const std::string& name, const std::string& json,
                  const Column& column) {
    Add(name, Compile(json, column.type, 64), column,
        "2 compressions of SHA-256", TwoCompressions);
  }
  void AddEncrypting(const std::string& name, const std::string& json,
                     const Column& column) {
    Add(name, Compile(json, column.type, 64), column, "10 blocks of AES-256",
        TenAesBlocks);
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
                          Use(op->Apply(column).column.data.size());
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
  CpuLevel level = CpuLevel::kAvx512;
};

int Run(const Options& options) {
  const CpuLevelCap cap(options.level);
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
    std::vector<double> ratios;
    // The first pair warms caches and does not count.
    for (int run = -1; run < options.runs; ++run) {
      const double limit = Measure(each.limit, options.milliseconds);
      const double cost = Measure(each.run, options.milliseconds);
      if (run < 0) continue;
      limits.push_back(limit);
      costs.push_back(cost);
      ratios.push_back(cost / limit);
    }
    const double cost = Median(costs);
    const double limit = Median(limits);
    const double ratio = Median(ratios);
    const auto [least, most] = std::minmax_element(costs.begin(), costs.end());
    const double gigabytes = static_cast<double>(each.bytes) / kRows / cost;
    std::cout << absl::StrFormat("%-20s %9.2f %15s %7.2f  %-26s %9.2f %6.2f\n",
                                 each.name, cost,
                                 absl::StrFormat("%.2f..%.2f", *least, *most),
                                 gigabytes, each.limit_name, limit, ratio);
    std::cout.flush();
    absl::StrAppend(
        &json,
        absl::StrFormat("{\"operator\":\"%s\",\"ns_per_record\":%.3f,"
                        "\"min\":%.3f,\"max\":%.3f,\"gb_per_second\":%.3f,"
                        "\"beside\":\"%s\",\"beside_ns_per_record\":%.3f,"
                        "\"ratio\":%.3f}\n",
                        each.name, cost, *least, *most, gigabytes,
                        each.limit_name, limit, ratio));
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
  app.add_option("--level", options.level,
                 "Kernels of this level at most, as on a CPU that has no more")
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, sluice::CpuLevel>{
              {"portable", sluice::CpuLevel::kPortable},
              {"avx2", sluice::CpuLevel::kAvx2},
              {"avx512", sluice::CpuLevel::kAvx512}}));
  CLI11_PARSE(app, argc, argv);
  return sluice::bench::Run(options);
}
