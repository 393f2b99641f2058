// Masks of texts look at many texts at once, in ways that depend on the CPU and
// on what stands beside a text. Whole columns of what they are made for, with
// something strange now and then, must come out the same at each level, and as
// each text does alone.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/shared_bytes.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

using Random = std::mt19937_64;

std::unique_ptr<const Operator> Compile(
    const std::function<void(agreement::v1::Mask*)>& set) {
  Treatment treatment;
  set(treatment.mutable_mask());
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

// Mostly of `usual`; else made of `strange`.
struct Kind {
  std::unique_ptr<const Operator> mask;
  std::vector<std::string> usual;
  std::vector<std::string> strange;
};

// Masks that hide by place or around a character: over short texts of Han
// characters, and over numbers and lines of ASCII. Some are as long as a vector
// or half of one, or one byte longer or shorter.
void AddByPlace(std::vector<Kind>* kinds) {
  using agreement::v1::Mask;
  std::vector<std::function<void(Mask*)>> masks;
  const std::vector<std::pair<uint32_t, uint32_t>> ends = {
      {1, 0}, {0, 1}, {2, 1}, {3, 2}, {0, 9}, {64, 1}};
  masks.reserve(32);
  for (const auto& [first, last] : ends) {
    masks.emplace_back([first, last](Mask* mask) {
      mask->mutable_keep_ends()->set_first(first);
      mask->mutable_keep_ends()->set_last(last);
    });
  }
  const std::vector<std::pair<uint32_t, uint32_t>> ranges = {
      {1, 1}, {2, 3}, {2, 64}, {3, 30}, {1, 3}};
  for (const auto& [from, to] : ranges) {
    masks.emplace_back([from, to](Mask* mask) {
      mask->mutable_hide_range()->set_from(from);
      mask->mutable_hide_range()->set_to(to);
    });
    masks.emplace_back([from, to](Mask* mask) {
      mask->mutable_keep_range()->set_from(from);
      mask->mutable_keep_range()->set_to(to);
    });
  }
  for (const std::string character : {"-", "·", "三"}) {
    masks.emplace_back([character](Mask* mask) {
      mask->mutable_hide_before()->set_character(character);
    });
    masks.emplace_back([character](Mask* mask) {
      mask->mutable_hide_after()->set_character(character);
    });
  }
  for (const auto& mask : masks) {
    kinds->push_back({Compile(mask),
                      {"王伟", "李秀英", "张国强", "夏芳", "男", "欧阳伟"},
                      {"", "三", "·", "-", "A", "é", "\xF0\xA0\x80\x80",
                       "买买提·艾力", "一二三四五六七八九十",
                       "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌"}});
    kinds->push_back({Compile(mask),
                      {"HZ-12345", "HZ-2024-123456", "1", "-", "330106-77",
                       "HZ-00112233445566"},
                      {"", "-", "1", "0123456789abcdef0123456789-bcdef",
                       "0123456789-bcdef0123456789abcde",
                       "0123456789abcdef0123456789abcdef012345678", "三"}});
  }
}

// Masks of texts that have a grammar.
std::vector<Kind> FormKinds() {
  std::vector<Kind> kinds;
  kinds.push_back(
      {Compile([](auto* mask) { mask->mutable_email(); }),
       {"user1234@example.com", "a@b.cn", "zhang.wei@163.com", "1234567@qq.com",
        "somebody.with.a.long.name@mail.example.org"},
       {"@", ".", "a", "-", "张", "a@b.cn", "@qq.com", "..", "é", ",", "_",
        "0123456789012345678901234567890123456789"}});
  kinds.push_back({Compile([](auto* mask) { mask->mutable_plate(); }),
                   {"京A12345", "浙AD12345", "沪B1234学", "粤ZF456警",
                    "桂O12345", "新CF1234挂"},
                   {"京", "学", "A", "AD1234", "1234", "5", "I", "O", "d", "é",
                    "国", "京A12345", "\xF0\xA0\x80\x80", "·", "领"}});
  return kinds;
}

std::vector<Kind> Kinds() {
  std::vector<Kind> kinds = FormKinds();
  kinds.push_back(
      {Compile([](auto* mask) { mask->mutable_name(); }),
       {"王伟", "李秀英", "张国强", "夏芳", "万静丽", "欧阳伟", "诸葛孔明"},
       {"欧", "阳", "欧阳", "万俟", "·", "伟", "A", "é", "\xF0\xA0\x80\x80",
        "买买提·艾力", "公孙", "\xC2\xB0", "尼古拉斯赵四王五李六张三丰"}});
  kinds.push_back(
      {Compile([](auto* mask) { mask->mutable_free_text(); }),
       {"联系电话13812345678，请尽快回复", "身份证11010519491231002X",
        "于2026-05-06来访", "a.b@example.com", "无"},
       {"13812345678", "1", "-", " ", "@", "１３８", "86", "x", "e.cn"}});
  kinds.push_back({Compile([](auto* mask) { mask->mutable_address(); }),
                   {"浙江省杭州市西湖区文二西路12号", "浙江省杭州市上城区3号",
                    "北京市东城区", "广东省东莞市虎门镇",
                    "新疆维吾尔自治区伊犁哈萨克自治州察布查尔锡伯自治县1号"},
                   {"浙江省", "杭州市", "西湖区",
                    "内蒙古自治区锡林郭勒盟苏尼特左旗", "12", "号"}});
  kinds.push_back(
      {Compile([](auto* mask) { mask->mutable_classes(); }),
       {"王伟", "HZ-2024", "文二西路12号", "欧阳·艾力"},
       {"", "-", "（", "·", "。。。", "Ａ", "ｂ", "５", "é", "±",
        "\xF0\xA0\x80\x80", "一二三四五六七八九十一二三四五六七八九十一"}});
  AddByPlace(&kinds);
  return kinds;
}

std::string TextOf(const Kind& kind, uint64_t strange_in_hundred,
                   Random* random) {
  const auto any_of = [random](const std::vector<std::string>& texts) {
    return texts[(*random)() % texts.size()];
  };
  if ((*random)() % 100 >= strange_in_hundred) return any_of(kind.usual);
  std::string text;
  for (size_t n = (*random)() % 5; n > 0; --n) text += any_of(kind.strange);
  return text;
}

records::Column ColumnOf(const std::vector<std::string>& texts) {
  records::ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
  for (const std::string& text : texts) builder.AppendText(AsView(text));
  return builder.Finish();
}

TEST_CASE("a text is masked the same alone and in a column at every level") {
  Random random(1);
  for (const Kind& kind : Kinds()) {
    for (int round = 0; round < 45; ++round) {
      std::vector<std::string> texts(random() % 200);
      const uint64_t strange = round % 3 == 0 ? 0 : round % 3 == 1 ? 3 : 30;
      for (std::string& text : texts) text = TextOf(kind, strange, &random);
      const records::Column column = ColumnOf(texts);
      for (const CpuLevel level :
           {CpuLevel::kPortable, CpuLevel::kAvx2, CpuLevel::kAvx512}) {
        const CpuLevelCap cap(level);
        const Treated treated = kind.mask->Apply(column);
        uint64_t untreatable = 0;
        for (uint32_t row = 0; row < column.row_count; ++row) {
          const Treated alone = kind.mask->Apply(ColumnOf({texts[row]}));
          CAPTURE(round, row, texts[row]);
          REQUIRE(treated.column.IsNull(row) == alone.column.IsNull(0));
          REQUIRE(treated.column.Text(row) == alone.column.Text(0));
          untreatable += alone.untreatable;
        }
        REQUIRE(treated.untreatable == untreatable);
        REQUIRE(treated.column.data.size() ==
                static_cast<size_t>(treated.column.Offset(column.row_count)));
      }
    }
  }
}

// Where windows hold texts that are hidden whole beside others that are not, a
// borrow of one must not run into the next: some sums of what is kept met that
// in one window of a thousand only.
TEST_CASE("short texts are hidden whole whatever stands beside them") {
  Random random(6);
  for (int round = 0; round < 600; ++round) {
    const auto first = static_cast<uint32_t>(1 + random() % 11);
    const auto last = static_cast<uint32_t>(random() % 12);
    const bool is_most = round % 50 == 0;
    const auto mask = Compile([&](auto* m) {
      m->mutable_keep_ends()->set_first(is_most ? 64 : first);
      m->mutable_keep_ends()->set_last(is_most ? 64 : last);
    });
    std::vector<std::string> texts;
    for (size_t rows = 60 + random() % 60; rows > 0; --rows) {
      const size_t characters = random() % (2 + (first + last) * 5 / 4);
      std::string text;
      while (text.size() < characters) {
        text += static_cast<char>('a' + random() % 26);
      }
      texts.push_back(text);
    }
    // Columns of ASCII alone take another way.
    for (int i = 0; i < 40; ++i) texts.emplace_back("张三");
    const records::Column column = ColumnOf(texts);
    const Treated quick = mask->Apply(column);
    const CpuLevelCap cap(CpuLevel::kPortable);
    const Treated slow = mask->Apply(column);
    CAPTURE(first, last, is_most);
    REQUIRE(quick.column.data.view() == slow.column.data.view());
    REQUIRE(quick.column.offsets.view() == slow.column.offsets.view());
  }
}

// In memory of its own, so that what is read behind it is seen.
SharedBytes Alone(const SharedBytes& bytes) {
  const size_t size = bytes.size();
  const std::shared_ptr<char[]> copy(new char[size]);
  std::copy_n(bytes.data(), size, copy.get());
  return SharedBytes(copy, absl::string_view(copy.get(), size));
}

Treated ApplyAt(CpuLevel level, const Operator& mask,
                const records::Column& column) {
  const CpuLevelCap cap(level);
  return mask.Apply(column);
}

void CheckSameWithoutVectors(const Operator& mask, records::Column column) {
  column.validity = Alone(column.validity);
  column.offsets = Alone(column.offsets);
  column.data = Alone(column.data);
  const Treated slow = ApplyAt(CpuLevel::kPortable, mask, column);
  for (const CpuLevel level : {CpuLevel::kAvx2, CpuLevel::kAvx512}) {
    const Treated quick = ApplyAt(level, mask, column);
    REQUIRE(quick.untreatable == slow.untreatable);
    REQUIRE(quick.column.null_count == slow.column.null_count);
    REQUIRE(quick.column.validity.view() == slow.column.validity.view());
    REQUIRE(quick.column.data.view() == slow.column.data.view());
    REQUIRE(quick.column.offsets.view() == slow.column.offsets.view());
  }
}
void CheckSameWithoutVectors(const Operator& mask,
                             const std::vector<std::string>& texts) {
  CheckSameWithoutVectors(mask, ColumnOf(texts));
}

const std::vector<std::string>& HanNames() {
  static const std::vector<std::string> names = {
      "王伟",   "李秀英",   "夏芳",       "万俟",     "欧阳",
      "欧阳伟", "诸葛孔明", "张欧阳欧阳", "万静丽",   "夏侯侯",
      "王欧",   "阳伟",     "司马欧阳",   "东方东方", "上官上官婉儿"};
  return names;
}

TEST_CASE("names of Han characters are the same many at a time") {
  const auto mask = Compile([](auto* m) { m->mutable_name(); });
  Random random(3);
  for (int round = 0; round < 150; ++round) {
    CAPTURE(round);
    std::vector<std::string> texts(round % 5 == 0 ? 512 : random() % 1100);
    // Of some columns every name but few begins with a compound surname.
    const size_t from = round % 3 == 0 ? 3 : 0;
    for (std::string& text : texts) {
      text = HanNames()[from + random() % (HanNames().size() - from)];
    }
    CheckSameWithoutVectors(*mask, texts);
  }
}

TEST_CASE("names may fill up what is looked at together") {
  const auto mask = Compile([](auto* m) { m->mutable_name(); });
  constexpr size_t kTogether = 256;
  // Twelve times 64 characters, or sixteen, which is the most; with one more or
  // less in one name.
  for (const size_t characters : {3, 4}) {
    for (const size_t odd : {2, 3, 4, 5}) {
      for (const size_t place : {0, 100, 255}) {
        std::vector<std::string> texts(2 * kTogether + 1);
        for (size_t row = 0; row < texts.size(); ++row) {
          const size_t size = row % kTogether == place ? odd : characters;
          texts[row] = row % 50 == 0 ? "欧阳" : "王伟";
          for (size_t i = 2; i < size; ++i) texts[row] += "芳";
        }
        CAPTURE(characters, odd, place);
        CheckSameWithoutVectors(*mask, texts);
      }
    }
  }
}

TEST_CASE("a name that is not of Han characters stops others nowhere") {
  const auto mask = Compile([](auto* m) { m->mutable_name(); });
  std::string name_as_long_as_many;
  for (int i = 0; i < 800; ++i) name_as_long_as_many += "王";
  const std::vector<std::string> strange = {"",
                                            "王",
                                            "A",
                                            "é",
                                            "ééé",
                                            "\xF0\xA0\x80\x80",
                                            "Ab",
                                            "AbcD",
                                            "Abcdef",
                                            "王é",
                                            "欧阳·伟",
                                            "\xF0\xA0\x80\x80王AB",
                                            "王AB王",
                                            "·王",
                                            "王·",
                                            "王AB",
                                            name_as_long_as_many};
  Random random(4);
  // More than are left to other ways where one is not.
  std::vector<std::string> texts(1600);
  for (std::string& text : texts) {
    text = HanNames()[random() % HanNames().size()];
  }
  for (const std::string& text : strange) {
    for (size_t row = 0; row < texts.size(); row += 1 + random() % 20) {
      CAPTURE(text, row);
      const std::string usual = std::exchange(texts[row], text);
      CheckSameWithoutVectors(*mask, texts);
      texts[row] = usual;
    }
  }
}

// `text` with one of its characters gone, or something strange before it, or
// instead.
std::string Edited(const Kind& kind, std::string text, Random* random) {
  std::vector<size_t> begins;
  for (size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<uint8_t>(text[at]) & 0xC0) != 0x80) begins.push_back(at);
  }
  if (begins.empty()) return text;
  const size_t nth = (*random)() % begins.size();
  const size_t end = nth + 1 < begins.size() ? begins[nth + 1] : text.size();
  const bool goes = (*random)() % 3 != 0;
  const bool comes = !goes || (*random)() % 2 == 0;
  return text.replace(
      begins[nth], goes ? end - begins[nth] : 0,
      comes ? kind.strange[(*random)() % kind.strange.size()] : "");
}

