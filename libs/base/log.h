// Structured logs: an event in a few words and fields beside it, as text for a
// person or JSON for a machine.
//
//   LogInfo("stream opened", {{"agreement", id}, {"department", department}});
//
// Fields are identifiers, counts and reasons. A value out of a record never
// goes into a log; there is no argument for one.
#ifndef SLUICE_LIBS_BASE_LOG_H_
#define SLUICE_LIBS_BASE_LOG_H_

#include <initializer_list>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sluice {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

struct LogField {
  template <typename T>
  LogField(absl::string_view field_name, const T& field_value)
      : name(field_name), value(absl::StrCat(field_value)) {}
  LogField(absl::string_view field_name, const absl::Status& status)
      : name(field_name), value(status.message()) {}

  absl::string_view name;
  std::string value;
};

using LogFields = std::initializer_list<LogField>;

// Sets how and from which level on the process logs to standard error. Before
// the first call: text, from kInfo. Thread-safe.
void ConfigureLog(LogFormat format, LogLevel least);

// Thread-safe.
void Log(LogLevel level, absl::string_view event, LogFields fields);

inline void LogDebug(absl::string_view event, LogFields fields = {}) {
  Log(LogLevel::kDebug, event, fields);
}
inline void LogInfo(absl::string_view event, LogFields fields = {}) {
  Log(LogLevel::kInfo, event, fields);
}
inline void LogWarning(absl::string_view event, LogFields fields = {}) {
  Log(LogLevel::kWarning, event, fields);
}
inline void LogError(absl::string_view event, LogFields fields = {}) {
  Log(LogLevel::kError, event, fields);
}

// One line without its time stamp, as Log writes it: for tests.
std::string FormatLogLine(LogFormat format, LogLevel level,
                          absl::string_view event, LogFields fields);

// `text` as a JSON string with its quotes. Control characters are escaped; a
// byte that is not UTF-8 becomes U+FFFD.
std::string JsonQuote(absl::string_view text);

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_LOG_H_
