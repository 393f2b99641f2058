#include "libs/delivery/policy_processor.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/crypto/sha256.h"
#include "libs/records/batch.h"

namespace sluice::delivery {
namespace {

exchange::v1::Marker MarkerOf(records::v1::MessageKind kind) {
  switch (kind) {
    case records::v1::MESSAGE_KIND_BASELINE_BEGIN:
      return exchange::v1::MARKER_BASELINE_BEGIN;
    case records::v1::MESSAGE_KIND_BASELINE_END:
      return exchange::v1::MARKER_BASELINE_END;
    default:
      return exchange::v1::MARKER_UNSPECIFIED;
  }
}

crypto::Digest DigestOf(const Frame& frame) {
  crypto::Sha256Hasher hasher;
  for (const SharedBytes& piece : frame) hasher.Update(piece.view());
  return hasher.Finish();
}

void SetDigest(const crypto::Digest& digest, std::string* field) {
  field->assign(reinterpret_cast<const char*>(digest.data()), digest.size());
}

audit::v1::Disclosure DisclosureBase(const PolicyContext& context) {
  const auto& agreement = context.agreement->agreement();
  audit::v1::Disclosure base;
  *base.mutable_peer() = PeerOf(context.caller);
  *base.mutable_asserted() = context.asserted;
  base.set_agreement(agreement.id());
  base.set_agreement_version(agreement.version());
  base.set_purpose(agreement.purpose());
  base.set_resource(agreement.resource());
  return base;
}

}  // namespace

PolicyProcessor::PolicyProcessor(PolicyContext context)
    : context_(std::move(context)),
      disclosure_base_(DisclosureBase(context_)) {}

absl::StatusOr<std::optional<Prepared>> PolicyProcessor::Process(
    const bus::TopicPartition& from, const bus::Message& message) {
  ASSIGN_OR_RETURN(const std::optional<records::OpenedEnvelope> envelope,
                   VerifierOf(from)->Verify(message));
  if (!envelope.has_value()) return std::nullopt;

  Prepared prepared;
  if (envelope->header.kind() == records::v1::MESSAGE_KIND_BATCH) {
    ASSIGN_OR_RETURN(prepared, PrepareBatch(*envelope));
  } else {
    prepared.delivery.set_marker(MarkerOf(envelope->header.kind()));
  }
  prepared.delivery.set_partition(envelope->header.partition());
  prepared.delivery.set_generation(envelope->header.generation());
  prepared.delivery.set_sequence(envelope->header.sequence());
  return prepared;
}

absl::StatusOr<Prepared> PolicyProcessor::PrepareBatch(
    const records::OpenedEnvelope& envelope) {
  ASSIGN_OR_RETURN(const records::Batch batch,
                   records::ParseBatch(envelope.body));
  // The header is what was signed for; the body may say nothing else.
  if (batch.resource != envelope.header.resource() ||
      batch.schema_version != envelope.header.schema_version() ||
      batch.row_count != envelope.header.row_count()) {
    return Error(
        status::v1::REASON_CODE_BATCH_INVALID,
        absl::StrCat("batch ", envelope.header.sequence(),
                     " differs from its signed header: the publisher ", "of ",
                     envelope.header.resource(), " must be mended"));
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan,
                   PlanFor(batch.schema_version));
  ASSIGN_OR_RETURN(const TreatedBatch treated, plan->Apply(batch));
  ASSIGN_OR_RETURN(records::EncodedBatch encoded,
                   records::EncodeBatch(treated.batch));
  Prepared prepared;
  prepared.batch = std::move(encoded.slices);
  prepared.batch_bytes = encoded.size;
  prepared.row_count = batch.row_count;
  prepared.delivery.set_untreatable_values(treated.untreatable_total);
  context_.counters->untreatable_values += treated.untreatable_total;
  prepared.entry = Announce(envelope, *plan, treated, prepared);
  return prepared;
}

absl::StatusOr<std::shared_ptr<const Plan>> PolicyProcessor::PlanFor(
    uint32_t schema_version) {
  std::shared_ptr<const Plan>& plan = plans_[schema_version];
  if (plan == nullptr) {
    ASSIGN_OR_RETURN(plan, context_.plan_for(schema_version));
  }
  return plan;
}

audit::v1::Entry PolicyProcessor::Announce(
    const records::OpenedEnvelope& envelope, const Plan& plan,
    const TreatedBatch& treated, const Prepared& prepared) const {
  audit::v1::Entry entry;
  entry.set_registry_offset(context_.registry->status().applied_offset);
  audit::v1::Disclosure* disclosure = entry.mutable_disclosure();
  *disclosure = disclosure_base_;
  disclosure->set_schema_version(treated.batch.schema_version);
  disclosure->set_partition(envelope.header.partition());
  disclosure->set_generation(envelope.header.generation());
  disclosure->set_sequence(envelope.header.sequence());
  disclosure->set_row_count(treated.batch.row_count);
  disclosure->set_byte_count(prepared.batch_bytes);
  SetDigest(DigestOf(prepared.batch), disclosure->mutable_digest());
  SetDigest(envelope.header_digest, disclosure->mutable_source_digest());
  for (size_t i = 0; i < plan.fields().size(); ++i) {
    const PlannedField& field = plan.fields()[i];
    auto* treated_field = disclosure->add_fields();
    treated_field->set_field_id(field.field_id);
    treated_field->set_field_name(field.after.name());
    treated_field->set_treatment(field.treatment);
    treated_field->set_untreatable_values(treated.untreatable[i]);
  }
  return entry;
}

BatchVerifier* PolicyProcessor::VerifierOf(
    const bus::TopicPartition& partition) {
  const auto number = static_cast<uint32_t>(partition.partition);
  return &verifiers_
              .try_emplace(number, context_.agreement->agreement().resource(),
                           number, context_.registry,
                           &context_.counters->rejected_messages)
              .first->second;
}

void PolicyProcessor::Begin(const bus::TopicPartition& partition,
                            const StartPoint& start) {
  verifiers_.erase(static_cast<uint32_t>(partition.partition));
  VerifierOf(partition)->Resume(start.last, start.after);
}

}  // namespace sluice::delivery
