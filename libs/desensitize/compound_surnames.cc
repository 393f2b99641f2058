#include "libs/desensitize/compound_surnames.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::desensitize {
namespace {

// Left out are pairs whose first character is a common surname of its own and
// whose second is common in given names (贺兰, 王孙, 张廖): taken as compound
// they would show a character of the given name.
constexpr std::string_view kNames =
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 "
    "赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 "
    "司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 "
    "宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 公户 "
    "公玉 公仪 梁丘 公仲 公上 公门 公山 公坚 左丘 公伯 西门 公祖 第五 公乘 "
    "贯丘 公皙 南荣 东门 东野 相里 胡母 司城 雍门 毋丘 綦毋 屋庐 南郭 北宫 "
    "纳兰 即墨 达奚 褚师 子桑 完颜 耶律 淳于 "
    "歐陽 司馬 東方 獨孤 南宮 聞人 諸葛 尉遲 赫連 澹臺 公孫 仲孫 鍾離 長孫 "
    "鮮于 閭丘 子車 顓孫 壤駟 樂正 穀梁 軒轅 東郭 南門 公儀 公門 左邱 西門 "
    "東門 納蘭 北宮 完顏 達奚 褚師";

constexpr size_t kSlots = 1024;

constexpr uint64_t Key(const char* text) {
  uint64_t key = 0;
  for (size_t i = 0; i < kCompoundSurnameBytes; ++i) {
    key = key << 8 | static_cast<uint8_t>(text[i]);
  }
  return key;
}

constexpr size_t Slot(uint64_t key) {
  return static_cast<size_t>(key * 0x9E3779B97F4A7C15u >> 54);
}

// Open addressing; 0 is an empty slot.
constexpr std::array<uint64_t, kSlots> MakeTable() {
  std::array<uint64_t, kSlots> table = {};
  for (size_t at = 0; at < kNames.size(); at += kCompoundSurnameBytes + 1) {
    const uint64_t key = Key(kNames.data() + at);
    size_t slot = Slot(key);
    while (table[slot] != 0 && table[slot] != key) slot = (slot + 1) % kSlots;
    table[slot] = key;
  }
  return table;
}

constexpr std::array<uint64_t, kSlots> kTable = MakeTable();

// The lower 12 bits of the first characters of compound surnames, a bit each:
// of most names this says enough, and fast.
constexpr size_t kFirstBits = size_t{1} << 12;

constexpr size_t FirstBit(const char* text) {
  return static_cast<size_t>(text[1] & 0x3F) << 6 |
         static_cast<size_t>(text[2] & 0x3F);
}

constexpr std::array<uint64_t, kFirstBits / 64> MakeFirsts() {
  std::array<uint64_t, kFirstBits / 64> firsts = {};
  for (size_t at = 0; at < kNames.size(); at += kCompoundSurnameBytes + 1) {
    const size_t bit = FirstBit(kNames.data() + at);
    firsts[bit / 64] |= uint64_t{1} << bit % 64;
  }
  return firsts;
}

constexpr std::array<uint64_t, kFirstBits / 64> kFirsts = MakeFirsts();

bool MayBegin(const char* text) {
  const size_t bit = FirstBit(text);
  return (kFirsts[bit / 64] >> bit % 64 & 1) != 0;
}
static_assert((kNames.size() + 1) % (kCompoundSurnameBytes + 1) == 0);

}  // namespace

const absl::string_view kCompoundSurnames(kNames.data(), kNames.size());

bool IsCompoundSurname(const char* text) {
  if (!MayBegin(text)) return false;
  const uint64_t key = Key(text);
  for (size_t slot = Slot(key); kTable[slot] != 0; slot = (slot + 1) % kSlots) {
    if (kTable[slot] == key) return true;
  }
  return false;
}

}  // namespace sluice::desensitize
