#include "libs/records/envelope.h"

#include <catch2/catch.hpp>
#include <functional>
#include <random>

#include "libs/base/status.h"
#include "libs/records/batch_oracle.h"

namespace sluice::records {
namespace {

using status::v1::REASON_CODE_CHAIN_BROKEN;
using status::v1::REASON_CODE_CORRUPT;
using status::v1::REASON_CODE_MALFORMED;
using status::v1::REASON_CODE_SIGNATURE_INVALID;

constexpr char kResource[] = "health.patients";

const crypto::SigningKey& TestKey() {
  static const auto* const key =
      new crypto::SigningKey(crypto::SigningKey::Generate());
  return *key;
}

EncodedBatch TestPayload() {
  std::mt19937_64 random(1);
  return EncodeBatch(BuildBatch(RandomPlainBatch(&random, 50))).value();
}

v1::EnvelopeHeader HeaderOf(v1::MessageKind kind) {
  v1::EnvelopeHeader header;
  header.set_kind(kind);
  if (kind == v1::MESSAGE_KIND_BATCH) {
    header.set_schema_version(1);
    header.set_row_count(50);
  }
  header.set_registry_offset(17);
  header.mutable_published_at()->set_seconds(1'700'000'000);
  return header;
}

EnvelopeSigner TestSigner(ChainHead head = {}) {
  return EnvelopeSigner(kResource, 3, &TestKey(), head);
}

std::string SealBatch(EnvelopeSigner* signer) {
  return signer->Seal(HeaderOf(v1::MESSAGE_KIND_BATCH), TestPayload());
}

std::string SealMarker(EnvelopeSigner* signer, v1::MessageKind kind) {
  return signer->Seal(HeaderOf(kind), EncodedBatch());
}

absl::StatusOr<OpenedEnvelope> Open(const std::string& message) {
  return OpenEnvelope(SharedBytes::Own(message));
}

// A message with a changed header, signed as if it were right.
std::string Forge(const std::function<void(v1::EnvelopeHeader*)>& change) {
  EnvelopeSigner signer = TestSigner();
  v1::Envelope envelope;
  REQUIRE(envelope.ParseFromString(SealBatch(&signer)));
  v1::EnvelopeHeader header;
  REQUIRE(header.ParseFromString(envelope.header()));
  change(&header);
  envelope.set_header(header.SerializeAsString());
  envelope.set_signature(
      TestKey().Sign(crypto::kEnvelopeDomain, AsView(envelope.header())));
  return envelope.SerializeAsString();
}

void CheckSays(const absl::Status& status, ReasonCode reason,
               const std::string& words) {
  CAPTURE(status.ToString(), words);
  CHECK(ReasonOf(status) == reason);
  CHECK(std::string(status.message()).find(words) != std::string::npos);
}

TEST_CASE("A sealed batch opens, verifies and holds what was sealed") {
  EnvelopeSigner signer = TestSigner();
  const SharedBytes message = SharedBytes::Own(SealBatch(&signer));
  const auto opened = OpenEnvelope(message);
  REQUIRE(opened.ok());
  CHECK(opened->header.resource() == kResource);
  CHECK(opened->header.partition() == 3);
  CHECK(opened->header.generation() == 1);
  CHECK(opened->header.sequence() == 1);
  CHECK(opened->header.previous_digest() == std::string(32, '\0'));
  CHECK(opened->header.key_id() == TestKey().id());
  CHECK(opened->header.registry_offset() == 17);
  CHECK(opened->header.row_count() == 50);
  CHECK(opened->header.sealing_suite() == v1::SEALING_SUITE_NONE);
  CHECK(opened->header.compression() == v1::COMPRESSION_NONE);
  CHECK(std::string(opened->body.view()) == TestPayload().Flatten());
  // A part of the message, not a copy.
  CHECK(opened->body.data() >= message.data());
  CHECK(opened->body.data() < message.data() + message.size());
  CHECK(VerifyEnvelope(*opened, TestKey().public_key()).ok());
  CHECK(CheckLink(*opened, kResource, 3, ChainHead()).ok());
  CHECK(ParseBatch(opened->body).ok());
}

TEST_CASE("A sealed message has the bytes that the generated class writes") {
  EnvelopeSigner signer = TestSigner();
  for (const std::string& message :
       {SealBatch(&signer),
        SealMarker(&signer, v1::MESSAGE_KIND_BASELINE_END)}) {
    v1::Envelope envelope;
    REQUIRE(envelope.ParseFromString(message));
    CHECK(envelope.SerializeAsString() == message);
  }
}

TEST_CASE("The signature covers the domain separator and the header's bytes") {
  EnvelopeSigner signer = TestSigner();
  const auto opened = Open(SealBatch(&signer));
  REQUIRE(opened.ok());
  const std::string header(opened->header_bytes.view());
  const auto verifies = [&](const std::string& domain) {
    return TestKey().public_key().Verify(AsView(domain), AsView(header),
                                         opened->signature.view());
  };
  CHECK(verifies("sluice/envelope/v1\n"));
  CHECK_FALSE(verifies("sluice/command/v1\n"));
  CHECK_FALSE(verifies(""));
}

TEST_CASE("A marker has no rows and the digest of nothing") {
  EnvelopeSigner signer = TestSigner();
  signer.StartGeneration();
  v1::EnvelopeHeader header = HeaderOf(v1::MESSAGE_KIND_BASELINE_BEGIN);
  header.set_row_count(7);
  header.set_schema_version(7);
  const auto opened = Open(signer.Seal(header, EncodedBatch()));
  REQUIRE(opened.ok());
  CHECK(opened->header.row_count() == 0);
  CHECK(opened->header.schema_version() == 0);
  CHECK(opened->body.empty());
  CHECK(opened->header.payload_digest() ==
        std::string(crypto::DigestView(crypto::Sha256(""))));
  CHECK(VerifyEnvelope(*opened, TestKey().public_key()).ok());
}

TEST_CASE("A chain of batches and baselines holds link by link") {
  EnvelopeSigner signer = TestSigner();
  std::vector<std::string> messages;
  const auto baseline = [&] {
    signer.StartGeneration();
    signer.StartGeneration();  // twice is once
    messages.push_back(SealMarker(&signer, v1::MESSAGE_KIND_BASELINE_BEGIN));
    messages.push_back(SealBatch(&signer));
    messages.push_back(SealMarker(&signer, v1::MESSAGE_KIND_BASELINE_END));
  };
  baseline();
  messages.push_back(SealBatch(&signer));
  baseline();
  // A baseline that was broken off, and one more after it.
  signer.StartGeneration();
  messages.push_back(SealMarker(&signer, v1::MESSAGE_KIND_BASELINE_BEGIN));
  baseline();

  ChainHead head;
  for (const std::string& message : messages) {
    const auto opened = Open(message);
    REQUIRE(opened.ok());
    REQUIRE(VerifyEnvelope(*opened, TestKey().public_key()).ok());
    const absl::Status link = CheckLink(*opened, kResource, 3, head);
    CAPTURE(link.ToString());
    REQUIRE(link.ok());
    const ChainHead next = HeadAfter(*opened);
    CHECK(next.sequence == head.sequence + 1);
    CHECK(next.digest == crypto::Sha256(opened->header_bytes.view()));
    head = next;
  }
  CHECK(head.generation == 4);
  CHECK(head.sequence == messages.size());
  CHECK(head.digest == signer.head().digest);
  CHECK(head.generation == signer.head().generation);
  CHECK(head.sequence == signer.head().sequence);
}

TEST_CASE("A signer made from the last message goes on with the chain") {
  EnvelopeSigner first = TestSigner();
  SealBatch(&first);
  EnvelopeSigner second = TestSigner(first.head());
  const auto opened = Open(SealBatch(&second));
  REQUIRE(opened.ok());
  CHECK(CheckLink(*opened, kResource, 3, first.head()).ok());
}

TEST_CASE("A broken chain says how it is broken") {
  EnvelopeSigner signer = TestSigner();
  const auto first = Open(SealBatch(&signer));
  const ChainHead after_first = signer.head();
  const auto second = Open(SealBatch(&signer));
  const ChainHead after_second = signer.head();
  const auto third = Open(SealBatch(&signer));
  REQUIRE((first.ok() && second.ok() && third.ok()));

  const auto check = [](const OpenedEnvelope& envelope, const ChainHead& head,
                        const std::string& words) {
    CheckSays(CheckLink(envelope, kResource, 3, head), REASON_CODE_CHAIN_BROKEN,
              words);
  };
  check(*first, after_first, "replayed");
  check(*first, after_second, "replayed");
  check(*third, after_first, "gap");
  check(*second, ChainHead(), "gap");
  CheckSays(CheckLink(*second, "health.doctors", 3, after_first),
            REASON_CODE_CHAIN_BROKEN, "foreign");
  CheckSays(CheckLink(*second, kResource, 4, after_first),
            REASON_CODE_CHAIN_BROKEN, "foreign");
  ChainHead other = after_first;
  other.digest[0] ^= 1;
  check(*second, other, "another history");
  other = after_first;
  other.generation = 2;
  check(*second, other, "below");
}

TEST_CASE(
    "A generation grows by one, at the start of a baseline and only there") {
  const ChainHead head{5, 9, crypto::Sha256("x")};
  const auto link = [&head](v1::MessageKind kind, uint64_t generation) {
    OpenedEnvelope envelope;
    envelope.header = HeaderOf(kind);
    envelope.header.set_resource(kResource);
    envelope.header.set_partition(3);
    envelope.header.set_sequence(10);
    envelope.header.set_generation(generation);
    envelope.header.set_previous_digest(
        std::string(crypto::DigestView(head.digest)));
    return CheckLink(envelope, kResource, 3, head);
  };
  CHECK(link(v1::MESSAGE_KIND_BATCH, 5).ok());
  CHECK(link(v1::MESSAGE_KIND_BASELINE_END, 5).ok());
  CHECK(link(v1::MESSAGE_KIND_BASELINE_BEGIN, 6).ok());
  CheckSays(link(v1::MESSAGE_KIND_BATCH, 4), REASON_CODE_CHAIN_BROKEN, "below");
  CheckSays(link(v1::MESSAGE_KIND_BATCH, 6), REASON_CODE_CHAIN_BROKEN,
            "without the start of a baseline");
  CheckSays(link(v1::MESSAGE_KIND_BASELINE_END, 6), REASON_CODE_CHAIN_BROKEN,
            "without the start of a baseline");
  CheckSays(link(v1::MESSAGE_KIND_BASELINE_BEGIN, 5), REASON_CODE_CHAIN_BROKEN,
            "without a new generation");
  CheckSays(link(v1::MESSAGE_KIND_BASELINE_BEGIN, 7), REASON_CODE_CHAIN_BROKEN,
            "more than 1");
  CheckSays(link(v1::MESSAGE_KIND_BASELINE_BEGIN, UINT64_MAX),
            REASON_CODE_CHAIN_BROKEN, "more than 1");
}

TEST_CASE("A chain starts with generation 1") {
  const auto opened = Open(
      Forge([](v1::EnvelopeHeader* header) { header->set_generation(2); }));
  REQUIRE(opened.ok());
  CheckSays(CheckLink(*opened, kResource, 3, ChainHead()),
            REASON_CODE_CHAIN_BROKEN, "not of generation 1");
}

TEST_CASE("A header outside its bounds is malformed") {
  using Header = v1::EnvelopeHeader;
  const struct {
    const char* words;
    std::function<void(Header*)> change;
  } cases[] = {
      {"resource", [](Header* h) { h->clear_resource(); }},
      {"resource", [](Header* h) { h->set_resource("Health"); }},
      {"generation is 0", [](Header* h) { h->clear_generation(); }},
      {"sequence is 0", [](Header* h) { h->clear_sequence(); }},
      {"digest is not 32", [](Header* h) { h->clear_previous_digest(); }},
      {"digest is not 32",
       [](Header* h) { h->set_payload_digest(std::string(33, 'x')); }},
      {"zero at sequence 1",
       [](Header* h) { h->set_previous_digest(std::string(32, 'x')); }},
      {"zero at sequence 1", [](Header* h) { h->set_sequence(2); }},
      {"key_id", [](Header* h) { h->clear_key_id(); }},
      {"key_id", [](Header* h) { h->set_key_id("0123456789ABCDEF"); }},
      {"key_id", [](Header* h) { h->set_key_id("0123456789abcde"); }},
      {"kind", [](Header* h) { h->clear_kind(); }},
      {"kind", [](Header* h) { h->set_kind(static_cast<v1::MessageKind>(9)); }},
      {"sealing suite 0", [](Header* h) { h->clear_sealing_suite(); }},
      {"sealing suite 2",
       [](Header* h) {
         h->set_sealing_suite(static_cast<v1::SealingSuite>(2));
       }},
      {"compression 0", [](Header* h) { h->clear_compression(); }},
      {"compression 2",
       [](Header* h) { h->set_compression(static_cast<v1::Compression>(2)); }},
      {"schema_version", [](Header* h) { h->clear_schema_version(); }},
      {"row_count", [](Header* h) { h->clear_row_count(); }},
      {"row_count", [](Header* h) { h->set_row_count(kBatchRowsMax + 1); }},
      {"published_at",
       [](Header* h) { h->mutable_published_at()->set_nanos(-1); }},
      {"published_at",
       [](Header* h) { h->mutable_published_at()->set_seconds(INT64_MAX); }},
      {"marker",
       [](Header* h) { h->set_kind(v1::MESSAGE_KIND_BASELINE_BEGIN); }},
      {"not known",
       [](Header* h) {
         h->GetReflection()->MutableUnknownFields(h)->AddVarint(15, 1);
       }},
      {"twice",
       [](Header* h) {
         h->GetReflection()->MutableUnknownFields(h)->AddVarint(2, 1);
       }},
  };
  REQUIRE(Open(Forge([](Header*) {})).ok());
  for (const auto& bad : cases) {
    CheckSays(Open(Forge(bad.change)).status(), REASON_CODE_MALFORMED,
              bad.words);
  }
}

TEST_CASE("Bytes that are no envelope are malformed") {
  EnvelopeSigner signer = TestSigner();
  const std::string good = SealBatch(&signer);
  const struct {
    const char* words;
    std::string message;
  } cases[] = {
      {"no header", ""},
      {"no message", good.substr(0, good.size() - 1)},
      {"body is not its last field", good + std::string("\x08\x01", 2)},
      {"not known", std::string("\x1A\x00", 2) + good},
      {"not known", std::string("\x08\x01", 2) + good},
      {"twice", std::string("\x0A\x00", 2) + good},
  };
  for (const auto& bad : cases) {
    CheckSays(Open(bad.message).status(), REASON_CODE_MALFORMED, bad.words);
  }

  const auto edited = [&good](const std::function<void(v1::Envelope*)>& edit) {
    v1::Envelope envelope;
    REQUIRE(envelope.ParseFromString(good));
    edit(&envelope);
    return Open(envelope.SerializeAsString()).status();
  };
  CheckSays(edited([](auto* e) { e->clear_header(); }), REASON_CODE_MALFORMED,
            "no header");
  CheckSays(edited([](auto* e) { e->set_header(std::string(4097, 'x')); }),
            REASON_CODE_MALFORMED, "4096");
  CheckSays(edited([](auto* e) { e->set_header("\xFF"); }),
            REASON_CODE_MALFORMED, "header is no message");
  CheckSays(edited([](auto* e) { e->clear_signature(); }),
            REASON_CODE_MALFORMED, "64 bytes");
  CheckSays(edited([](auto* e) { e->clear_body(); }), REASON_CODE_MALFORMED,
            "no body");
  CheckSays(edited([](auto* e) {
              e->set_body(std::string(kBatchBytesMax + 1, 'x'));
            }),
            REASON_CODE_MALFORMED, "900000");
}

TEST_CASE("Any changed bit is malformed, wrongly signed or corrupt") {
  EnvelopeSigner signer = TestSigner();
  std::mt19937_64 random(2);
  const EncodedBatch payload =
      EncodeBatch(BuildBatch(RandomPlainBatch(&random, 1))).value();
  v1::EnvelopeHeader header = HeaderOf(v1::MESSAGE_KIND_BATCH);
  header.set_row_count(1);
  const std::string good = signer.Seal(header, payload);
  const size_t body_begin = good.size() - payload.size;
  for (size_t at = 0; at < good.size(); ++at) {
    // Every bit of what stands before the body, one of each byte behind.
    for (int bit = 0; bit < (at < body_begin ? 8 : 1); ++bit) {
      std::string message = good;
      message[at] = static_cast<char>(message[at] ^ (1 << bit));
      const auto opened = Open(message);
      CAPTURE(at, bit);
      if (!opened.ok()) {
        REQUIRE(ReasonOf(opened.status()) == REASON_CODE_MALFORMED);
        continue;
      }
      const absl::Status status =
          VerifyEnvelope(*opened, TestKey().public_key());
      REQUIRE(ReasonOf(status) == (at < body_begin
                                       ? REASON_CODE_SIGNATURE_INVALID
                                       : REASON_CODE_CORRUPT));
    }
  }
}

TEST_CASE("A message is not verified with another key") {
  EnvelopeSigner signer = TestSigner();
  const auto opened = Open(SealBatch(&signer));
  REQUIRE(opened.ok());
  const crypto::SigningKey other = crypto::SigningKey::Generate();
  CheckSays(VerifyEnvelope(*opened, other.public_key()),
            REASON_CODE_SIGNATURE_INVALID, other.id());

  // One that names the other key but is signed with the first.
  const auto forged = Open(Forge([&other](v1::EnvelopeHeader* header) {
    header->set_key_id(other.id());
  }));
  REQUIRE(forged.ok());
  CheckSays(VerifyEnvelope(*forged, other.public_key()),
            REASON_CODE_SIGNATURE_INVALID, "signature is not of key");
}

TEST_CASE("A message of one chain cannot stand in another") {
  EnvelopeSigner signer(kResource, 4, &TestKey(), ChainHead());
  const auto opened = Open(SealBatch(&signer));
  REQUIRE(opened.ok());
  REQUIRE(VerifyEnvelope(*opened, TestKey().public_key()).ok());
  CheckSays(CheckLink(*opened, kResource, 3, ChainHead()),
            REASON_CODE_CHAIN_BROKEN, "foreign");
}

}  // namespace
}  // namespace sluice::records
