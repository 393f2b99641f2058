// A signed checkpoint with the key that signed it: what an auditor keeps
// between two verifications, and what the trust in it rests on.
#ifndef SLUICE_TOOLS_AUDIT_QUERY_CHECKPOINT_FILE_H_
#define SLUICE_TOOLS_AUDIT_QUERY_CHECKPOINT_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/audit/checkpoint.h"

namespace sluice::audit_query {

struct SignedCheckpoint {
  audit::Checkpoint checkpoint;
  audit::NoteVerifier verifier;
  // As the broker sent them: C2SP verifier key and signed note.
  std::string verifier_key;
  std::string note;
};

// MALFORMED or SIGNATURE_INVALID unless `note` is a checkpoint signed by the
// key in `verifier_key`.
absl::StatusOr<SignedCheckpoint> CheckSignature(absl::string_view verifier_key,
                                                absl::string_view note);

// The file's first line is the verifier key, the rest the note. NOT_FOUND, or
// as CheckSignature.
absl::StatusOr<SignedCheckpoint> ReadCheckpointFile(const std::string& path);

// Replaces the file whole.
absl::Status WriteCheckpointFile(const std::string& path,
                                 const SignedCheckpoint& checkpoint);

}  // namespace sluice::audit_query

#endif  // SLUICE_TOOLS_AUDIT_QUERY_CHECKPOINT_FILE_H_
