#include "libs/desensitize/text_form.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

using Random = std::mt19937_64;

constexpr CpuLevel kLevels[] = {CpuLevel::kPortable, CpuLevel::kAvx2,
                                CpuLevel::kAvx512};

records::Column ColumnOf(const std::vector<std::string>& texts) {
  records::ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
  for (const std::string& text : texts) builder.AppendText(text);
  return builder.Finish();
}

TEST_CASE("the common length is found where there is one") {
  for (const CpuLevel level : kLevels) {
    const CpuLevelCap cap(level);
    for (size_t rows : {1, 2, 15, 16, 17, 100}) {
      for (size_t length : {1, 11, 63, 64, 65}) {
        std::vector<std::string> texts(rows, std::string(length, '7'));
        const size_t common = length <= kFormBytesMax ? length : 0;
        CHECK(CommonTextBytes(ColumnOf(texts)) == common);
        if (rows == 1) continue;
        texts.front().clear();
        CHECK(CommonTextBytes(ColumnOf(texts)) == common);
        texts.back() += '7';
        CHECK(CommonTextBytes(ColumnOf(texts)) ==
              (rows == 2 && length < kFormBytesMax ? length + 1 : 0));
      }
    }
    CHECK(CommonTextBytes(ColumnOf({"", ""})) == 0);
  }
}

TEST_CASE("a mask in a form writes over what is hidden and nothing else") {
  Random random(1);
  for (int round = 0; round < 300; ++round) {
    const CpuLevelCap cap(kLevels[round % 3]);
    const size_t length = 1 + random() % kFormBytesMax;
    const size_t begin = random() % (length + 1);
    const size_t end = begin + random() % (length - begin + 1);
    std::vector<std::string> texts(1 + random() % 200);
    std::vector<std::string> masked;
    for (std::string& text : texts) {
      while (text.size() < length)
        text += static_cast<char>('0' + random() % 10);
      masked.push_back(text);
      masked.back().replace(begin, end - begin, end - begin, '*');
    }
    TextForm form(length);
    form.RequireDigits();
    form.Hide(begin, end);
    const auto treated = MaskInForm(ColumnOf(texts), form, '*');
    REQUIRE(treated);
    CHECK(treated->column.data.view() == ColumnOf(masked).data.view());

    // One wrong byte anywhere is seen.
    std::string& wrong = texts[random() % texts.size()];
    wrong[random() % length] = "/:x"[random() % 3];
    CHECK_FALSE(MaskInForm(ColumnOf(texts), form, '*'));
  }
}

TEST_CASE("a cut keeps the beginning of each text, and empty ones") {
  Random random(2);
  for (int round = 0; round < 300; ++round) {
    const CpuLevelCap cap(kLevels[round % 3]);
    const size_t length = 1 + random() % kFormBytesMax;
    const size_t kept = 1 + random() % std::min(length, kCutBytesMax);
    std::vector<std::string> texts(1 + random() % 50);
    std::vector<std::string> cut;
    for (std::string& text : texts) {
      if (round % 2 == 0 || random() % 4 != 0) text.assign(length, '7');
      for (char& c : text) c = static_cast<char>('0' + random() % 10);
      cut.push_back(text.substr(0, kept));
    }
    texts.back().assign(length, '8');
    cut.back() = texts.back().substr(0, kept);
    TextForm form(length);
    form.RequireDigits();
    const auto treated = CutInForm(ColumnOf(texts), form, kept);
    REQUIRE(treated);
    CHECK(treated->column.data.view() == ColumnOf(cut).data.view());
    CHECK(treated->column.offsets.view() == ColumnOf(cut).offsets.view());
    std::string& any = texts[random() % texts.size()];
    const std::string right = any;
    if (!any.empty()) {
      any[random() % any.size()] = 'x';
      CHECK_FALSE(CutInForm(ColumnOf(texts), form, kept));
      any = right;
    }
    texts.back().back() = 'x';
    CHECK_FALSE(CutInForm(ColumnOf(texts), form, kept));
  }
}

TEST_CASE("each byte has bounds of its own") {
  TextForm form(3);
  form.Require(0, '1', '1');
  form.Require(1, '3', '9');
  CHECK(MaskInForm(ColumnOf({"13\x7F", "19 "}), form, '*'));
  for (const char* text : {"0 3", "23 ", "12 ", "1: ", "é3"}) {
    CHECK_FALSE(MaskInForm(ColumnOf({"13 ", text}), form, '*'));
  }
  CHECK_FALSE(MaskInForm(ColumnOf({"ab", "é"}), TextForm(2), '*'));
}

}  // namespace
}  // namespace sluice::desensitize
