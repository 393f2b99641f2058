// Configuration files: YAML in the shape of a proto message, strictly.
//
//   ASSIGN_OR_RETURN(const auto config,
//                    ReadYamlConfig<v1::StandaloneConfig>("sluice.yaml"));
//
// Fields go by their proto names. Lists are repeated fields, mappings are
// messages and maps, bytes are base64, a Timestamp is RFC 3339
// ("2026-03-31T00:00:00Z"), a message whose proto has the option single_value
// may be written as that one value (`field: division`), an enum value goes by
// its name with or without the enum's prefix, or that in lower case
// (DATA_TYPE_INT64, INT64, int64). A text may stand without quotes; a number or
// a boolean may not stand in quotes.
//
// Refused: unknown and repeated fields, two members of a oneof, wrong types,
// fields without a value, what yaml_tree.h rules out, and what bounds.h finds.
// Every error reads "<file>:<line>:<column>: <field path>: <what is wrong>;
// <what to do>".
#ifndef SLUICE_LIBS_CONFIG_YAML_H_
#define SLUICE_LIBS_CONFIG_YAML_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "libs/config/bounds.h"

namespace sluice::config {

// Larger files are TOO_LARGE.
inline constexpr size_t kYamlBytesMax = size_t{1} << 20;
// Problems told at once, one a line.
inline constexpr size_t kYamlProblemsMax = 10;

// Reads the file at `path` into `out`, which is cleared first and means nothing
// after an error. NOT_FOUND, STORAGE_FAILED, TOO_LARGE, MALFORMED,
// UNKNOWN_FIELD or OUT_OF_BOUNDS; the reason is the first problem's, FieldOf
// its field path.
absl::Status ReadYamlConfig(const std::string& path,
                            google::protobuf::Message* out);

// The same from `text`; `name` stands for the file in errors.
absl::Status ParseYamlConfig(absl::string_view text, const std::string& name,
                             google::protobuf::Message* out);

// The error of a file that was read and whose content turned out wrong by what
// only its reader knows: each of `violations`, of which there is at least one,
// with its place in `text`, worded as those of ReadYamlConfig are.
absl::Status YamlProblems(absl::string_view text, const std::string& name,
                          const std::vector<Violation>& violations);

template <typename T>
absl::StatusOr<T> ReadYamlConfig(const std::string& path) {
  T message;
  absl::Status status = ReadYamlConfig(path, &message);
  if (!status.ok()) return status;
  return message;
}

}  // namespace sluice::config

#endif  // SLUICE_LIBS_CONFIG_YAML_H_