// Of `rows` texts, of which so many in a hundred are null or empty and so many
// are strange.
records::Column LongColumn(const Kind& kind, size_t rows, uint64_t empty,
                           uint64_t strange, Random* random) {
  records::ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
  for (; rows > 0; --rows) {
    const bool none = (*random)() % 100 < empty;
    const bool edited = (*random)() % 100 < strange;
    std::string text = TextOf(kind, strange, random);
    if (edited) text = Edited(kind, std::move(text), random);
    if (none && (*random)() % 2 == 0) {
      builder.AppendNull();
    } else {
      builder.AppendText(none ? "" : AsView(text));
    }
  }
  return builder.Finish();
}

TEST_CASE("long columns of forms and classes are the same at every level") {
  Random random(7);
  for (const Kind& kind : Kinds()) {
    for (int round = 0; round < 24; ++round) {
      const uint64_t empty = round % 4 < 2 ? 0 : round % 4 == 2 ? 3 : 90;
      const uint64_t strange = std::vector<uint64_t>{0, 1, 10, 60}[round / 6];
      CAPTURE(round);
      CheckSameWithoutVectors(*kind.mask, LongColumn(kind, random() % 1500,
                                                     empty, strange, &random));
    }
  }
}

TEST_CASE("a text that is not of its form spoils none beside it, anywhere") {
  Random random(8);
  for (const Kind& kind : FormKinds()) {
    // Far more than are looked at together.
    std::vector<std::string> texts(700);
    for (std::string& text : texts) text = TextOf(kind, 0, &random);
    for (size_t row = 0; row < texts.size(); row += 1 + random() % 3) {
      const std::string strange =
          row % 2 == 0 ? Edited(kind, texts[row], &random)
                       : kind.strange[random() % kind.strange.size()];
      CAPTURE(row, strange);
      const std::string usual = std::exchange(texts[row], strange);
      CheckSameWithoutVectors(*kind.mask, texts);
      texts[row] = usual;
    }
  }
}

