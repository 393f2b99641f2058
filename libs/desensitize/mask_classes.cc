#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/character_class.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/desensitize/utf8.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

constexpr char kUpperSign = 'X';
constexpr char kLowerSign = 'x';
constexpr char kDigitSign = 'n';

// Of an ASCII character, without a branch.
SLUICE_ANY_LEVEL inline uint8_t SignOf(uint8_t c) {
  const bool digit = static_cast<uint8_t>(c - '0') < 10;
  const bool upper = static_cast<uint8_t>(c - 'A') < 26;
  const bool lower = static_cast<uint8_t>(c - 'a') < 26;
  uint8_t sign = digit ? kDigitSign : c;
  sign = upper ? kUpperSign : sign;
  return lower ? kLowerSign : sign;
}

bool IsContent(char c) {
  return ClassOf(static_cast<uint8_t>(c)) != CharacterClass::kPunctuation;
}

class ClassesMask : public Operator {
 public:
  explicit ClassesMask(MaskSymbol symbol) : symbol_(symbol) {}

  Treated Apply(const records::Column& column) const override {
    std::optional<Treated> in_place = TreatAscii(column);
    if (in_place.has_value()) return *std::move(in_place);
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
    if (!IsAscii(texts, size)) return std::nullopt;
    for (uint32_t row = 0; row < column.row_count; ++row) {
      const absl::string_view text = column.Text(row);
      // Most begin with a letter or a digit.
      size_t at = 0;
      while (at < text.size() && !IsContent(text[at])) ++at;
      if (at == text.size() && at > 0) return std::nullopt;
    }
    records::AlignedBuffer data(size);
    char* const out = data.data();
    RunAtUsedCpuLevel([=]() SLUICE_ANY_LEVEL {
      for (size_t i = 0; i < size; ++i) {
        out[i] = static_cast<char>(SignOf(static_cast<uint8_t>(texts[i])));
      }
    });
    Treated treated{column, 0};
    treated.column.data = std::move(data).Share();
    return treated;
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
