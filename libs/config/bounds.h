// Enforces the bounds that protos state about their own fields
// (protos/sluice/config/v1/bounds.proto), for configuration files and for
// commands alike.
#ifndef SLUICE_LIBS_CONFIG_BOUNDS_H_
#define SLUICE_LIBS_CONFIG_BOUNDS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "libs/base/reason.h"

namespace sluice::config {

struct Violation {
  // Path of the field from the message that was checked: `broker.listen`,
  // `fields[2].name`, `fields["id_number"].mask`.
  std::string field;
  // What is wrong and what to do: "has 80 bytes; use at most 64". Never holds
  // the text of a string field.
  std::string problem;
  // MALFORMED for what is missing, else OUT_OF_BOUNDS.
  ReasonCode reason = status::v1::REASON_CODE_OUT_OF_BOUNDS;
};

// What violates its bounds in `message` and, recursively, in the messages that
// are set in it; in the order of the fields' numbers, maps by key, at most
// `violations_max`. An enum number that its enum does not name is a violation
// too. Thread-safe.
std::vector<Violation> FindViolations(const google::protobuf::Message& message,
                                      size_t violations_max);

// The first violation as a FieldError; OK if there is none. Thread-safe.
absl::Status CheckBounds(const google::protobuf::Message& message);

// `parent.name`, or `name` where there is no parent.
std::string FieldPath(absl::string_view parent, absl::string_view name);

// `list[index]`.
std::string ElementPath(absl::string_view list, size_t index);

// `map["key"]`, with the key escaped as in C.
std::string EntryPath(absl::string_view map, absl::string_view key);

}  // namespace sluice::config

#endif  // SLUICE_LIBS_CONFIG_BOUNDS_H_
