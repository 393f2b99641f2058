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

constexpr uint64_t Key(const char* text) {
  uint64_t key = 0;
  for (size_t i = kCompoundSurnameBytes; i-- > 0;) {
    key = key << 8 | static_cast<uint8_t>(text[i]);
  }
  return key << 16;
}

constexpr CompoundSurnameTable MakeTable() {
  CompoundSurnameTable table = {};
  for (size_t at = 0; at < kNames.size(); at += kCompoundSurnameBytes + 1) {
    const uint64_t key = Key(kNames.data() + at);
    table.keys[CompoundSurnameTable::Slot(key)] = key;
  }
  return table;
}

// A slot with another's name in it would be a surname that is lost.
constexpr bool EachHasASlot(const CompoundSurnameTable& table) {
  for (size_t at = 0; at < kNames.size(); at += kCompoundSurnameBytes + 1) {
    if (!table.Has(Key(kNames.data() + at))) return false;
  }
  return true;
}

constexpr CompoundSurnameSieve MakeSieve() {
  CompoundSurnameSieve sieve = {};
  for (size_t at = 0; at < kNames.size(); at += kCompoundSurnameBytes + 1) {
    const auto low_bits = [at](size_t i) {
      return static_cast<size_t>(static_cast<uint8_t>(kNames[at + i])) %
             CompoundSurnameSieve::kValues;
    };
    // Of those tried this parting lets the fewest common names pass.
    const size_t group = low_bits(2) * 7 / 2 % 8;
    for (size_t i = 0; i < CompoundSurnameSieve::kAt.size(); ++i) {
      sieve.groups[i][low_bits(CompoundSurnameSieve::kAt[i])] |=
          static_cast<uint8_t>(1u << group);
    }
  }
  return sieve;
}

constexpr CompoundSurnameFilter MakeFilter() {
  CompoundSurnameFilter filter = {};
  for (size_t at = 0; at < kNames.size(); at += kCompoundSurnameBytes + 1) {
    uint32_t bytes = 0;
    for (size_t i = 4; i-- > 0;) {
      bytes = bytes << 8 |
              static_cast<uint8_t>(kNames[at + CompoundSurnameFilter::kAt + i]);
    }
    filter.slots[CompoundSurnameFilter::Slot(bytes)] = true;
  }
  return filter;
}

static_assert((kNames.size() + 1) % (kCompoundSurnameBytes + 1) == 0);

static_assert(EachHasASlot(MakeTable()));

}  // namespace

constexpr CompoundSurnameTable kCompoundSurnameTable = MakeTable();

constexpr CompoundSurnameSieve kCompoundSurnameSieve = MakeSieve();

constexpr CompoundSurnameFilter kCompoundSurnameFilter = MakeFilter();

constexpr absl::string_view kCompoundSurnames(kNames.data(), kNames.size());

bool IsCompoundSurname(const char* text) {
  return kCompoundSurnameTable.Has(Key(text));
}

}  // namespace sluice::desensitize