// Two that may be wrong, one behind the other.
TEST_CASE("what is wrong with a form is seen where batches of blocks meet") {
  constexpr size_t kBatchBytes = 4096;
  const std::vector<Kind> kinds = FormKinds();
  const std::vector<std::vector<std::string>> wrong = {
      {"a@.b.cn", "a.@b.cn", "a@b.cn.", ".a@b.cn", "a@@b.cn", "a@b..cn",
       "ab.cn", "a@bcn", "a@b.c_", "a@b_.cn", "@b.cn", "a@", "a", "a@b.cn"},
      {"京A1234", "京A1234567", "A12345", "京112345", "京A12I45", "京A123学4",
       "京A123学", "京A12345学", "京A1234京", "京", "京A", "1", "A1", "京A12学",
       "京A1234学"}};
  for (size_t kind = 0; kind < kinds.size(); ++kind) {
    for (const std::string& text : wrong[kind]) {
      for (size_t before = 0; before < 16; ++before) {
        // Texts of 9 and of 10 bytes, of as many as they should be together.
        const size_t bytes = kBatchBytes - before;
        std::vector<std::string> texts(bytes % 9,
                                       kind == 0 ? "abc@de.com" : "京A123456");
        texts.resize(texts.size() + (bytes - texts.size() * 10) / 9,
                     kind == 0 ? "ab@de.com" : "京A12345");
        texts.push_back(text);
        texts.emplace_back();
        for (const std::string& next : wrong[kind]) {
          texts.back() = next;
          CAPTURE(text, next, before);
          CheckSameWithoutVectors(*kinds[kind].mask, texts);
        }
      }
    }
  }
}

