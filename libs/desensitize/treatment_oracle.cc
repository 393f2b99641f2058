#include "libs/desensitize/treatment_oracle.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>
#include <limits>
#include <set>
#include <string_view>

#include "absl/time/civil_time.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::DatePart;
using agreement::v1::DivisionLevel;
using agreement::v1::Mask;
using agreement::v1::Pseudonym;
using records::PlainValue;

std::u32string Hidden(const std::u32string& text, const std::u32string& symbol,
                      size_t first, size_t last) {
  std::u32string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool kept = i < first || i + last >= text.size();
    out += kept && text.size() > first + last ? std::u32string(1, text[i])
                                              : symbol;
  }
  return out;
}

std::u32string MaskNameSlowly(const std::u32string& name,
                              const std::u32string& symbol) {
  // Enough of them; compound_surnames_test.cc looks at the list itself.
  static const std::set<std::u32string> compounds = {
      U"欧阳", U"司马", U"上官", U"诸葛", U"皇甫", U"令狐", U"慕容", U"公孙"};
  const size_t separator = name.find(U'\u00B7');
  if (separator != std::u32string::npos) {
    const bool hides_a_letter =
        name.find_first_not_of(U'\u00B7', separator) != std::u32string::npos;
    return Hidden(name, symbol, hides_a_letter ? separator : name.size(), 0);
  }
  if (name.size() > 2 && compounds.count(name.substr(0, 2)) != 0) {
    return Hidden(name, symbol, 2, 0);
  }
  return Hidden(name, symbol, 1, 0);
}

bool AllDigits(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos;
}

std::optional<PlainValue> MaskSlowly(const Mask& mask,
                                     const std::string& text) {
  const std::u32string symbol = Decode(mask.symbol());
  const std::u32string characters = Decode(text);
  if (mask.has_keep_ends()) {
    return Encode(Hidden(characters, symbol, mask.keep_ends().first(),
                         mask.keep_ends().last()));
  }
  if (mask.has_name()) return Encode(MaskNameSlowly(characters, symbol));
  if (text.size() != 11 || !AllDigits(text) || text[0] != '1' ||
      text[1] < '3') {
    return std::nullopt;
  }
  std::string out = text.substr(0, 3);
  for (int i = 0; i < 4; ++i) out += mask.symbol();
  return out + text.substr(7);
}

std::string BigEndian(uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string PseudonymSlowly(const Pseudonym& pseudonym, records::DataType type,
                            const PlainValue& value,
                            const std::string& secret) {
  std::string message(1, static_cast<char>(type));
  if (const auto* text = std::get_if<std::string>(&value)) message += *text;
  if (const auto* number = std::get_if<int64_t>(&value)) {
    message += BigEndian(static_cast<uint64_t>(*number), 8);
  }
  if (const auto* days = std::get_if<int32_t>(&value)) {
    message += BigEndian(static_cast<uint32_t>(*days), 4);
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
       digest, nullptr);
  // Every bit as a character, then grouped.
  std::string bits;
  for (int i = 0; i < 32; ++i) {
    for (int bit = 7; bit >= 0; --bit)
      bits += (digest[i] >> bit & 1) != 0 ? '1' : '0';
  }
  const size_t group = pseudonym.format() == Pseudonym::HEX ? 4 : 5;
  const std::string digits = pseudonym.format() == Pseudonym::HEX
                                 ? "0123456789abcdef"
                                 : "abcdefghijklmnopqrstuvwxyz234567";
  while (bits.size() % group != 0) bits += '0';
  std::string out;
  for (size_t i = 0; i < bits.size(); i += group) {
    out += digits[std::stoul(bits.substr(i, group), nullptr, 2)];
  }
  return out.substr(0, pseudonym.length());
}

int64_t FloorSlowly(int64_t days, DatePart::Unit unit) {
  const absl::CivilDay epoch(1970, 1, 1);
  const absl::CivilDay day = epoch + days;
  int month = day.month();
  while (unit == DatePart::YEAR && month != 1) --month;
  while (unit == DatePart::QUARTER && month % 3 != 1) --month;
  return absl::CivilDay(day.year(), month, 1) - epoch;
}

std::optional<PlainValue> DateSlowly(DatePart::Unit unit,
                                     const PlainValue& value) {
  if (const auto* days = std::get_if<int32_t>(&value)) {
    const int64_t first = FloorSlowly(*days, unit);
    if (first < std::numeric_limits<int32_t>::min()) return std::nullopt;
    return static_cast<int32_t>(first);
  }
  constexpr int64_t kDay = 86'400'000'000;
  const int64_t time = std::get<int64_t>(value);
  const int64_t days = time / kDay - (time % kDay < 0 ? 1 : 0);
  const absl::int128 first = absl::int128(FloorSlowly(days, unit)) * kDay;
  if (first < std::numeric_limits<int64_t>::min()) return std::nullopt;
  return static_cast<int64_t>(first);
}

std::optional<PlainValue> DivisionSlowly(DivisionLevel::Level level,
                                         const std::string& code) {
  static constexpr size_t kDigits[] = {0, 2, 4, 6, 9};
  const size_t digits = kDigits[level];
  if (code.size() < digits || code.size() > 12 || !AllDigits(code)) {
    return std::nullopt;
  }
  return code.substr(0, digits);
}

}  // namespace

std::optional<PlainValue> TreatSlowly(const Treatment& resolved,
                                      records::DataType type,
                                      const PlainValue& value,
                                      const std::string& secret) {
  if (resolved.has_keep()) return value;
  if (resolved.has_withhold()) return std::nullopt;
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && text->empty()) return value;
  if (resolved.has_mask()) return MaskSlowly(resolved.mask(), *text);
  if (resolved.has_pseudonym()) {
    return PseudonymSlowly(resolved.pseudonym(), type, value, secret);
  }
  if (resolved.generalize().has_date()) {
    return DateSlowly(resolved.generalize().date().unit(), value);
  }
  return DivisionSlowly(resolved.generalize().division().level(), *text);
}

std::u32string Decode(const std::string& text) {
  std::u32string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t bytes = lead < 0x80   ? 1
                         : lead < 0xE0 ? 2
                         : lead < 0xF0 ? 3
                                       : 4;
    char32_t code = bytes == 1 ? lead : lead & (0xFF >> (bytes + 1));
    for (size_t k = 1; k < bytes; ++k) {
      code = code * 64 + (static_cast<uint8_t>(text[i + k]) & 63);
    }
    out += code;
    i += bytes;
  }
  return out;
}

std::string Encode(const std::u32string& text) {
  std::string out;
  const auto more = [&out](char32_t code, int shift) {
    out += static_cast<char>(0x80 | (code >> shift & 63));
  };
  for (const char32_t code : text) {
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xC0 | code >> 6);
      more(code, 0);
    } else if (code < 0x10000) {
      out += static_cast<char>(0xE0 | code >> 12);
      more(code, 6);
      more(code, 0);
    } else {
      out += static_cast<char>(0xF0 | code >> 18);
      more(code, 12);
      more(code, 6);
      more(code, 0);
    }
  }
  return out;
}

}  // namespace sluice::desensitize
