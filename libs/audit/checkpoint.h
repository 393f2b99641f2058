// Signed checkpoints in the formats of C2SP: signed-note and tlog-checkpoint.
// Any tool that speaks them can check ours.
#ifndef SLUICE_LIBS_AUDIT_CHECKPOINT_H_
#define SLUICE_LIBS_AUDIT_CHECKPOINT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/audit/merkle.h"
#include "libs/crypto/ed25519.h"

namespace sluice::audit {

// "At `size` entries the tree of `origin` had root `root`."
struct Checkpoint {
  // Also the name of the signing key: `<trust domain>/<department>/<broker
  // instance>`; see CheckOrigin.
  std::string origin;
  uint64_t size = 0;
  Digest root = {};
};

// MALFORMED unless `origin` has 1 to 255 characters, all visible ASCII and none
// a plus sign: what a signed note's key name can be without doubt about its
// bytes.
absl::Status CheckOrigin(absl::string_view origin);

// The note: origin, size, base64 root, empty line, one signature line. The
// origin must have passed CheckOrigin.
std::string SignCheckpoint(const Checkpoint& checkpoint,
                           const crypto::SigningKey& key);

// First 4 bytes of SHA-256(name || 0x0A || 0x01 || public key), which tell
// signature lines apart.
std::string NoteKeyId(absl::string_view name, const crypto::PublicKey& key);

// `<name>+<8 hex digits of the key id>+<base64 of 0x01 || public key>`.
std::string VerifierKey(absl::string_view name, const crypto::PublicKey& key);

// A verifier key taken apart. MALFORMED if it is none or its key id is wrong.
struct NoteVerifier {
  std::string name;
  crypto::PublicKey key;
};
absl::StatusOr<NoteVerifier> ParseVerifierKey(absl::string_view text);

// The checkpoint in `note`, if `verifier` signed it and its origin is the
// verifier's name. Signatures of others (witnesses) and extension lines behind
// the root are passed over. MALFORMED for what is no checkpoint or has another
// origin; SIGNATURE_INVALID if the verifier's signature is missing or wrong.
absl::StatusOr<Checkpoint> VerifyCheckpoint(absl::string_view note,
                                            const NoteVerifier& verifier);

}  // namespace sluice::audit

#endif  // SLUICE_LIBS_AUDIT_CHECKPOINT_H_
