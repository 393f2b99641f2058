#include "libs/registry/missing_topic.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::registry {

absl::Status MissingTopic::Judge(const absl::Status& read) {
  if (ReasonOf(read) != status::v1::REASON_CODE_NOT_FOUND) {
    if (read.ok()) suspected_ = false;
    answers_ = 0;
    return read;
  }
  suspected_ = true;
  const absl::Status described = log_->DescribeTopic(topic_).status();
  const bool is_confirmed =
      ReasonOf(described) == status::v1::REASON_CODE_NOT_FOUND;
  answers_ = is_confirmed ? answers_ + 1 : 0;
  if (answers_ >= bus::kMissingAnswersMax) {
    return Error(
        status::v1::REASON_CODE_CORRUPT,
        absl::StrCat(
            "the topic ", topic_, " is gone from the bus: it was asked for ",
            answers_,
            " times, and each time the bus answered that it has none. With "
            "it every command is gone, revocations too, so this process has "
            "stopped to apply commands and to deliver. Find out who deleted "
            "it; restore it from a backup or a mirror, with the same offsets, "
            "and start this process again"));
  }
  return Error(
      status::v1::REASON_CODE_STORAGE_FAILED,
      absl::StrCat(
          "the bus says that it has no topic ", topic_,
          ", as Kafka does for a moment while a leader moves or a node starts; "
          "it is asked again: if it stays so, look whether the topic was "
          "deleted"));
}

}  // namespace sluice::registry
