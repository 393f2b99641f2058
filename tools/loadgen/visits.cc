#include "tools/loadgen/visits.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/identifiers/resident_id.h"

namespace sluice::loadgen {
namespace {

using status::v1::REASON_CODE_MALFORMED;

constexpr absl::string_view kFirstColumn = "resident_id,";
constexpr size_t kIdDigits = identifiers::kResidentIdLength - 1;
constexpr absl::CivilSecond kFirstSecond(2023, 1, 1);
constexpr uint64_t kSeconds = uint64_t{365} * 24 * 60 * 60;

constexpr int kVisitIdDigits = 12;

constexpr std::array<absl::string_view, 12> kHospitals = {
    "第一人民医院", "第二人民医院", "第三人民医院", "中医医院",
    "妇幼保健院",   "儿童医院",     "口腔医院",     "中心医院",
    "传染病医院",   "精神卫生中心", "康复医院",     "社区卫生服务中心"};
constexpr std::array<absl::string_view, 12> kDepartments = {
    "内科", "外科",   "儿科",   "妇产科", "眼科", "耳鼻喉科",
    "骨科", "皮肤科", "神经科", "急诊科", "全科", "中医科"};
// Chapters of ICD-10 that a clinic sees often.
constexpr absl::string_view kChapters = "ABCDEFGHIJKLMNR";

}  // namespace

absl::StatusOr<std::vector<uint64_t>> ReadResidents(const std::string& path) {
  std::ifstream file(path);
  if (!file) return ErrnoError(errno, "read", path);
  std::string line;
  uint64_t line_number = 1;
  const auto malformed = [&](absl::string_view why) {
    return Error(REASON_CODE_MALFORMED,
                 absl::StrCat(path, ":", line_number, ": ", why,
                              "; `sluice-loadgen population` makes this file"));
  };
  if (!std::getline(file, line) ||
      absl::string_view(line).substr(0, kFirstColumn.size()) != kFirstColumn) {
    return malformed("the header does not begin with resident_id");
  }
  std::vector<uint64_t> residents;
  while (std::getline(file, line)) {
    ++line_number;
    const absl::string_view id =
        absl::string_view(line).substr(0, identifiers::kResidentIdLength);
    if (!identifiers::IsValidResidentId(id) ||
        (line.size() > id.size() && line[id.size()] != ',')) {
      return malformed("the first field is not a valid resident id");
    }
    uint64_t number = 0;
    for (const char c : id.substr(0, kIdDigits)) {
      number = number * 10 + static_cast<uint64_t>(c - '0');
    }
    residents.push_back(number);
  }
  if (file.bad()) return ErrnoError(errno, "read", path);
  if (residents.empty()) return malformed("there is no person in it");
  return residents;
}

Visits::Visits(uint64_t seed, uint64_t rows,
               const std::vector<uint64_t>* residents)
    : prng_(seed), rows_(rows), residents_(residents) {}

absl::Status Visits::WriteRow(CsvWriter* writer) {
  writer->Append('V');
  writer->AppendPadded(row_ + 1, kVisitIdDigits);
  writer->Append(',');

  uint64_t number =
      (*residents_)[prng_.Below(static_cast<uint32_t>(residents_->size()))];
  std::array<char, kIdDigits> digits;
  for (size_t i = kIdDigits; i-- > 0; number /= 10) {
    digits[i] = static_cast<char>('0' + number % 10);
  }
  const absl::string_view id(digits.data(), digits.size());
  writer->Append(id);
  writer->Append(identifiers::ResidentIdCheckCharacter(id));
  writer->Append(',');

  AppendTime(writer);
  writer->Append(',');
  writer->Append(prng_.Pick(kHospitals));
  writer->Append(',');
  writer->Append(prng_.Pick(kDepartments));
  writer->Append(',');
  writer->Append(
      kChapters[prng_.Below(static_cast<uint32_t>(kChapters.size()))]);
  writer->AppendPadded(prng_.Below(100), 2);
  writer->Append('.');
  writer->AppendPadded(prng_.Below(10), 1);
  writer->Append(',');

  // Most visits are cheap and a few are dear: a product of two even choices.
  const uint32_t cents = 500 + prng_.Below(1 + prng_.Below(500'000));
  writer->AppendNumber(cents / 100);
  writer->Append('.');
  writer->AppendPadded(cents % 100, 2);
  ++row_;
  return writer->EndRow();
}

void Visits::AppendTime(CsvWriter* writer) {
  // Each row has a slice of the year to itself, so that times never run
  // backwards.
  const auto second = [this](uint64_t row) { return row * kSeconds / rows_; };
  const uint64_t begin = second(row_);
  const uint64_t length = std::max<uint64_t>(second(row_ + 1) - begin, 1);
  const absl::CivilSecond time =
      kFirstSecond +
      static_cast<int64_t>(begin + prng_.Below(static_cast<uint32_t>(length)));
  writer->AppendPadded(static_cast<uint64_t>(time.year()), 4);
  writer->Append('-');
  writer->AppendPadded(static_cast<uint64_t>(time.month()), 2);
  writer->Append('-');
  writer->AppendPadded(static_cast<uint64_t>(time.day()), 2);
  writer->Append('T');
  writer->AppendPadded(static_cast<uint64_t>(time.hour()), 2);
  writer->Append(':');
  writer->AppendPadded(static_cast<uint64_t>(time.minute()), 2);
  writer->Append(':');
  writer->AppendPadded(static_cast<uint64_t>(time.second()), 2);
  writer->Append("+08:00");
}

}  // namespace sluice::loadgen