TEST_CASE("texts of every length have the same classes at every level") {
  const auto mask = Compile([](auto* m) { m->mutable_classes(); });
  const std::vector<std::string> characters = {"国", "a", "Z", "7", "-", "é"};
  Random random(9);
  for (const size_t odd : {0, 1, 60}) {
    for (size_t size = 0; size < 45; ++size) {
      std::vector<std::string> texts(200);
      for (std::string& text : texts) {
        const size_t kinds = random() % 100 < odd ? characters.size() : 1;
        while (text.size() < size) text += characters[random() % kinds];
      }
      CAPTURE(odd, size);
      CheckSameWithoutVectors(*mask, texts);
    }
  }
  // More than sixteen bits count in one text of many.
  std::string text_as_long_as_many;
  while (text_as_long_as_many.size() < 70'000) text_as_long_as_many += "国";
  std::vector<std::string> texts(130, "王伟");
  texts[70] = text_as_long_as_many;
  CheckSameWithoutVectors(*mask, texts);
}

TEST_CASE("names of each length stand beside others and beside nulls") {
  const auto mask = Compile([](auto* m) { m->mutable_name(); });
  Random random(7);
  for (int round = 0; round < 400; ++round) {
    const uint64_t nulls_in_hundred = round % 4 == 0 ? 0 : random() % 90;
    const uint64_t strange_in_hundred = round % 3 == 0 ? 0 : random() % 10;
    records::ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
    for (size_t rows = random() % 200; rows > 0; --rows) {
      if (random() % 100 < nulls_in_hundred) {
        builder.AppendNull();
        continue;
      }
      // The last two are mostly looked up in vain.
      std::string name = std::vector<std::string>{"王", "欧阳", "司马", "徐芳",
                                                  "梁丽"}[random() % 5];
      const bool is_strange = random() % 100 < strange_in_hundred;
      for (size_t more = is_strange ? random() % 12 : 1; more > 0; --more) {
        name += "伟";
      }
      if (is_strange && random() % 3 == 0) name += "·é";
      builder.AppendText(AsView(name));
    }
    CAPTURE(round);
    CheckSameWithoutVectors(*mask, builder.Finish());
  }
}

TEST_CASE("what is known of addresses may be of any length") {
  const auto mask = Compile([](auto* m) { m->mutable_address(); });
  // Of half a vector at most, of a vector, and of more.
  const std::vector<std::string> heads = {
      "浙江省杭州市西湖区", "浙江省杭州市上城区", "北京市东城区",
      "内蒙古自治区锡林郭勒盟苏尼特左旗",
      "新疆维吾尔自治区伊犁哈萨克自治州察布查尔锡伯自治县"};
  Random random(8);
  for (int round = 0; round < 400; ++round) {
    const size_t known = 1 + round % heads.size();
    records::ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
    for (size_t rows = random() % 60; rows > 0; --rows) {
      if (random() % 10 == 0) {
        builder.AppendNull();
        continue;
      }
      std::string address = heads[random() % known];
      // Some lack the end of what is known, or have another one.
      if (random() % 20 == 0) address.resize(address.size() - 3);
      if (random() % 20 == 0) address.replace(address.size() - 3, 3, "号");
      for (size_t more = random() % 8; more > 0; --more) address += "路";
      builder.AppendText(AsView(address));
    }
    CAPTURE(round);
    CheckSameWithoutVectors(*mask, builder.Finish());
  }
}

std::string Utf8Of(uint32_t code) {
  const auto rest = [code](int shift) {
    return static_cast<char>(0x80 | (code >> shift & 0x3F));
  };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), rest(0)};
  if (code < 0x10000) {
    return {static_cast<char>(0xE0 | code >> 12), rest(6), rest(0)};
  }
  return {static_cast<char>(0xF0 | code >> 18), rest(12), rest(6), rest(0)};
}

