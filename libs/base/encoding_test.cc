#include "libs/base/encoding.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "libs/base/status.h"

namespace sluice {
namespace {

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

// The definition of UTF-8 read backwards: a text is valid if it splits into
// encodings of code points, and Encode makes the only encoding of each. Slow
// and written without a look at the validator's byte ranges.
std::string Encode(uint32_t code_point) {
  std::string text;
  const auto put = [&text](uint32_t byte) {
    text.push_back(static_cast<char>(byte));
  };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
  return text;
}

size_t OracleCharacterLength(const std::string& text) {
  for (size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    // Takes the payload bits of whatever stands there, encodes the result again
    // and compares: overlong, stray and cut off forms come out different.
    uint32_t code_point = 0;
    if (length == 1) {
      code_point = static_cast<uint8_t>(text[0]);
    } else {
      code_point = static_cast<uint8_t>(text[0]) & (0xFFu >> (length + 1));
      for (size_t i = 1; i < length; ++i) {
        code_point = (code_point << 6) | (static_cast<uint8_t>(text[i]) & 0x3F);
      }
    }
    const bool scalar =
        code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
    if (scalar && Encode(code_point) == text.substr(0, length)) return length;
  }
  return 0;
}

bool OracleIsValid(std::string text) {
  while (!text.empty()) {
    const size_t length = OracleCharacterLength(text);
    if (length == 0) return false;
    text.erase(0, length);
  }
  return true;
}

TEST_CASE("Hex is lower case, two digits a byte, and decodes in either case") {
  CHECK(HexEncode(absl::string_view("\x00\x0f\xab\xff", 4)) == "000fabff");
  CHECK(HexEncode("") == "");
  CHECK(HexDecode("000fabff").value() == std::string("\x00\x0f\xab\xff", 4));
  CHECK(HexDecode("000FABfF").value() == std::string("\x00\x0f\xab\xff", 4));
  CHECK(HexDecode("").value() == "");
  CHECK(HexDecode(HexEncode(AllBytes())).value() == AllBytes());
}

TEST_CASE("Hex that is odd or not hex is MALFORMED") {
  for (const char* bad :
       {"a", "abc", "0g", "g0", " 00", "0 0", "0x", "\xFF\xFF"}) {
    CAPTURE(bad);
    CHECK(ReasonOf(HexDecode(bad).status()) ==
          status::v1::REASON_CODE_MALFORMED);
  }
}

TEST_CASE("Base64 matches the examples of RFC 4648") {
  const std::vector<std::pair<const char*, const char*>> examples = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xFB\xEF\xFF", "++//"}};
  for (const auto& [plain, encoded] : examples) {
    CAPTURE(encoded);
    CHECK(Base64Encode(plain) == encoded);
    CHECK(Base64Decode(encoded).value() == plain);
  }
  CHECK(Base64Decode(Base64Encode(AllBytes())).value() == AllBytes());
}

TEST_CASE(
    "Base64 that is unpadded, spaced, of the web alphabet or loose is "
    "MALFORMED") {
  for (const char* bad : {"Zg", "Zg=", "Zg==\n", "Z g==", "Zh==", "Zm9",
                          "Zg===", "--__", "Zg==Zg==", "Zg..", "*"}) {
    CAPTURE(bad);
    CHECK(ReasonOf(Base64Decode(bad).status()) ==
          status::v1::REASON_CODE_MALFORMED);
  }
}

TEST_CASE("Every Unicode scalar value is valid UTF-8 and no surrogate is") {
  uint32_t wrong = 0;
  for (uint32_t code_point = 0; code_point < 0x110800; ++code_point) {
    const std::string text = Encode(code_point);
    const bool scalar =
        code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
    if (IsValidUtf8(text) != scalar) ++wrong;
    if (Utf8CharacterLength(text) != (scalar ? text.size() : 0)) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("Every text of up to three bytes is judged as the oracle judges it") {
  uint32_t wrong = 0;
  for (int length = 0; length <= 3; ++length) {
    // Any byte in front; behind it the edges of the ranges matter.
    const uint32_t count = length < 3 ? 1u << (8 * length) : 1u << 24;
    const uint32_t step =
        length < 3 ? 1 : 7;  // prime to 2: all last bytes occur
    for (uint32_t n = 0; n < count; n += step) {
      std::string text;
      for (int i = length - 1; i >= 0; --i) {
        text.push_back(static_cast<char>(n >> (8 * i)));
      }
      if (IsValidUtf8(text) != OracleIsValid(text)) ++wrong;
      if (!text.empty() &&
          Utf8CharacterLength(text) != OracleCharacterLength(text)) {
        ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE(
    "Random mixes of characters and broken bytes are judged as the oracle "
    "does") {
  std::mt19937 random(20260101);
  const std::vector<std::string> pieces = {"a",
                                           "grid-12 ",
                                           "中",
                                           "欧阳",
                                           "é",
                                           "\xF0\x9F\x98\x80",
                                           "\xC0\x80",
                                           "\xED\xA0\x80",
                                           "\xF4\x90\x80\x80",
                                           "\xE4\xB8",
                                           "\x80",
                                           "\xF8\x88\x80\x80\x80",
                                           "\xF0\x8F\xBF\xBF",
                                           "\xE0\x9F\xBF",
                                           std::string(1, '\0')};
  uint32_t valid = 0;
  uint32_t wrong = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const int parts = random() % 8;
    // Half the rounds take only whole characters, so that both answers are
    // common.
    const size_t choice = round % 2 == 0 ? 6 : pieces.size();
    for (int i = 0; i < parts; ++i) text += pieces[random() % choice];
    const bool expected = OracleIsValid(text);
    if (expected) ++valid;
    if (IsValidUtf8(text) != expected) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(valid > 5000);
  CHECK(valid < 15000);
}

TEST_CASE("A broken byte is found at every place of a long ASCII text") {
  for (size_t length = 1; length <= 40; ++length) {
    const std::string good(length, 'x');
    CHECK(IsValidUtf8(good));
    for (size_t at = 0; at < length; ++at) {
      std::string bad = good;
      bad[at] = '\xE4';
      CHECK_FALSE(IsValidUtf8(bad));
    }
  }
}

}  // namespace
}  // namespace sluice
