#include "libs/records/utf8_scan.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "libs/base/encoding.h"
#include "libs/base/string_view.h"

namespace sluice::records {
namespace {

void CheckSame(const std::string& text) {
  if (ScanUtf8(AsView(text)) != IsValidUtf8(AsView(text))) {
    CAPTURE(HexEncode(AsView(text)));
    FAIL("not what deciding byte by byte says");
  }
}

TEST_CASE(
    "Every three bytes are judged as one by one, across a block's border") {
  std::string text = std::string(14, 'a') + "xyz";
  for (int first = 0; first < 256; ++first) {
    text[14] = static_cast<char>(first);
    for (int second = 0; second < 256; ++second) {
      text[15] = static_cast<char>(second);
      for (int third = 0x70; third < 256; ++third) {
        text[16] = static_cast<char>(third);
        CheckSame(text);
      }
    }
  }
}

TEST_CASE("Every border of a four-byte character is kept, wherever it stands") {
  const int leads[] = {0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF};
  const int seconds[] = {0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0};
  const int others[] = {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xF0};
  for (size_t at = 0; at < 36; ++at) {
    for (const int lead : leads) {
      for (const int second : seconds) {
        for (const int third : others) {
          for (const int fourth : others) {
            std::string text(at, 'a');
            for (const int byte : {lead, second, third, fourth}) {
              text.push_back(static_cast<char>(byte));
            }
            CheckSame(text);
            CheckSame(text + "a");
            CheckSame(text + "\x80");
          }
        }
      }
    }
  }
}

TEST_CASE("A character cut at the end is refused at every length") {
  for (const std::string whole :
       {"\xC3\xA9", "\xE5\xBC\xA0", "\xF0\xA0\xAE\xB7"}) {
    for (size_t before = 0; before < 70; ++before) {
      const std::string text = std::string(before, 'a') + whole;
      CHECK(ScanUtf8(AsView(text)));
      for (size_t cut = 1; cut < whole.size(); ++cut) {
        CHECK_FALSE(ScanUtf8(AsView(text.substr(0, text.size() - cut))));
      }
    }
  }
  CHECK(ScanUtf8(""));
}

TEST_CASE("Random text with a few changed bytes is judged as one by one") {
  std::mt19937_64 random(20260110);
  static const std::string kCharacters[] = {"a",
                                            "\xC3\xA9",
                                            "\xE5\xBC\xA0",
                                            "\xED\x9F\xBF",
                                            "\xEE\x80\x80",
                                            "\xF0\xA0\xAE\xB7",
                                            "\xF4\x8F\xBF\xBF"};
  int valid = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (uint64_t left = random() % 40; left > 0; --left) {
      text += kCharacters[random() % std::size(kCharacters)];
    }
    for (uint64_t left = random() % 3; left > 0 && !text.empty(); --left) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    CheckSame(text);
    valid += IsValidUtf8(AsView(text)) ? 1 : 0;
  }
  CHECK(valid > 10'000);
  CHECK(valid < 40'000);
}

}  // namespace
}  // namespace sluice::records
