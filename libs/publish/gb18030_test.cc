#include "libs/publish/gb18030.h"

#include <iconv.h>

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/string_view.h"

namespace sluice::publish {
namespace {

std::string Decode(const std::string& bytes, size_t* end = nullptr) {
  static const auto decoder = Gb18030Decoder::Open().value();
  std::string utf8;
  const size_t stop = decoder->Decode(AsView(bytes), &utf8);
  if (end != nullptr) *end = stop;
  return utf8;
}

// U+`code` in UTF-8.
std::string Utf8(uint32_t code) {
  std::string text;
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6);
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | code >> 12);
    text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | code >> 18);
    text += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  }
  return text;
}

TEST_CASE("Every character that GB18030 can write comes back") {
  iconv_t encoder = ::iconv_open("GB18030", "UTF-8");
  size_t written = 0;
  for (uint32_t code = 1; code < 0x30000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string utf8 = Utf8(code);
    char bytes[8];
    char* in = utf8.data();
    size_t in_left = utf8.size();
    char* out = bytes;
    size_t out_left = sizeof(bytes);
    ::iconv(encoder, nullptr, nullptr, nullptr, nullptr);
    if (::iconv(encoder, &in, &in_left, &out, &out_left) ==
        static_cast<size_t>(-1)) {
      continue;
    }
    ++written;
    size_t end = 0;
    const std::string encoded(bytes, out - bytes);
    if (Decode(encoded, &end) != utf8 || end != encoded.size()) {
      CAPTURE(code);
      FAIL("does not come back");
    }
    // What lets the CSV reader split rows before it decodes them.
    if (encoded.size() > 1 &&
        encoded.find_first_of(",\"\r\n") != std::string::npos) {
      CAPTURE(code);
      FAIL("holds a byte that means something in CSV");
    }
  }
  ::iconv_close(encoder);
  CHECK(written > 190'000);
}

TEST_CASE("Text of one, two and four bytes a character is decoded") {
  CHECK(Decode("GB \xC3\xF1\xD5\xFE\xBE\xD6") == "GB 民政局");
  CHECK(Decode("\x95\x32\x82\x36") == "\xF0\xA0\x80\x80");  // U+20000
  CHECK(Decode("\xA6\xD9\xFE\x59") == "\xEF\xB8\x90\xE9\xBE\xB4");
  CHECK(Decode("").empty());
}

TEST_CASE("A broken sequence is found where it stands") {
  size_t end = 0;
  CHECK(Decode("ab\xC3", &end) == "ab");
  CHECK(end == 2);
  CHECK(Decode("\xC3\xF1\xFF\xFF", &end) == "民");
  CHECK(end == 2);
  Decode("\x81\x30\x81", &end);
  CHECK(end == 0);
  // The same decoder goes on with what comes next.
  CHECK(Decode("\xC3\xF1", &end) == "民");
  // An older edition's code for U+9FB4 and U+FE10.
  Decode("\x82\x35\x90\x37", &end);
  CHECK(end == 0);
  Decode("\x84\x31\x82\x36", &end);
  CHECK(end == 0);
}

}  // namespace
}  // namespace sluice::publish
