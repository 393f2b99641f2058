#include "libs/delivery/policy_processor.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
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

// Of a resource that is not known, too: then the plan refuses.
bool FollowsKeys(const PolicyContext& context) {
  const auto& agreement = context.agreement->agreement();
  if (!agreement.has_row_filter()) return false;
  const auto resource =
      context.registry->GetResource(AsView(agreement.resource()));
  return !resource.ok() ||
         (*resource)->kind() != catalog::v1::RESOURCE_KIND_EVENTS;
}

}  // namespace

PolicyProcessor::PolicyProcessor(PolicyContext context)
    : context_(std::move(context)),
      follows_keys_(FollowsKeys(context_)),
      disclosure_base_(DisclosureBase(context_)) {}

absl::StatusOr<std::optional<Prepared>> PolicyProcessor::Process(
    const bus::TopicPartition& from, const bus::Message& message) {
  Partition* partition = PartitionOf(from);
  std::shared_ptr<const OpenedBatch> opened;
  const bool may_share =
      partition->reader != nullptr && !partition->holdings->reads_history();
  if (may_share) opened = partition->reader->Find(message);
  ASSIGN_OR_RETURN(const std::optional<records::OpenedEnvelope> envelope,
                   Verify(message, static_cast<uint32_t>(from.partition),
                          opened.get(), partition));
  if (partition->holdings->reads_history()) {
    ASSIGN_OR_RETURN(const bool is_history,
                     Recall(message, envelope, partition));
    if (is_history) return std::nullopt;
  }
  if (!envelope.has_value()) return std::nullopt;
  if (envelope->header.kind() != records::v1::MESSAGE_KIND_BATCH) {
    return PrepareMarker(*envelope, partition);
  }
  if (opened == nullptr) {
    ASSIGN_OR_RETURN(opened, OpenBatch(*envelope));
    if (may_share) partition->reader->Put(message);
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan,
                   PlanFor(opened->batch.schema_version));
  if (plan->filter() != nullptr) return Filter(*opened, *plan, partition);
  return Treat(*opened, *plan, opened->batch, 0);
}

absl::StatusOr<Prepared> PolicyProcessor::Part(
    const bus::Message& message,
    const std::shared_ptr<const RowSelection>& selection, uint32_t first_row,
    uint32_t row_count) {
  // Process found the message genuine and next in its chain.
  ASSIGN_OR_RETURN(const records::OpenedEnvelope envelope,
                   records::OpenEnvelope(message.value));
  ASSIGN_OR_RETURN(const std::shared_ptr<const OpenedBatch> opened,
                   OpenBatch(envelope));
  ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan,
                   PlanFor(opened->batch.schema_version));
  if (selection == nullptr) {
    return Treat(*opened, *plan, SliceRows(opened->batch, first_row, row_count),
                 first_row);
  }
  return TreatSelected(
      *opened, *plan, selection, selection->CountBefore(first_row),
      selection->CountBefore(first_row + row_count), row_count);
}

absl::StatusOr<std::optional<records::OpenedEnvelope>> PolicyProcessor::Verify(
    const bus::Message& message, uint32_t number, const OpenedBatch* opened,
    Partition* partition) {
  using Met = BatchVerifier::Met;
  const bool is_history = partition->holdings->IsHistoryAt(message.offset);
  auto verified = partition->verifier->Verify(
      message, opened == nullptr ? nullptr : &opened->envelope,
      is_history ? Met::kAgain : Met::kNew);
  if (ReasonOf(verified.status()) != status::v1::REASON_CODE_CHAIN_BROKEN ||
      !is_history) {
    return verified;
  }
  // Messages are missing before the place where the consumer goes on. It is
  // past them; what it has of them is not known.
  partition->verifier = MakeVerifier(number);
  partition->holdings->Forget();
  return partition->verifier->Verify(message, nullptr, Met::kAgain);
}

absl::StatusOr<bool> PolicyProcessor::Recall(
    const bus::Message& message,
    const std::optional<records::OpenedEnvelope>& envelope,
    Partition* partition) {
  Holdings& holdings = *partition->holdings;
  const bool is_history =
      envelope.has_value()
          ? holdings.IsHistory(envelope->header.sequence(), message.offset)
          : holdings.IsHistoryAt(message.offset);
  if (is_history && envelope.has_value()) {
    RETURN_IF_ERROR(holdings.Recall(
        *envelope, [this](uint32_t version) { return PlanFor(version); }));
  }
  // At once behind the last one: it may be long until another message comes.
  if (!is_history || !holdings.IsHistoryAt(message.offset + 1)) {
    RETURN_IF_ERROR(holdings.EndHistory(partition->verifier->seen()));
  }
  return is_history;
}

absl::Status PolicyProcessor::ReachEnd() {
  for (const auto& [number, partition] : partitions_) {
    if (!partition.holdings->reads_history()) continue;
    RETURN_IF_ERROR(partition.holdings->EndHistory(partition.verifier->seen()));
  }
  return absl::OkStatus();
}

