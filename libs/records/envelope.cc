#include "libs/records/envelope.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "libs/base/status.h"
#include "libs/records/resource_id.h"
#include "libs/records/wire_reader.h"

namespace sluice::records {
namespace {

// Digits of a key's id: see crypto::KeyIdOf.
constexpr size_t kKeyIdBytes = 16;
// Years 1 to 9999.
constexpr int64_t kSecondsMin = -62'135'596'800;
constexpr int64_t kSecondsMax = 253'402'300'799;

absl::Status Malformed(absl::string_view what) {
  return Error(status::v1::REASON_CODE_MALFORMED,
               absl::StrCat("records message refused: ", what,
                            "; its publisher must seal it as "
                            "docs/formats/envelope.md says"));
}

absl::Status ChainBroken(const v1::EnvelopeHeader& header,
                         absl::string_view what) {
  return Error(
      status::v1::REASON_CODE_CHAIN_BROKEN,
      absl::StrCat("records message ", header.sequence(), " of ",
                   header.resource(), " partition ", header.partition(),
                   " refused: ", what,
                   "; find out who wrote it, and have the owner publish a "
                   "baseline if records are missing"));
}

// ---- Writing.

void AppendBytesField(uint32_t number, absl::string_view bytes,
                      std::string* message) {
  uint8_t prefix[2 * 5];
  using google::protobuf::io::CodedOutputStream;
  uint8_t* end =
      CodedOutputStream::WriteVarint32ToArray((number << 3) | 2, prefix);
  end = CodedOutputStream::WriteVarint32ToArray(
      static_cast<uint32_t>(bytes.size()), end);
  message->append(reinterpret_cast<const char*>(prefix), end - prefix);
  message->append(bytes.data(), bytes.size());
}

// The tag and the length of a field whose bytes follow.
void AppendBodyPrefix(size_t size, std::string* message) {
  uint8_t length[5];
  const uint8_t* const end =
      google::protobuf::io::CodedOutputStream::WriteVarint32ToArray(
          static_cast<uint32_t>(size), length);
  message->push_back((v1::Envelope::kBodyFieldNumber << 3) | 2);
  message->append(reinterpret_cast<const char*>(length), end - length);
}

crypto::Digest DigestOf(const EncodedBatch& payload) {
  crypto::Sha256Hasher hasher;
  for (const SharedBytes& slice : payload.slices) hasher.Update(slice.view());
  return hasher.Finish();
}

// ---- Reading.

bool IsKeyId(absl::string_view id) {
  return id.size() == kKeyIdBytes &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

// Refuses what the generated class would let pass, or complain of in its own
// log.
absl::Status CheckHeaderWire(absl::string_view bytes) {
  WireReader reader(bytes);
  uint32_t seen = 0;
  while (!reader.AtEnd()) {
    WireField field;
    if (!reader.Next(&field)) return Malformed("its header is no message");
    if (field.number > v1::EnvelopeHeader::kPublishedAtFieldNumber) {
      return Malformed("its header has a field that is not known");
    }
    const uint32_t bit = 1u << field.number;
    if ((seen & bit) != 0)
      return Malformed("a field of its header occurs twice");
    seen |= bit;
    if (field.number == v1::EnvelopeHeader::kResourceFieldNumber &&
        !IsResourceId(field.bytes)) {
      return Malformed("resource is not of the form <department>.<slug>");
    }
    if (field.number == v1::EnvelopeHeader::kKeyIdFieldNumber &&
        !IsKeyId(field.bytes)) {
      return Malformed("key_id is not 16 hex digits");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSuites(const v1::EnvelopeHeader& header) {
  if (header.sealing_suite() != v1::SEALING_SUITE_NONE) {
    return Malformed(absl::StrCat("sealing suite ", int{header.sealing_suite()},
                                  " is not one this build can open"));
  }
  if (header.compression() != v1::COMPRESSION_NONE) {
    return Malformed(absl::StrCat("compression ", int{header.compression()},
                                  " is not one this build can undo"));
  }
  return absl::OkStatus();
}

absl::Status CheckChainFields(const v1::EnvelopeHeader& header) {
  if (header.resource().empty()) return Malformed("resource is missing");
  if (header.key_id().empty()) return Malformed("key_id is missing");
  if (header.generation() == 0) return Malformed("generation is 0");
  if (header.sequence() == 0) return Malformed("sequence is 0");
  if (header.previous_digest().size() != crypto::kDigestBytes ||
      header.payload_digest().size() != crypto::kDigestBytes) {
    return Malformed("a digest is not 32 bytes");
  }
  const bool has_previous =
      header.previous_digest().find_first_not_of('\0') != std::string::npos;
  if (has_previous != (header.sequence() > 1)) {
    return Malformed(
        "previous_digest must be zero at sequence 1 and only there");
  }
  return absl::OkStatus();
}

absl::Status CheckKind(const v1::EnvelopeHeader& header, size_t body_size) {
  switch (header.kind()) {
    case v1::MESSAGE_KIND_BATCH:
      if (header.schema_version() == 0) return Malformed("schema_version is 0");
      if (header.row_count() == 0 || header.row_count() > kBatchRowsMax) {
        return Malformed("row_count is not within 1 and 65536");
      }
      if (body_size == 0) return Malformed("a batch has no body");
      return absl::OkStatus();
    case v1::MESSAGE_KIND_BASELINE_BEGIN:
    case v1::MESSAGE_KIND_BASELINE_END:
      if (header.row_count() != 0 || header.schema_version() != 0 ||
          body_size != 0) {
        return Malformed("a marker has rows, a schema version or a body");
      }
      return absl::OkStatus();
    default:
      return Malformed("its kind is not known");
  }
}

absl::Status CheckHeader(const v1::EnvelopeHeader& header, size_t body_size) {
  const auto* reflection = header.GetReflection();
  if (!reflection->GetUnknownFields(header).empty()) {
    return Malformed("a field of its header is of another type");
  }
  RETURN_IF_ERROR(CheckChainFields(header));
  RETURN_IF_ERROR(CheckSuites(header));
  const google::protobuf::Timestamp& at = header.published_at();
  if (at.seconds() < kSecondsMin || at.seconds() > kSecondsMax ||
      at.nanos() < 0 || at.nanos() > 999'999'999) {
    return Malformed("published_at is no timestamp of the years 1 to 9999");
  }
  return CheckKind(header, body_size);
}

// Finds the three fields; each refers to `message`.
absl::Status SplitEnvelope(const SharedBytes& message,
                           OpenedEnvelope* envelope) {
  WireReader reader(message.view());
  uint32_t seen = 0;
  while (!reader.AtEnd()) {
    WireField field;
    if (!reader.Next(&field)) return Malformed("its bytes are no message");
    if (!field.has_bytes ||
        (field.number != v1::Envelope::kHeaderFieldNumber &&
         field.number != v1::Envelope::kSignatureFieldNumber &&
         field.number != v1::Envelope::kBodyFieldNumber)) {
      return Malformed("it has a field that is not known");
    }
    const uint32_t bit = 1u << field.number;
    if ((seen & bit) != 0) return Malformed("a field occurs twice");
    seen |= bit;
    SharedBytes bytes =
        message.Slice(field.end - field.bytes.size(), field.bytes.size());
    if (field.number == v1::Envelope::kHeaderFieldNumber) {
      envelope->header_bytes = std::move(bytes);
    } else if (field.number == v1::Envelope::kSignatureFieldNumber) {
      envelope->signature = std::move(bytes);
    } else if (!reader.AtEnd()) {
      return Malformed("body is not its last field");
    } else {
      envelope->body = std::move(bytes);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSizes(const OpenedEnvelope& envelope) {
  if (envelope.header_bytes.empty()) return Malformed("it has no header");
  if (envelope.header_bytes.size() > kHeaderBytesMax) {
    return Malformed("its header has more than 4096 bytes");
  }
  if (envelope.signature.size() != crypto::kSignatureBytes) {
    return Malformed("its signature is not 64 bytes");
  }
  if (envelope.body.size() > kBatchBytesMax) {
    return Malformed("its body has more than 900000 bytes");
  }
  return absl::OkStatus();
}

// How the generation breaks the chain's rules; empty if it does not.
absl::string_view GenerationFault(const v1::EnvelopeHeader& header,
                                  const ChainHead& head) {
  if (header.generation() < head.generation) {
    return "its generation is below that of the message before it";
  }
  if (head.sequence == 0) {
    return header.generation() == head.generation + 1
               ? ""
               : "the first message of a chain is not of generation 1";
  }
  const bool begins = header.kind() == v1::MESSAGE_KIND_BASELINE_BEGIN;
  if (begins && header.generation() == head.generation) {
    return "a baseline begins without a new generation";
  }
  if (!begins && header.generation() != head.generation) {
    return "its generation grows without the start of a baseline";
  }
  if (header.generation() - head.generation > 1) {
    return "its generation grows by more than 1";
  }
  return "";
}

}  // namespace

EnvelopeSigner::EnvelopeSigner(std::string resource, uint32_t partition,
                               const crypto::SigningKey* key, ChainHead head)
    : resource_(std::move(resource)),
      partition_(partition),
      key_(key),
      head_(head) {
  assert(IsResourceId(AsView(resource_)));
  assert(key_ != nullptr);
}

void EnvelopeSigner::StartGeneration() {
  if (generation_started_) return;
  ++head_.generation;
  generation_started_ = true;
}

std::string EnvelopeSigner::Seal(v1::EnvelopeHeader header,
                                 const EncodedBatch& payload) {
  const bool is_batch = header.kind() == v1::MESSAGE_KIND_BATCH;
  const bool begins = header.kind() == v1::MESSAGE_KIND_BASELINE_BEGIN;
  assert(is_batch || begins || header.kind() == v1::MESSAGE_KIND_BASELINE_END);
  assert(is_batch == (payload.size != 0));
  assert(payload.size <= kBatchBytesMax);
  assert(head_.sequence == 0 || begins == generation_started_);
  if (!is_batch) {
    header.clear_schema_version();
    header.clear_row_count();
  }
  head_.generation = std::max<uint64_t>(head_.generation, 1);
  generation_started_ = false;

  header.set_resource(resource_);
  header.set_partition(partition_);
  header.set_generation(head_.generation);
  header.set_sequence(++head_.sequence);
  header.set_previous_digest(head_.digest.data(), head_.digest.size());
  const crypto::Digest payload_digest = DigestOf(payload);
  header.set_payload_digest(payload_digest.data(), payload_digest.size());
  header.set_key_id(key_->id());
  header.set_sealing_suite(v1::SEALING_SUITE_NONE);
  header.set_compression(v1::COMPRESSION_NONE);
  const std::string header_bytes = header.SerializeAsString();
  assert(header_bytes.size() <= kHeaderBytesMax);
  head_.digest = crypto::Sha256(AsView(header_bytes));

  std::string message;
  message.reserve(header_bytes.size() + crypto::kSignatureBytes + payload.size +
                  16);
  AppendBytesField(v1::Envelope::kHeaderFieldNumber, AsView(header_bytes),
                   &message);
  AppendBytesField(
      v1::Envelope::kSignatureFieldNumber,
      AsView(key_->Sign(crypto::kEnvelopeDomain, AsView(header_bytes))),
      &message);
  if (is_batch) {
    AppendBodyPrefix(payload.size, &message);
    for (const SharedBytes& slice : payload.slices) {
      message.append(slice.data(), slice.size());
    }
  }
  return message;
}

absl::StatusOr<OpenedEnvelope> OpenEnvelope(const SharedBytes& message) {
  OpenedEnvelope envelope;
  RETURN_IF_ERROR(SplitEnvelope(message, &envelope));
  RETURN_IF_ERROR(CheckSizes(envelope));
  const absl::string_view bytes = envelope.header_bytes.view();
  RETURN_IF_ERROR(CheckHeaderWire(bytes));
  if (!envelope.header.ParseFromArray(bytes.data(),
                                      static_cast<int>(bytes.size()))) {
    return Malformed("its header is no EnvelopeHeader");
  }
  RETURN_IF_ERROR(CheckHeader(envelope.header, envelope.body.size()));
  envelope.header_digest = crypto::Sha256(bytes);
  return envelope;
}

absl::Status VerifyEnvelope(const OpenedEnvelope& envelope,
                            const crypto::PublicKey& key) {
  const v1::EnvelopeHeader& header = envelope.header;
  const auto name = [&header] {
    return absl::StrCat("records message ", header.sequence(), " of ",
                        header.resource(), " partition ", header.partition(),
                        " refused: ");
  };
  if (key.id() != header.key_id()) {
    return Error(status::v1::REASON_CODE_SIGNATURE_INVALID,
                 absl::StrCat(name(), "it names signing key ", header.key_id(),
                              " but was checked with ", key.id(),
                              "; check which key the registry has for it"));
  }
  if (!key.Verify(crypto::kEnvelopeDomain, envelope.header_bytes.view(),
                  envelope.signature.view())) {
    return Error(status::v1::REASON_CODE_SIGNATURE_INVALID,
                 absl::StrCat(name(), "its signature is not of key ", key.id(),
                              "; find out who wrote it"));
  }
  const crypto::Digest digest = crypto::Sha256(envelope.body.view());
  if (crypto::DigestView(digest) != AsView(header.payload_digest())) {
    return Error(status::v1::REASON_CODE_CORRUPT,
                 absl::StrCat(name(),
                              "its body is not the one that was signed; check "
                              "the bus, and read it from another replica"));
  }
  return absl::OkStatus();
}

absl::Status CheckLink(const OpenedEnvelope& envelope,
                       absl::string_view resource, uint32_t partition,
                       const ChainHead& head) {
  const v1::EnvelopeHeader& header = envelope.header;
  if (AsView(header.resource()) != resource ||
      header.partition() != partition) {
    return ChainBroken(header, absl::StrCat("it is foreign to ", resource,
                                            " partition ", partition));
  }
  if (header.sequence() <= head.sequence) {
    return ChainBroken(
        header, absl::StrCat("it is replayed or out of order: the chain has "
                             "come to ",
                             head.sequence, " already"));
  }
  if (header.sequence() - head.sequence > 1) {
    return ChainBroken(header,
                       absl::StrCat("there is a gap: the message before it is ",
                                    head.sequence));
  }
  if (AsView(header.previous_digest()) != crypto::DigestView(head.digest)) {
    return ChainBroken(header,
                       "it follows another history: its previous digest is not "
                       "that of the message before it");
  }
  const absl::string_view fault = GenerationFault(header, head);
  if (!fault.empty()) return ChainBroken(header, fault);
  return absl::OkStatus();
}

ChainHead HeadAfter(const OpenedEnvelope& envelope) {
  return ChainHead{envelope.header.generation(), envelope.header.sequence(),
                   envelope.header_digest};
}

}  // namespace sluice::records