TEST_CASE("each character has the same class at every level") {
  const auto classes = Compile([](auto* mask) { mask->mutable_classes(); });
  std::vector<std::string> texts;
  texts.reserve(0x30000);
  for (uint32_t code = 1; code < 0x22000; ++code) {
    const bool is_surrogate = code >= 0xD800 && code < 0xE000;
    if (!is_surrogate) texts.push_back(Utf8Of(code));
  }
  const records::Column column = ColumnOf(texts);
  const Treated quick = classes->Apply(column);
  const CpuLevelCap cap(CpuLevel::kPortable);
  const Treated slow = classes->Apply(column);
  CHECK(quick.untreatable == slow.untreatable);
  CHECK(quick.column.data.view() == slow.column.data.view());
  CHECK(quick.column.offsets.view() == slow.column.offsets.view());
  CHECK(quick.column.validity.view() == slow.column.validity.view());
}

TEST_CASE("the same characters begin and end a plate at every level") {
  std::vector<std::string> texts;
  constexpr uint32_t kFirst = 0x4E00;
  constexpr uint32_t kLast = 0x9FFF;
  texts.reserve(2 * (kLast - kFirst + 1));
  for (uint32_t character = kFirst; character <= kLast; ++character) {
    texts.push_back(Utf8Of(character) + "A12345");
    texts.push_back("京A1234" + Utf8Of(character));
  }
  const auto mask = Compile([](auto* m) { m->mutable_plate(); });
  const records::Column column = ColumnOf(texts);
  for (const CpuLevel level :
       {CpuLevel::kPortable, CpuLevel::kAvx2, CpuLevel::kAvx512}) {
    const CpuLevelCap cap(level);
    const Treated treated = mask->Apply(column);
    constexpr size_t kProvinces = 31;
    constexpr size_t kLasts = 7;
    CHECK(treated.untreatable == texts.size() - kProvinces - kLasts);
    for (uint32_t row = 0; row < column.row_count; ++row) {
      if (treated.column.IsNull(row)) continue;
      const bool ends = row % 2 == 1;
      const std::string begin = texts[row].substr(0, 4);
      CHECK(treated.column.Text(row) ==
            begin + (ends ? "***" + texts[row].substr(7) : "***45"));
    }
  }
}

}  // namespace
}  // namespace sluice::desensitize
