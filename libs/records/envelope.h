// The message on a records topic: a signed header and a body, one link of the
// partition's chain. Byte layout: docs/formats/envelope.md.
#ifndef SLUICE_LIBS_RECORDS_ENVELOPE_H_
#define SLUICE_LIBS_RECORDS_ENVELOPE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/shared_bytes.h"
#include "libs/crypto/ed25519.h"
#include "libs/crypto/sha256.h"
#include "libs/records/batch.h"
#include "sluice/records/v1/envelope.pb.h"

namespace sluice::records {

// Largest serialized header.
inline constexpr size_t kHeaderBytesMax = 4096;

// Where a partition's chain has come to. The first message follows {0, zeroes}.
struct ChainHead {
  uint64_t generation = 0;
  uint64_t sequence = 0;
  crypto::Digest digest = {};
};

// Makes the messages of one partition's chain. Not thread-safe.
class EnvelopeSigner {
 public:
  // `key` must outlive this object. `head` is the last message in the
  // partition; `resource` is a resource's id (asserted).
  EnvelopeSigner(std::string resource, uint32_t partition,
                 const crypto::SigningKey* key, ChainHead head);

  // The message behind head(), which moves on. `header` fields that the chain
  // sets (resource, partition, generation, sequence, digests, key id, suites)
  // are overwritten; the caller sets kind, schema_version, row_count,
  // registry_offset and published_at. A BATCH has a payload and a marker has
  // none (asserted); a marker's schema_version and row_count are set to 0. A
  // chain's first message is of generation 1 at least.
  //
  // If the message does not get onto the bus, this object is of no more use:
  // make another from the partition's last message.
  std::string Seal(v1::EnvelopeHeader header, const EncodedBatch& payload);

  // The following messages belong to the next generation. The next one sealed
  // must be its BASELINE_BEGIN, and a BASELINE_BEGIN must follow this
  // (asserted); the first message of a chain may be of any kind and need not
  // follow this. Calling it twice before a message changes nothing more.
  void StartGeneration();

  const ChainHead& head() const { return head_; }

 private:
  const std::string resource_;
  const uint32_t partition_;
  const crypto::SigningKey* const key_;
  ChainHead head_;
  bool generation_started_ = false;
};

// A message taken apart; nothing is verified yet.
struct OpenedEnvelope {
  v1::EnvelopeHeader header;
  crypto::Digest header_digest;
  // Parts of the message, which stays alive with them.
  SharedBytes header_bytes;
  SharedBytes signature;
  SharedBytes body;
};

// MALFORMED if the bytes are no envelope, a field is unknown, missing or
// outside its bounds, or a suite is not NONE. Copies no body.
absl::StatusOr<OpenedEnvelope> OpenEnvelope(const SharedBytes& message);

// Checks signature and payload digest. SIGNATURE_INVALID, also if the header
// names another key; CORRUPT if the body is not what was signed. Whether `key`
// may publish this is the registry's to say.
absl::Status VerifyEnvelope(const OpenedEnvelope& envelope,
                            const crypto::PublicKey& key);

// Checks that `envelope` stands right behind `head` in the chain of (resource,
// partition). CHAIN_BROKEN saying how: foreign, replayed, gap, another history,
// generation falls, or generation grows other than by 1 at a BASELINE_BEGIN.
// Says nothing unless the envelope is verified too.
absl::Status CheckLink(const OpenedEnvelope& envelope,
                       absl::string_view resource, uint32_t partition,
                       const ChainHead& head);

// Where the chain stands after `envelope`.
ChainHead HeadAfter(const OpenedEnvelope& envelope);

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_ENVELOPE_H_
