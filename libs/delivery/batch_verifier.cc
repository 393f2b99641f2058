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

absl::StatusOr<registry::KeyPtr> BatchVerifier::FindKey(
    const records::OpenedEnvelope& envelope) {
  // Before the key is looked for: what is applied in between counts as known.
  const uint64_t applied_offset = registry_->status().applied_offset;
  auto key = registry_->GetKey(AsView(envelope.header.key_id()));
  if (key.ok()) return key;
  const absl::Time now = registry_->Now();
  if (!waiting_since_.has_value()) waiting_since_ = now;
  if (envelope.header.registry_offset() > applied_offset &&
      now - *waiting_since_ < kKeyWait) {
    return Error(status::v1::REASON_CODE_KEY_NOT_YET_KNOWN,
                 absl::StrCat("key ", envelope.header.key_id(),
                              " is not in the registry yet"));
  }
  return Error(status::v1::REASON_CODE_UNKNOWN_KEY,
               "signed by a key that is not enrolled");
}

bool BatchVerifier::IsReplay(uint64_t sequence) const {
  return sequence <= (head_.has_value() ? head_->sequence : after_);
}

absl::Status BatchVerifier::CheckGenuine(
    const records::OpenedEnvelope& envelope, bool bytes_hold,
    registry::KeyPtr* key) {
  if (envelope.header.resource() != resource_ ||
      envelope.header.partition() != partition_) {
    return Error(status::v1::REASON_CODE_CHAIN_BROKEN,
                 "a message of another resource or partition");
  }
  ASSIGN_OR_RETURN(*key, FindKey(envelope));
  RETURN_IF_ERROR(CheckPublisher(**key, envelope));
  // A key's id is made of the key, so one id never stands for another key.
  return bytes_hold ? absl::OkStatus()
                    : records::VerifyEnvelope(envelope, (*key)->key);
}

bool BatchVerifier::FollowsDisbelieved(
    const records::OpenedEnvelope& envelope) const {
  return disbelieved_.has_value() &&
         records::CheckLink(envelope, AsView(resource_), partition_,
                            *disbelieved_)
             .ok();
}

absl::Status BatchVerifier::CheckFollows(
    const records::OpenedEnvelope& envelope) const {
  if (FollowsDisbelieved(envelope)) return absl::OkStatus();
  if (head_.has_value()) {
    return records::CheckLink(envelope, AsView(resource_), partition_, *head_);
  }
  const uint64_t sequence = envelope.header.sequence();
  if (after_ == 0 || sequence == after_ + 1) return absl::OkStatus();
  return Error(
      status::v1::REASON_CODE_CHAIN_BROKEN,
      absl::StrCat("records message ", sequence, " of ", resource_,
                   " partition ", partition_, " comes where ", after_ + 1,
                   " is expected: find out why messages are missing, and have "
                   "the owner publish a baseline"));
}

void BatchVerifier::Disbelieve(const records::OpenedEnvelope& envelope) {
  if (!CheckFollows(envelope).ok()) return;
  NoteSeen(envelope);
  disbelieved_ = records::HeadAfter(envelope);
}

void BatchVerifier::NoteSeen(const records::OpenedEnvelope& envelope) {
  // A link of what was met before has met as much as that.
  if (head_.has_value() || FollowsDisbelieved(envelope)) return;
  const bool is_first =
      seen_ == Seen::kNothing && envelope.header.sequence() == 1;
  seen_ = is_first ? Seen::kFromTheFirst : Seen::kFromWithin;
}

void BatchVerifier::Resume(const std::optional<bus::Message>& last,
                           uint64_t after) {
  after_ = after;
  if (!last.has_value()) return;
  const auto envelope = records::OpenEnvelope(last->value);
  registry::KeyPtr key;
  if (!envelope.ok() ||
      !CheckGenuine(*envelope, /*bytes_hold=*/false, &key).ok()) {
    waiting_since_.reset();
    return;
  }
  if (key->info.state() == registry::v1::KEY_STATE_REVOKED) {
    disbelieved_ = records::HeadAfter(*envelope);
  } else {
    head_ = records::HeadAfter(*envelope);
  }
}

absl::StatusOr<std::optional<records::OpenedEnvelope>> BatchVerifier::Verify(
    const bus::Message& message, const records::OpenedEnvelope* known,
    Met met) {
  absl::StatusOr<records::OpenedEnvelope> envelope =
      known != nullptr ? *known : records::OpenEnvelope(message.value);
  if (!envelope.ok()) {
    if (met == Met::kNew) Alarm(message, envelope.status());
    return std::nullopt;
  }
  registry::KeyPtr key;
  absl::Status genuine = IsReplay(envelope->header.sequence())
                             ? Error(status::v1::REASON_CODE_CHAIN_BROKEN,
                                     absl::StrCat("a replay of sequence ",
                                                  envelope->header.sequence()))
                             : CheckGenuine(*envelope, known != nullptr, &key);
  if (ReasonOf(genuine) == status::v1::REASON_CODE_KEY_NOT_YET_KNOWN) {
    return genuine;
  }
  waiting_since_.reset();
  if (genuine.ok() && key->info.state() == registry::v1::KEY_STATE_REVOKED) {
    Disbelieve(*envelope);
    genuine = Error(status::v1::REASON_CODE_KEY_REVOKED,
                    absl::StrCat("signed by the revoked key ", key->info.id()));
  }
  if (!genuine.ok()) {
    if (met == Met::kNew) Alarm(message, genuine);
    return std::nullopt;
  }
  RETURN_IF_ERROR(CheckFollows(*envelope));
  NoteSeen(*envelope);
  head_ = records::HeadAfter(*envelope);
  disbelieved_.reset();
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
