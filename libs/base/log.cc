#include "libs/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>

#include "absl/strings/str_format.h"
#include "libs/base/encoding.h"

namespace sluice {
namespace {

std::atomic<LogFormat> configured_format{LogFormat::kText};

constexpr char kTextPattern[] = "%Y-%m-%dT%H:%M:%S.%e%z %v";
constexpr char kJsonPattern[] = R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z",%v})";

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

absl::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

spdlog::logger& Logger() {
  // Never destroyed: threads may log while the program ends.
  static spdlog::logger* const logger = [] {
    auto* made = new spdlog::logger(
        "sluice", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern(kTextPattern);
    made->set_level(spdlog::level::info);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *logger;
}

// A value that would be ambiguous beside others is quoted.
std::string TextValue(absl::string_view value) {
  bool plain = !value.empty() && IsValidUtf8(value);
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || c == '"' || c == '=' || byte == 0x7F) plain = false;
  }
  return plain ? std::string(value) : JsonQuote(value);
}

}  // namespace

std::string JsonQuote(absl::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const size_t length = Utf8CharacterLength(text);
    if (length != 1) {
      // A byte that begins no character becomes U+FFFD: the line stays
      // readable.
      absl::StrAppend(&quoted,
                      length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length));
      text.remove_prefix(length == 0 ? 1 : length);
      continue;
    }
    const char c = text.front();
    text.remove_prefix(1);
    switch (c) {
      case '"':
        quoted += "\\\"";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\r':
        quoted += "\\r";
        break;
      case '\t':
        quoted += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          absl::StrAppendFormat(&quoted, "\\u%04x", c);
        } else {
          quoted += c;
        }
    }
  }
  quoted += '"';
  return quoted;
}

std::string FormatLogLine(LogFormat format, LogLevel level,
                          absl::string_view event, LogFields fields) {
  std::string line;
  if (format == LogFormat::kJson) {
    absl::StrAppend(&line, "\"level\":\"", LevelName(level),
                    "\",\"event\":", JsonQuote(event));
    for (const LogField& field : fields) {
      absl::StrAppend(&line, ",", JsonQuote(field.name), ":",
                      JsonQuote(field.value));
    }
    return line;
  }
  absl::StrAppendFormat(&line, "%-7s %s", LevelName(level), event);
  for (const LogField& field : fields) {
    absl::StrAppend(&line, " ", field.name, "=", TextValue(field.value));
  }
  return line;
}

void ConfigureLog(LogFormat format, LogLevel least) {
  configured_format = format;
  Logger().set_pattern(format == LogFormat::kJson ? kJsonPattern
                                                  : kTextPattern);
  Logger().set_level(ToSpdlog(least));
}

void Log(LogLevel level, absl::string_view event, LogFields fields) {
  if (!Logger().should_log(ToSpdlog(level))) return;
  const std::string line =
      FormatLogLine(configured_format, level, event, fields);
  Logger().log(ToSpdlog(level),
               spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace sluice
