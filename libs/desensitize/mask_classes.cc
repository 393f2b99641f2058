#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/character_class.h"
#include "libs/desensitize/class_blocks.h"
#include "libs/desensitize/class_rows.h"
#include "libs/desensitize/class_signs.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/desensitize/utf8.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

// Of an ASCII character, without a branch.
SLUICE_ANY_LEVEL inline uint8_t SignOf(uint8_t c) {
  const bool digit = static_cast<uint8_t>(c - '0') < 10;
  const bool upper = static_cast<uint8_t>(c - 'A') < 26;
  const bool lower = static_cast<uint8_t>(c - 'a') < 26;
  uint8_t sign = digit ? kDigitSign : c;
  sign = upper ? kUpperSign : sign;
  return lower ? kLowerSign : sign;
}

// Of each byte whether it is a letter or a digit of ASCII.
struct AsciiContent {
  std::array<bool, 256> is_content;
};
constexpr AsciiContent MakeAsciiContent() {
  AsciiContent content = {};
  for (size_t c = 0; c < content.is_content.size(); ++c) {
    content.is_content[c] = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                            (c >= 'a' && c <= 'z');
  }
  return content;
}
constexpr AsciiContent kAsciiContent = MakeAsciiContent();

bool IsContent(char c) {
  return kAsciiContent.is_content[static_cast<uint8_t>(c)];
}

class ClassesMask : public Operator {
 public:
  explicit ClassesMask(MaskSymbol symbol) : symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    std::optional<Treated> in_place = TreatAscii(column);
    if (in_place.has_value()) return *std::move(in_place);
    if (symbol_.size() == 1) {
      auto treated = MaskClassBlocks(column, symbol_.byte());
      if (treated.has_value()) return *std::move(treated);
#if defined(__x86_64__)
      if (UsedCpuLevel() == CpuLevel::kAvx2) {
        const auto write = [this](const char* begin, const char* end,
                                  char* out) { return Write(begin, end, out); };
        return MaskClassRows(column, symbol_.byte(), write);
      }
#endif
    }
    return TreatTexts(column, column.data.size() * symbol_.size(),
                      [this](const char* begin, const char* end, char* out) {
                        return Write(begin, end, out);
                      });
  }

 private:
  // Where each character is one byte no text changes its length: the offsets
  // stay. Nothing if that is not so, or a text is untreatable.
  static std::optional<Treated> TreatAscii(const records::Column& column) {
    const size_t size = column.data.size();
    const char* const texts = column.data.data();
    // What other scripts write shows early.
    constexpr size_t kLookedAt = 256;
    if (!IsAscii(texts, std::min(size, kLookedAt))) return std::nullopt;
    if (!HaveContent(column)) return std::nullopt;
    records::AlignedBuffer data(size);
    char* const out = data.data();
    const bool is_ascii = RunAtUsedCpuLevel([=]() SLUICE_ANY_LEVEL {
      uint8_t all = 0;
      for (size_t i = 0; i < size; ++i) {
        const auto c = static_cast<uint8_t>(texts[i]);
        all |= c;
        out[i] = static_cast<char>(SignOf(c));
      }
      return all < 0x80;
    });
    if (!is_ascii) return std::nullopt;
    Treated treated{column, 0};
    treated.column.data = std::move(data).Share();
    return treated;
  }

  // Whether each text of a column of ASCII has what is no punctuation.
  static bool HaveContent(const records::Column& column) {
    const char* const texts = column.data.data();
    uint32_t rows = column.row_count;
    while (rows > 0 && column.Offset(rows - 1) == column.Offset(rows)) --rows;
    // Most begin with a letter or a digit. An empty one is taken for the next.
    bool all = true;
    for (uint32_t row = 0; row < rows; ++row) {
      all &= IsContent(texts[column.Offset(row)]);
    }
    for (uint32_t row = 0; row < rows && !all; ++row) {
      const absl::string_view text = column.Text(row);
      if (!text.empty() && std::none_of(text.begin(), text.end(), IsContent)) {
        return false;
      }
    }
    return true;
  }

  // Null if there is nothing to hide.
  char* Write(const char* begin, const char* end, char* out) const {
    bool hides = false;
    while (begin < end) {
      const size_t bytes = CharacterBytes(*begin);
      const CharacterClass kind = ClassOf(CodePointAt(begin));
      hides = hides || kind != CharacterClass::kPunctuation;
      switch (kind) {
        case CharacterClass::kPunctuation:
          std::memcpy(out, begin, bytes);
          out += bytes;
          break;
        case CharacterClass::kUpper:
        case CharacterClass::kWideUpper:
          *out++ = kUpperSign;
          break;
        case CharacterClass::kLower:
        case CharacterClass::kWideLower:
          *out++ = kLowerSign;
          break;
        case CharacterClass::kDigit:
        case CharacterClass::kWideDigit:
          *out++ = kDigitSign;
          break;
        default:
          out = symbol_.WriteOne(out);
      }
      begin += bytes;
    }
    return hides ? out : nullptr;
  }

  const MaskSymbol symbol_;
};

}  // namespace

std::unique_ptr<const Operator> NewClassesMask(MaskSymbol symbol) {
  return std::make_unique<ClassesMask>(symbol);
}

}  // namespace sluice::desensitize
