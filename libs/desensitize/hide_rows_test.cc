// Masks that hide characters by their place, or around one, look at several
// texts at once where the CPU can, in ways that depend on what characters stand
// in a text and beside it. All must come out as they do without vectors.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/shared_bytes.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/operator.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Mask;
using Random = std::mt19937_64;
using SetMask = std::function<void(Mask*)>;
using Texts = std::vector<std::string>;

std::unique_ptr<const Operator> Compile(const SetMask& set) {
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

std::vector<SetMask> Masks() {
  std::vector<SetMask> masks;
  const std::vector<std::pair<uint32_t, uint32_t>> ends = {
      {1, 0}, {0, 1}, {2, 1}, {3, 2}, {6, 0}, {0, 9}, {64, 1}};
  for (const auto& [first, last] : ends) {
    masks.emplace_back([first, last](Mask* mask) {
      mask->mutable_keep_ends()->set_first(first);
      mask->mutable_keep_ends()->set_last(last);
    });
  }
  const std::vector<std::pair<uint32_t, uint32_t>> ranges = {
      {1, 1}, {2, 3}, {4, 7}, {2, 64}, {3, 30}, {1, 3}, {7, 64}, {64, 64}};
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
  for (const std::string character : {"-", "·", "三", "\xF0\xA0\x80\x80"}) {
    masks.emplace_back([character](Mask* mask) {
      mask->mutable_hide_before()->set_character(character);
    });
    masks.emplace_back([character](Mask* mask) {
      mask->mutable_hide_after()->set_character(character);
    });
  }
  return masks;
}

// What texts are made of. The first ones are of as many bytes each.
const std::vector<Texts>& Alphabets() {
  static const std::vector<Texts> alphabets = {
      {"a", "b", "0", "~", "c", "d", "-"},
      {"é", "ж", "ü", "·"},
      {"王", "伟", "西", "路", "三", "\xE0\xA4\x95"},
      {"\xF0\xA0\x80\x80", "\xF0\x9F\x98\x80"},
      {"王", "李", "国", "三", "伟", "静", "丽", "西", "路", "1", "-"},
      {"x", "é", "三", "-", "·", "\xF0\xA0\x80\x80"}};
  return alphabets;
}

std::string TextOf(const Texts& alphabet, size_t characters, Random* random) {
  std::string text;
  for (; characters > 0; --characters) {
    text += alphabet[(*random)() % alphabet.size()];
  }
  return text;
}

// Nothing is behind them that may be read.
SharedBytes ExactCopy(const SharedBytes& bytes) {
  records::AlignedBuffer copy(bytes.size());
  std::copy(bytes.view().begin(), bytes.view().end(), copy.data());
  return std::move(copy).Share();
}

enum class Nulls { kNone, kSome };

// Of the first `rows` texts. Its buffers end where the last of these does.
records::Column ColumnOf(const Texts& texts, size_t rows, Nulls nulls) {
  records::ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
  for (size_t row = 0; row < rows; ++row) {
    if (nulls == Nulls::kSome && row % 9 == 4) {
      builder.AppendNull();
    } else {
      builder.AppendText(AsView(texts[row]));
    }
  }
  records::Column column = builder.Finish();
  column.data = ExactCopy(column.data);
  column.offsets = ExactCopy(column.offsets);
  column.validity = ExactCopy(column.validity);
  return column;
}

void CheckSameWithoutVectors(const Operator& mask,
                             const records::Column& column) {
  Treated slow;
  {
    const CpuLevelCap cap(CpuLevel::kPortable);
    slow = mask.Apply(column);
  }
  for (const CpuLevel level : {CpuLevel::kAvx2, CpuLevel::kAvx512}) {
    const CpuLevelCap cap(level);
    const Treated quick = mask.Apply(column);
    REQUIRE(quick.untreatable == slow.untreatable);
    REQUIRE(quick.column.null_count == slow.column.null_count);
    REQUIRE(quick.column.data.view() == slow.column.data.view());
    REQUIRE(quick.column.offsets.view() == slow.column.offsets.view());
    REQUIRE(quick.column.validity.view() == slow.column.validity.view());
  }
}

TEST_CASE("texts of each length are hidden as without vectors") {
  Random random(7);
  for (const SetMask& set : Masks()) {
    const auto mask = Compile(set);
    for (const Texts& alphabet : Alphabets()) {
      Texts texts;
      for (size_t characters = 0; characters <= 70; ++characters) {
        texts.push_back(TextOf(alphabet, characters, &random));
        texts.push_back(TextOf(alphabet, characters, &random));
      }
      std::shuffle(texts.begin(), texts.end(), random);
      // Others end each of these columns.
      for (size_t rows = texts.size(); rows > texts.size() - 12; --rows) {
        CAPTURE(rows, alphabet[0]);
        CheckSameWithoutVectors(*mask, ColumnOf(texts, rows, Nulls::kNone));
        CheckSameWithoutVectors(*mask, ColumnOf(texts, rows, Nulls::kSome));
      }
    }
  }
}

TEST_CASE("short texts in long columns are hidden as without vectors") {
  Random random(8);
  for (const SetMask& set : Masks()) {
    const auto mask = Compile(set);
    for (const Texts& alphabet : Alphabets()) {
      for (const uint64_t strange_in_thousand : {0, 3, 30, 500}) {
        const size_t longest = 1 + random() % 12;
        Texts texts(1200);
        for (std::string& text : texts) {
          const bool is_strange = random() % 1000 < strange_in_thousand;
          const Texts& other = Alphabets()[random() % Alphabets().size()];
          text = TextOf(is_strange ? other : alphabet,
                        random() % (is_strange ? 70 : longest + 1), &random);
        }
        CAPTURE(longest, strange_in_thousand, alphabet[0]);
        CheckSameWithoutVectors(*mask,
                                ColumnOf(texts, texts.size(), Nulls::kSome));
      }
    }
  }
}

TEST_CASE("a strange text may stand at any place among others") {
  Random random(9);
  // Untreatable, long, or of other characters.
  const Texts strange = {"",
                         "王",
                         "王伟A",
                         "A",
                         "é",
                         "王é",
                         "\xF0\xA0\x80\x80",
                         "-",
                         "三",
                         std::string(16, 'a'),
                         std::string(33, 'a'),
                         std::string(65, 'a'),
                         TextOf({"王"}, 6, &random),
                         TextOf({"王"}, 11, &random),
                         TextOf({"王"}, 22, &random)};
  for (const SetMask& set : Masks()) {
    const auto mask = Compile(set);
    for (const size_t usual : {0, 2, 4}) {
      Texts texts;
      for (size_t row = 0; row < 60; ++row) {
        texts.push_back(TextOf(Alphabets()[usual], 2 + random() % 4, &random));
      }
      for (const std::string& text : strange) {
        for (size_t row = 0; row < texts.size(); row += 1 + random() % 3) {
          CAPTURE(text, row);
          const std::string before = std::exchange(texts[row], text);
          CheckSameWithoutVectors(*mask,
                                  ColumnOf(texts, texts.size(), Nulls::kNone));
          texts[row] = before;
        }
      }
    }
  }
}

}  // namespace
}  // namespace sluice::desensitize
