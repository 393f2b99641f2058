#include "libs/bus/bounds.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::bus {
namespace {

using status::v1::REASON_CODE_OUT_OF_BOUNDS;
using status::v1::REASON_CODE_TOO_LARGE;

constexpr size_t kNameCharactersMax = 249;
constexpr int kTopicPartitionsMax = 1'024;
// Far above any real one and far below what microseconds can count.
constexpr absl::Duration kRetentionMax = absl::Hours(24 * 36'500);

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

absl::Status ValidateTopicSpec(const TopicSpec& spec) {
  const auto out_of_bounds = [&](absl::string_view field,
                                 absl::string_view why) {
    return FieldError(
        REASON_CODE_OUT_OF_BOUNDS, field,
        absl::StrCat("topic ", spec.name.substr(0, 300), ": ", why));
  };
  if (spec.name.empty() || spec.name.size() > kNameCharactersMax ||
      spec.name == "." || spec.name == ".." ||
      !std::all_of(spec.name.begin(), spec.name.end(), IsNameCharacter)) {
    return out_of_bounds("name",
                         "a name is 1 to 249 letters, digits, '.', '_' or "
                         "'-', and not \".\" or \"..\"");
  }
  if (spec.partitions < 1 || spec.partitions > kTopicPartitionsMax) {
    return out_of_bounds("partitions", "a topic has 1 to 1024 partitions");
  }
  const bool forever = spec.retention == absl::InfiniteDuration();
  if (!forever && (spec.retention <= absl::ZeroDuration() ||
                   spec.retention > kRetentionMax)) {
    return out_of_bounds("retention",
                         "retention is above zero and at most 100 years, or "
                         "infinite");
  }
  if (!forever &&
      absl::Trunc(spec.retention, absl::Milliseconds(1)) != spec.retention) {
    return out_of_bounds("retention", "retention is whole milliseconds");
  }
  if (spec.cleanup == Cleanup::kCompact &&
      (!forever || spec.retention_bytes != 0)) {
    return out_of_bounds("retention",
                         "a compacted topic has no retention; leave it out");
  }
  return absl::OkStatus();
}

absl::Status ValidateId(absl::string_view field, const std::string& id) {
  if (!id.empty() && id.size() <= kNameCharactersMax) return absl::OkStatus();
  return FieldError(REASON_CODE_OUT_OF_BOUNDS, field,
                    "the id of a group or producer has 1 to 249 characters");
}

absl::Status CheckSize(const Outgoing& message) {
  const size_t bytes = message.key.size() + message.value.size();
  if (bytes <= kMessageBytesMax) return absl::OkStatus();
  return Error(
      REASON_CODE_TOO_LARGE,
      absl::StrCat("a message of ", bytes, " bytes for ", message.to.topic, "/",
                   message.to.partition, ": at most ", kMessageBytesMax,
                   " bytes fit, key and value together; send smaller batches"));
}

absl::Status CheckSizes(const std::vector<Outgoing>& messages) {
  size_t bytes = 0;
  for (const Outgoing& message : messages) {
    RETURN_IF_ERROR(CheckSize(message));
    bytes += message.key.size() + message.value.size();
  }
  if (bytes <= kAppendBytesMax) return absl::OkStatus();
  return Error(REASON_CODE_TOO_LARGE,
               absl::StrCat("an append of ", bytes, " bytes: at most ",
                            kAppendBytesMax, " fit; split it"));
}

}  // namespace sluice::bus
