#include "libs/base/log.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/captured_log.h"
#include "libs/base/status.h"

namespace sluice {
namespace {

std::string Text(absl::string_view event, LogFields fields) {
  return FormatLogLine(LogFormat::kText, LogLevel::kInfo, event, fields);
}

std::string Json(absl::string_view event, LogFields fields) {
  return FormatLogLine(LogFormat::kJson, LogLevel::kInfo, event, fields);
}

TEST_CASE("A text line holds level, event and fields in their order") {
  CHECK(Text("stream opened", {}) == "info    stream opened");
  CHECK(Text("stream opened", {{"agreement", "grid-people"}, {"rows", 42}}) ==
        "info    stream opened agreement=grid-people rows=42");
  CHECK(FormatLogLine(LogFormat::kText, LogLevel::kWarning, "x", {}) ==
        "warning x");
}

TEST_CASE(
    "A value that could be mistaken for more than one is quoted in text") {
  CHECK(Text("x", {{"a", "b c"}}) == "info    x a=\"b c\"");
  CHECK(Text("x", {{"a", "b=c"}}) == "info    x a=\"b=c\"");
  CHECK(Text("x", {{"a", "\"b\""}}) == "info    x a=\"\\\"b\\\"\"");
  CHECK(Text("x", {{"a", ""}}) == "info    x a=\"\"");
  CHECK(Text("x", {{"a", "line\nerror   forged"}}) ==
        "info    x a=\"line\\nerror   forged\"");
  CHECK(Text("x", {{"a", "\xFF"}}) == "info    x a=\"\xEF\xBF\xBD\"");
  CHECK(Text("x", {{"a", "民政局"}}) == "info    x a=民政局");
}

TEST_CASE("A JSON line holds level, event and fields as strings") {
  CHECK(
      Json("stream opened", {{"agreement", "a\"b"}, {"rows", 42}}) ==
      R"("level":"info","event":"stream opened","agreement":"a\"b","rows":"42")");
  CHECK(FormatLogLine(LogFormat::kJson, LogLevel::kError, "x", {}) ==
        R"("level":"error","event":"x")");
  CHECK(FormatLogLine(LogFormat::kJson, LogLevel::kDebug, "x", {}) ==
        R"("level":"debug","event":"x")");
}

TEST_CASE("A status is logged by its message") {
  const absl::Status status =
      Error(status::v1::REASON_CODE_NOT_FOUND, "no such file");
  CHECK(Text("x", {{"error", status}}) == "info    x error=\"no such file\"");
}

TEST_CASE("A JSON string is valid whatever bytes go in") {
  CHECK(JsonQuote("a\"b\\c\n\r\t") == R"("a\"b\\c\n\r\t")");
  CHECK(JsonQuote(absl::string_view("\0\x1F\x7F", 3)) ==
        R"("\u0000\u001f\u007f")");
  CHECK(JsonQuote("民") == "\"民\"");
  CHECK(JsonQuote("a\xE6\xB0z") == "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"");
  CHECK(JsonQuote("") == "\"\"");
}

TEST_CASE(
    "Lines reach standard error in the format and from the level configured") {
  const std::string text = CapturedLog([] {
    ConfigureLog(LogFormat::kText, LogLevel::kWarning);
    LogInfo("too low");
    LogWarning("kept {} %v", {{"braces", "{0}"}});
  });
  CHECK(text.find("too low") == std::string::npos);
  CHECK(text.find(" warning kept {} %v braces={0}\n") != std::string::npos);

  const std::string json = CapturedLog([] {
    ConfigureLog(LogFormat::kJson, LogLevel::kDebug);
    LogDebug("kept", {{"n", 1}});
  });
  ConfigureLog(LogFormat::kText, LogLevel::kInfo);
  CHECK(json.rfind("{\"time\":\"", 0) == 0);
  const std::string end = R"(,"level":"debug","event":"kept","n":"1"})"
                          "\n";
  REQUIRE(json.size() > end.size());
  CHECK(json.substr(json.size() - end.size()) == end);
}

}  // namespace
}  // namespace sluice
