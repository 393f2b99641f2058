#include "services/process/config_file.h"

#include <vector>

#include "absl/strings/match.h"
#include "google/protobuf/descriptor.h"
#include "libs/base/file.h"
#include "libs/base/log.h"
#include "libs/base/string_view.h"

namespace sluice::process {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsPath(const FieldDescriptor& field) {
  const absl::string_view name = AsView(field.name());
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
         !field.is_repeated() &&
         (absl::EndsWith(name, "_file") || absl::EndsWith(name, "_dir"));
}

LogLevel LevelOf(config::v1::LogConfig::Level level) {
  switch (level) {
    case config::v1::LogConfig::DEBUG:
      return LogLevel::kDebug;
    case config::v1::LogConfig::WARN:
      return LogLevel::kWarning;
    case config::v1::LogConfig::ERROR:
      return LogLevel::kError;
    default:
      return LogLevel::kInfo;
  }
}

}  // namespace

// Configurations hold each other a few levels deep.
// NOLINTNEXTLINE(misc-no-recursion)
void ResolvePaths(const std::string& config_file, Message* config) {
  const auto* reflection = config->GetReflection();
  std::vector<const FieldDescriptor*> present;
  reflection->ListFields(*config, &present);
  for (const FieldDescriptor* field : present) {
    if (IsPath(*field)) {
      reflection->SetString(
          config, field,
          ResolvePath(config_file, reflection->GetString(*config, field)));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
               field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(*config, field); ++i) {
        ResolvePaths(config_file,
                     reflection->MutableRepeatedMessage(config, field, i));
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      ResolvePaths(config_file, reflection->MutableMessage(config, field));
    }
  }
}

void ApplyLogConfig(const config::v1::LogConfig& config) {
  ConfigureLog(config.format() == config::v1::LogConfig::JSON
                   ? LogFormat::kJson
                   : LogFormat::kText,
               LevelOf(config.level()));
}

}  // namespace sluice::process
