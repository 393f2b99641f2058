// Signed checkpoints in the formats of C2SP: signed-note and tlog-checkpoint. Any
// tool that speaks them can check ours.
#ifndef SLUICE_LIBS_AUDIT_CHECKPOINT_H_
#define SLUICE_LIBS_AUDIT_CHECKPOINT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/audit/merkle.h"
#include "libs/crypto/ed25519.h"

namespace sluice::audit {

// "At `size` entries the tree of `origin` had root `root`."
struct Checkpoint {
  // Also the name of the signing key: `<trust domain>/<department>/<broker instance>`,
  // no spaces, plus signs or control characters.
  std::string origin;
  uint64_t size = 0;
  Digest root = {};
};

// The note: origin, size, base64 root, empty line, one signature line.
std::string SignCheckpoint(const Checkpoint& checkpoint,
                           const crypto::SigningKey& key);

// `<name>+<8 hex digits of the key id>+<base64 of 0x01 || public key>`.
std::string VerifierKey(absl::string_view name, const crypto::PublicKey& key);

// A verifier key taken apart. MALFORMED if it is none or its key id is wrong.
struct NoteVerifier {
  std::string name;
  crypto::PublicKey key;
};
absl::StatusOr<NoteVerifier> ParseVerifierKey(absl::string_view text);

// The checkpoint in `note`, if `verifier` signed it and its origin is the verifier's
// name. Signatures of others (witnesses) are passed over. MALFORMED or
// SIGNATURE_INVALID otherwise.
absl::StatusOr<Checkpoint> VerifyCheckpoint(absl::string_view note,
                                            const NoteVerifier& verifier);

}  // namespace sluice::audit

#endif  // SLUICE_LIBS_AUDIT_CHECKPOINT_H_