Prepared PolicyProcessor::PrepareMarker(const records::OpenedEnvelope& envelope,
                                        Partition* partition) const {
  Prepared prepared;
  prepared.delivery.set_marker(MarkerOf(envelope.header.kind()));
  SetPlace(envelope.header, &prepared.delivery);
  prepared.publisher_key = envelope.header.key_id();
  partition->holdings->Mark(envelope.header.kind());
  return prepared;
}

absl::StatusOr<Prepared> PolicyProcessor::Filter(const OpenedBatch& opened,
                                                 const Plan& plan,
                                                 Partition* partition) {
  ASSIGN_OR_RETURN(RowSelection selected,
                   plan.Select(opened.batch, partition->holdings->keys()));
  const auto selection =
      std::make_shared<const RowSelection>(std::move(selected));
  return TreatSelected(opened, plan, selection, 0, selection->rows.size(),
                       selection->source_rows);
}

absl::StatusOr<Prepared> PolicyProcessor::TreatSelected(
    const OpenedBatch& opened, const Plan& plan,
    const std::shared_ptr<const RowSelection>& selection, size_t begin,
    size_t end, uint32_t source_rows) const {
  if (begin == end) {
    Prepared nothing;
    SetPlace(opened.envelope.header, &nothing.delivery);
    nothing.selection = selection;
    return nothing;
  }
  ASSIGN_OR_RETURN(
      Prepared prepared,
      Treat(opened, plan, plan.Take(opened.batch, *selection, begin, end),
            selection->rows[begin]));
  prepared.selection = selection;
  if (prepared.entry.has_value()) {
    prepared.entry->mutable_disclosure()->set_source_row_count(source_rows);
  }
  return prepared;
}

absl::StatusOr<Prepared> PolicyProcessor::Treat(const OpenedBatch& opened,
                                                const Plan& plan,
                                                const records::Batch& rows,
                                                uint32_t first_row) const {
  ASSIGN_OR_RETURN(const TreatedBatch treated, plan.Apply(rows));
  const records::v1::EnvelopeHeader& header = opened.envelope.header;
  Prepared prepared;
  prepared.row_count = rows.row_count;
  SetPlace(header, &prepared.delivery);
  prepared.publisher_key = header.key_id();
  absl::StatusOr<records::EncodedBatch> encoded =
      records::EncodeBatch(treated.batch);
  if (ReasonOf(encoded.status()) == status::v1::REASON_CODE_TOO_LARGE) {
    if (rows.row_count == 1) return RecordTooLarge(header, first_row);
    prepared.exceeds_frame = true;
    return prepared;
  }
  RETURN_IF_ERROR(encoded.status());
  prepared.batch = std::move(encoded->slices);
  prepared.batch_bytes = encoded->size;
  prepared.delivery.set_untreatable_values(treated.untreatable_total);
  prepared.entry = Announce(opened.envelope, plan, treated, prepared);
  return prepared;
}

absl::Status PolicyProcessor::RecordTooLarge(
    const records::v1::EnvelopeHeader& header, uint32_t row) const {
  return Error(
      status::v1::REASON_CODE_TOO_LARGE,
      absl::StrCat(
          "record ", row + 1, " of batch ", header.sequence(), " of partition ",
          header.partition(), " of ", header.resource(),
          " cannot be delivered: treated as agreement ",
          context_.agreement->agreement().id(),
          " says, it alone takes more "
          "than the ",
          records::kBatchBytesMax,
          " bytes of a batch; ask for a version of the agreement whose "
          "treatments lengthen it less, such as a mask with a symbol of one "
          "byte"));
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

std::unique_ptr<BatchVerifier> PolicyProcessor::MakeVerifier(
    uint32_t partition) const {
  return std::make_unique<BatchVerifier>(
      context_.agreement->agreement().resource(), partition, context_.registry,
      &context_.counters->rejected_messages);
}

PolicyProcessor::Partition* PolicyProcessor::PartitionOf(
    const bus::TopicPartition& partition) {
  const auto number = static_cast<uint32_t>(partition.partition);
  const auto found = partitions_.find(number);
  if (found != partitions_.end()) return &found->second;
  Partition made;
  made.verifier = MakeVerifier(number);
  made.holdings = std::make_unique<Holdings>(
      absl::StrCat("partition ", number, " of ",
                   context_.agreement->agreement().resource()),
      context_.held_keys);
  if (context_.cache != nullptr) made.reader = context_.cache->Read(partition);
  return &partitions_.emplace(number, std::move(made)).first->second;
}

bool PolicyProcessor::NeedsHistory(const StartPoint& start) const {
  return follows_keys_ && !start.is_fresh;
}

void PolicyProcessor::Begin(const bus::TopicPartition& partition,
                            const StartPoint& start) {
  partitions_.erase(static_cast<uint32_t>(partition.partition));
  Partition* begun = PartitionOf(partition);
  if (NeedsHistory(start)) {
    begun->holdings->ReadHistory(start);
  } else {
    begun->verifier->Resume(start.last, start.after);
  }
}

void PolicyProcessor::Leave(const bus::TopicPartition& partition) {
  partitions_.erase(static_cast<uint32_t>(partition.partition));
}

}  // namespace sluice::delivery
