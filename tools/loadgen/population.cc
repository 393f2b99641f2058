#include "tools/loadgen/population.h"

#include <array>
#include <cstddef>

#include "libs/identifiers/resident_id.h"

namespace sluice::loadgen {
namespace {

// Days are counted from 1970-01-01.
constexpr absl::CivilDay kEpoch(1970, 1, 1);
constexpr int64_t kFirstBirthDay = -14610;  // 1930-01-01
constexpr int64_t kLastBirthDay = 19722;    // 2023-12-31
constexpr int64_t kDaysPerYear = 365;

// An id is unique by its four free region digits and three sequence digits
// within a block of rows; the birth day modulo the number of blocks tells
// blocks apart.
constexpr uint32_t kIdKeys = 10'000'000;
constexpr uint32_t kBlocks = 32;
static_assert(uint64_t{kIdKeys} * kBlocks == kPopulationRowsMax);

constexpr uint32_t kPhones = 100'000'000;
constexpr int kPhoneDigits = 8;
constexpr int kHouseholdDigits = 10;
constexpr uint32_t kHouseholdSizeMax = 5;

constexpr std::array<absl::string_view, 40> kSurnames = {
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周",
    "徐", "孙", "马", "朱", "胡", "郭", "何", "高", "林", "罗",
    "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹",
    "彭", "曾", "肖", "田", "董", "袁", "潘", "蒋", "蔡", "余"};
constexpr std::array<absl::string_view, 8> kCompoundSurnames = {
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "令狐"};
constexpr std::array<absl::string_view, 40> kMaleCharacters = {
    "伟", "强", "磊", "军", "洋", "勇", "杰", "涛", "明", "超",
    "刚", "平", "辉", "鹏", "华", "飞", "鑫", "波", "斌", "宇",
    "浩", "凯", "健", "俊", "帆", "帅", "旭", "宁", "龙", "林",
    "峰", "建", "国", "志", "文", "海", "东", "晨", "轩", "泽"};
constexpr std::array<absl::string_view, 40> kFemaleCharacters = {
    "芳", "娜", "敏", "静", "丽", "艳", "娟", "霞", "燕", "玲",
    "桂", "英", "红", "梅", "兰", "琴", "云", "洁", "倩", "雪",
    "婷", "慧", "莹", "颖", "琳", "晶", "欣", "怡", "佳", "萍",
    "秀", "春", "月", "淑", "凤", "珍", "琪", "瑶", "涵", "萱"};
constexpr std::array<absl::string_view, 12> kMinorityMaleNames = {
    "买买提", "阿卜杜拉", "艾尼瓦尔", "吐尔逊", "努尔兰", "木合塔尔",
    "亚森",   "库尔班",   "热合曼",   "达吾提", "阿迪力", "赛买提"};
constexpr std::array<absl::string_view, 12> kMinorityFemaleNames = {
    "阿依古丽", "古丽娜尔", "热依拉",   "帕提古丽", "米热古丽", "麦热姆",
    "祖丽菲亚", "迪丽努尔", "努尔古丽", "阿米娜",   "萨依拉",   "巴哈尔"};
constexpr std::array<absl::string_view, 12> kMinorityFathers = {
    "艾力",   "买买提", "吐尔逊", "依明",   "卡德尔",   "艾合买提",
    "司马义", "玉素甫", "哈斯木", "热西提", "阿不都拉", "托合提"};
constexpr std::array<absl::string_view, 12> kMinorities = {
    "壮族", "回族",   "满族", "苗族", "彝族",   "土家族",
    "藏族", "蒙古族", "侗族", "瑶族", "布依族", "白族"};
constexpr absl::string_view kUyghur = "维吾尔族";
constexpr absl::string_view kHan = "汉族";
constexpr std::array<absl::string_view, 16> kRoads = {
    "人民路", "解放路", "中山路", "建设路", "和平路", "新华路",
    "文化路", "胜利路", "光明路", "幸福路", "青年路", "长江路",
    "迎宾路", "学府路", "滨河路", "朝阳路"};
// Percent of the population born in each ninth of the birth days, oldest first.
constexpr std::array<uint32_t, 9> kBirthWeights = {2,  5,  9,  13, 17,
                                                   16, 14, 14, 10};

constexpr int kSchoolAge = 7;
constexpr int kMarriageAge = 22;

absl::string_view MaritalStatus(int64_t age, uint32_t percent) {
  if (age < kMarriageAge) return "未婚";
  if (age < 30) return percent < 55 ? "未婚" : "已婚";
  if (age > 70 && percent < 35) return "丧偶";
  if (percent > 94) return "离异";
  return percent > 88 ? "未婚" : "已婚";
}

absl::string_view Education(int64_t age, uint32_t percent) {
  if (age < kSchoolAge) return "学龄前";
  if (age < 13) return "小学";
  if (age < 16) return "初中";
  if (percent < 25) return "小学";
  if (percent < 60) return "初中";
  return percent < 80 ? "高中" : "大学";
}

}  // namespace

Population::Population(uint64_t seed, const std::vector<Community>* communities)
    : prng_(seed),
      id_keys_(kIdKeys, &prng_),
      phones_(kPhones, &prng_),
      communities_(communities) {}

absl::Status Population::WriteRow(CsvWriter* writer) {
  if (household_.members_left == 0) MoveIntoNextHousehold();
  --household_.members_left;

  const uint32_t id_key = id_keys_(static_cast<uint32_t>(row_ % kIdKeys));
  const int64_t birth_day = PickBirthDay(row_ / kIdKeys, id_key);
  const absl::CivilDay birth = kEpoch + birth_day;
  const int64_t age = (kLastBirthDay - birth_day) / kDaysPerYear;
  const bool male = id_key % 2 == 1;

  AppendResidentId(id_key, birth, writer);
  writer->Append(',');
  const absl::string_view ethnicity = AppendName(male, writer);
  writer->Append(male ? ",男," : ",女,");
  AppendDate(birth, writer);
  writer->Append(",154");
  writer->AppendPadded(phones_(static_cast<uint32_t>(row_ % kPhones)),
                       kPhoneDigits);
  writer->Append(',');
  writer->Append(ethnicity);
  writer->Append(',');
  writer->Append(MaritalStatus(age, prng_.Below(100)));
  writer->Append(',');
  writer->Append(Education(age, prng_.Below(100)));
  writer->Append(',');
  writer->AppendPadded(household_.number, kHouseholdDigits);
  writer->Append(',');
  writer->Append(household_.community->code);
  writer->Append(',');
  AppendAddress(writer);
  writer->Append(',');
  const auto days_alive = static_cast<uint32_t>(kLastBirthDay - birth_day);
  AppendDate(birth + prng_.Below(days_alive + 1), writer);
  ++row_;
  return writer->EndRow();
}

int64_t Population::PickBirthDay(uint64_t block, uint32_t id_key) {
  uint32_t percent = prng_.Below(100);
  uint32_t span = 0;
  while (percent >= kBirthWeights[span]) percent -= kBirthWeights[span++];
  constexpr auto kDays =
      static_cast<uint32_t>(kLastBirthDay - kFirstBirthDay + 1);
  constexpr uint32_t kSpanDays = kDays / kBirthWeights.size();
  uint32_t day = span * kSpanDays + prng_.Below(kSpanDays);
  // The day's remainder is the block's mark on this id_key.
  day = day - day % kBlocks + static_cast<uint32_t>((block + id_key) % kBlocks);
  if (day >= kDays) day -= kBlocks;
  return kFirstBirthDay + day;
}

void Population::AppendResidentId(uint32_t id_key, absl::CivilDay birth,
                                  CsvWriter* writer) {
  std::array<char, identifiers::kResidentIdLength> id = {'9', '9'};
  const auto put = [&id](size_t at, size_t width, uint64_t number) {
    for (size_t i = width; i-- > 0; number /= 10) {
      id[at + i] = static_cast<char>('0' + number % 10);
    }
  };
  put(2, 4, id_key / 1000);
  put(6, 4, static_cast<uint64_t>(birth.year()));
  put(10, 2, static_cast<uint64_t>(birth.month()));
  put(12, 2, static_cast<uint64_t>(birth.day()));
  put(14, 3, id_key % 1000);
  id.back() = identifiers::ResidentIdCheckCharacter(
      absl::string_view(id.data(), id.size() - 1));
  writer->Append(absl::string_view(id.data(), id.size()));
}

void Population::AppendDate(absl::CivilDay day, CsvWriter* writer) {
  writer->AppendPadded(static_cast<uint64_t>(day.year()), 4);
  writer->Append('-');
  writer->AppendPadded(static_cast<uint64_t>(day.month()), 2);
  writer->Append('-');
  writer->AppendPadded(static_cast<uint64_t>(day.day()), 2);
}

absl::string_view Population::AppendName(bool male, CsvWriter* writer) {
  const uint32_t percent = prng_.Below(100);
  if (percent == 0) {
    writer->Append(
        prng_.Pick(male ? kMinorityMaleNames : kMinorityFemaleNames));
    writer->Append("·");
    writer->Append(prng_.Pick(kMinorityFathers));
    return kUyghur;
  }
  writer->Append(percent < 3 ? prng_.Pick(kCompoundSurnames)
                             : prng_.Pick(kSurnames));
  const auto& characters = male ? kMaleCharacters : kFemaleCharacters;
  writer->Append(prng_.Pick(characters));
  if (prng_.Below(100) < 70) writer->Append(prng_.Pick(characters));
  return percent >= 92 ? prng_.Pick(kMinorities) : kHan;
}

void Population::AppendAddress(CsvWriter* writer) const {
  writer->Append(household_.community->address);
  writer->Append(kRoads[household_.road]);
  writer->AppendNumber(household_.building);
  writer->Append("号");
  writer->AppendNumber(household_.room);
  writer->Append("室");
}

void Population::MoveIntoNextHousehold() {
  ++household_.number;
  household_.members_left = 1 + prng_.Below(kHouseholdSizeMax);
  household_.community = &(
      *communities_)[prng_.Below(static_cast<uint32_t>(communities_->size()))];
  household_.road = prng_.Below(static_cast<uint32_t>(kRoads.size()));
  household_.building = 1 + prng_.Below(999);
  household_.room = 100 * (1 + prng_.Below(30)) + 1 + prng_.Below(12);
}

}  // namespace sluice::loadgen
