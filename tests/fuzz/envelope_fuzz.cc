// Bytes that may be a message of a records topic. Whatever they are:
// OpenEnvelope takes nothing that the generated classes read otherwise, and
// what it takes goes through the checks behind it.

#include <string>

#include "libs/crypto/sha256.h"
#include "libs/records/envelope.h"
#include "tests/fuzz/fuzz_target.h"

namespace sluice::fuzz {
namespace {

void CheckEnvelope(const std::string& bytes) {
  const auto opened = records::OpenEnvelope(SharedBytes::Own(bytes));
  if (!opened.ok()) return;
  records::v1::Envelope envelope;
  Require(envelope.ParseFromString(bytes), "what opens is no Envelope");
  Require(opened->header_bytes.view() == envelope.header() &&
              opened->signature.view() == envelope.signature() &&
              opened->body.view() == envelope.body(),
          "a part is not what the generated class reads");
  records::v1::EnvelopeHeader header;
  Require(header.ParseFromString(envelope.header()),
          "the header is no EnvelopeHeader");
  Require(header.SerializeAsString() == opened->header.SerializeAsString() &&
              header.GetReflection()->GetUnknownFields(header).empty(),
          "the header is not what the generated class reads");
  Require(opened->header_digest == crypto::Sha256(opened->header_bytes.view()),
          "the header's digest is not that of its bytes");

  static const crypto::SigningKey key = crypto::SigningKey::Generate();
  Require(!records::VerifyEnvelope(*opened, key.public_key()).ok(),
          "a signature holds that nobody made");
  const records::ChainHead head = records::HeadAfter(*opened);
  Require(!records::CheckLink(*opened, opened->header.resource(),
                              opened->header.partition(), head)
               .ok(),
          "a message stands behind itself");
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::fuzz::CheckEnvelope(
      std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
