#include "libs/delivery/batch_verifier.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/log.h"
#include "libs/base/status.h"

namespace sluice::delivery {
namespace {

std::string DepartmentOf(const std::string& resource) {
  return resource.substr(0, resource.find('.'));
}

}  // namespace

BatchVerifier::BatchVerifier(std::string resource, uint32_t partition,
                             const registry::Registry* registry,
                             std::atomic<uint64_t>* rejected)
    : resource_(std::move(resource)),
      department_(DepartmentOf(resource_)),
      partition_(partition),
      registry_(registry),
      rejected_(rejected) {}

absl::Status BatchVerifier::CheckPublisher(
    const registry::KnownKey& key,
    const records::OpenedEnvelope& envelope) const {
  if (key.info.department() != department_ ||
      key.info.role() != registry::v1::ROLE_ADAPTER) {
    return Error(status::v1::REASON_CODE_WRONG_DEPARTMENT,
                 absl::StrCat("key ", key.info.id(), " of department ",
                              key.info.department(),
                              " may not publish records of ", resource_));
  }
  // A retired key signed nothing after its publisher saw that it was replaced.
  if (key.info.state() == registry::v1::KEY_STATE_RETIRED &&
      envelope.header.registry_offset() > key.info.ended_offset()) {
    return Error(status::v1::REASON_CODE_KEY_REVOKED,
                 absl::StrCat("key ", key.info.id(),
                              " signed this after it was replaced"));
  }
  return absl::OkStatus();
}

absl::Status BatchVerifier::CheckGenuine(
    const records::OpenedEnvelope& envelope) {
  if (envelope.header.resource() != resource_ ||
      envelope.header.partition() != partition_) {
    return Error(status::v1::REASON_CODE_CHAIN_BROKEN,
                 "a message of another resource or partition");
  }
  if (head_.has_value() && envelope.header.sequence() <= head_->sequence) {
    return Error(
        status::v1::REASON_CODE_CHAIN_BROKEN,
        absl::StrCat("a replay of sequence ", envelope.header.sequence()));
  }
  const auto key = registry_->GetKey(AsView(envelope.header.key_id()));
  if (!key.ok()) {
    const bool may_come =
        envelope.header.registry_offset() > registry_->status().applied_offset;
    const absl::Time now = registry_->Now();
    if (!waiting_since_.has_value()) waiting_since_ = now;
    if (may_come && now - *waiting_since_ < kKeyWait) {
      return Error(status::v1::REASON_CODE_KEY_NOT_YET_KNOWN,
                   absl::StrCat("key ", envelope.header.key_id(),
                                " is not in the registry yet"));
    }
    return Error(status::v1::REASON_CODE_UNKNOWN_KEY,
                 "signed by a key that is not enrolled");
  }
  RETURN_IF_ERROR(CheckPublisher(**key, envelope));
  RETURN_IF_ERROR(records::VerifyEnvelope(envelope, (*key)->key));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<records::OpenedEnvelope>> BatchVerifier::Verify(
    const bus::Message& message) {
  auto envelope = records::OpenEnvelope(message.value);
  if (!envelope.ok()) {
    Alarm(message, envelope.status());
    return std::nullopt;
  }
  const absl::Status genuine = CheckGenuine(*envelope);
  if (ReasonOf(genuine) == status::v1::REASON_CODE_KEY_NOT_YET_KNOWN) {
    return genuine;
  }
  waiting_since_.reset();
  if (!genuine.ok()) {
    Alarm(message, genuine);
    return std::nullopt;
  }
  if (head_.has_value()) {
    RETURN_IF_ERROR(
        records::CheckLink(*envelope, AsView(resource_), partition_, *head_));
  }
  head_ = records::HeadAfter(*envelope);
  const auto key = registry_->GetKey(AsView(envelope->header.key_id()));
  if (key.ok() && (*key)->info.state() == registry::v1::KEY_STATE_REVOKED) {
    // In its place in the chain, and still not to be believed.
    Alarm(message,
          Error(status::v1::REASON_CODE_KEY_REVOKED,
                absl::StrCat("signed by the revoked key ", (*key)->info.id())));
    return std::nullopt;
  }
  return std::move(envelope).value();
}

void BatchVerifier::Alarm(const bus::Message& message,
                          const absl::Status& why) {
  rejected_->fetch_add(1, std::memory_order_relaxed);
  LogWarning("a message on the bus was rejected",
             {{"resource", resource_},
              {"partition", partition_},
              {"offset", message.offset},
              {"reason", ReasonName(ReasonOf(why))},
              {"why", why}});
}

}  // namespace sluice::delivery
