#include "tools/audit_query/checkpoint_file.h"

#include "absl/strings/str_cat.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"

namespace sluice::audit_query {
namespace {

// Nothing in it is secret; an auditor's own may alone change it.
constexpr int kFileMode = 0644;

}  // namespace

absl::StatusOr<SignedCheckpoint> CheckSignature(absl::string_view verifier_key,
                                                absl::string_view note) {
  ASSIGN_OR_RETURN(audit::NoteVerifier verifier,
                   audit::ParseVerifierKey(verifier_key));
  ASSIGN_OR_RETURN(audit::Checkpoint checkpoint,
                   audit::VerifyCheckpoint(note, verifier));
  return SignedCheckpoint{std::move(checkpoint), std::move(verifier),
                          std::string(verifier_key), std::string(note)};
}

absl::StatusOr<SignedCheckpoint> ReadCheckpointFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const size_t line_end = text.find('\n');
  if (line_end == std::string::npos) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat(path,
                              " is no checkpoint file: name another, or "
                              "none to begin anew"));
  }
  auto checkpoint = CheckSignature(AsView(text).substr(0, line_end),
                                   AsView(text).substr(line_end + 1));
  if (!checkpoint.ok()) return Annotate(checkpoint.status(), AsView(path));
  return checkpoint;
}

absl::Status WriteCheckpointFile(const std::string& path,
                                 const SignedCheckpoint& checkpoint) {
  return WriteFileAtomically(
      path,
      AsView(absl::StrCat(checkpoint.verifier_key, "\n", checkpoint.note)),
      kFileMode);
}

}  // namespace sluice::audit_query
