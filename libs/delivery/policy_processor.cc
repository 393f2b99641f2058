#include "libs/delivery/policy_processor.h"

#include <string>
#include <utility>

#include "libs/base/status.h"
#include "libs/crypto/sha256.h"
#include "libs/delivery/row_slice.h"
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

void SetPlace(const records::v1::EnvelopeHeader& header,
              exchange::v1::Delivery* delivery) {
  delivery->set_partition(header.partition());
  delivery->set_generation(header.generation());
  delivery->set_sequence(header.sequence());
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
  Partition* partition = PartitionOf(from);
  std::shared_ptr<const OpenedBatch> opened;
  if (partition->reader != nullptr) opened = partition->reader->Find(message);
  ASSIGN_OR_RETURN(
      const std::optional<records::OpenedEnvelope> envelope,
      partition->verifier.Verify(
          message, opened == nullptr ? nullptr : &opened->envelope));
  if (!envelope.has_value()) return std::nullopt;
  if (envelope->header.kind() != records::v1::MESSAGE_KIND_BATCH) {
    Prepared prepared;
    prepared.delivery.set_marker(MarkerOf(envelope->header.kind()));
    SetPlace(envelope->header, &prepared.delivery);
    prepared.publisher_key = envelope->header.key_id();
    return prepared;
  }
  if (opened == nullptr) {
    ASSIGN_OR_RETURN(opened, OpenBatch(*envelope));
    if (partition->reader != nullptr) partition->reader->Put(message);
  }
  return Treat(*opened, opened->batch);
}

absl::StatusOr<Prepared> PolicyProcessor::Part(
    const bus::TopicPartition& /*from*/, const bus::Message& message,
    uint32_t first_row, uint32_t row_count) {
  // Process found the message genuine and next in its chain.
  ASSIGN_OR_RETURN(const records::OpenedEnvelope envelope,
                   records::OpenEnvelope(message.value));
  ASSIGN_OR_RETURN(const std::shared_ptr<const OpenedBatch> opened,
                   OpenBatch(envelope));
  return Treat(*opened, SliceRows(opened->batch, first_row, row_count));
}

absl::StatusOr<Prepared> PolicyProcessor::Treat(const OpenedBatch& opened,
                                                const records::Batch& rows) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan,
                   PlanFor(rows.schema_version));
  ASSIGN_OR_RETURN(const TreatedBatch treated, plan->Apply(rows));
  ASSIGN_OR_RETURN(records::EncodedBatch encoded,
                   records::EncodeBatch(treated.batch));
  Prepared prepared;
  prepared.batch = std::move(encoded.slices);
  prepared.batch_bytes = encoded.size;
  prepared.row_count = rows.row_count;
  prepared.delivery.set_untreatable_values(treated.untreatable_total);
  prepared.entry = Announce(opened.envelope, *plan, treated, prepared);
  SetPlace(opened.envelope.header, &prepared.delivery);
  prepared.publisher_key = opened.envelope.header.key_id();
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
    treated_field->set_key_version(field.key_version);
    treated_field->set_untreatable_values(treated.untreatable[i]);
  }
  return entry;
}

PolicyProcessor::Partition* PolicyProcessor::PartitionOf(
    const bus::TopicPartition& partition) {
  const auto number = static_cast<uint32_t>(partition.partition);
  const auto found = partitions_.find(number);
  if (found != partitions_.end()) return &found->second;
  Partition made{
      BatchVerifier(context_.agreement->agreement().resource(), number,
                    context_.registry, &context_.counters->rejected_messages),
      nullptr};
  if (context_.cache != nullptr) made.reader = context_.cache->Read(partition);
  return &partitions_.emplace(number, std::move(made)).first->second;
}

void PolicyProcessor::Begin(const bus::TopicPartition& partition,
                            const StartPoint& start) {
  partitions_.erase(static_cast<uint32_t>(partition.partition));
  PartitionOf(partition)->verifier.Resume(start.last, start.after);
}

void PolicyProcessor::Leave(const bus::TopicPartition& partition) {
  partitions_.erase(static_cast<uint32_t>(partition.partition));
}

}  // namespace sluice::delivery
