// audit-query verify.
#include <unistd.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/audit/trail_verifier.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/cli/progress_bar.h"
#include "libs/client/connect.h"
#include "tools/audit_query/checkpoint_file.h"
#include "tools/audit_query/subcommands.h"
#include "tools/audit_query/trail.h"

namespace sluice::audit_query {
namespace {

using cli::Cell;

// What was remembered at `path`; nothing if the file is not there yet.
absl::StatusOr<std::optional<SignedCheckpoint>> ReadRemembered(
    const std::string& path) {
  if (path.empty()) return std::optional<SignedCheckpoint>();
  auto remembered = ReadCheckpointFile(path);
  if (remembered.ok()) {
    return std::optional<SignedCheckpoint>(*std::move(remembered));
  }
  if (ReasonOf(remembered.status()) == status::v1::REASON_CODE_NOT_FOUND) {
    return std::optional<SignedCheckpoint>();
  }
  return remembered.status();
}

// Reads exactly what the checkpoint covers: the trail grows meanwhile, by the
// very calls that read it.
absl::Status VerifyEntries(client::Connection* connection,
                           const audit::Checkpoint& checkpoint,
                           std::optional<audit::Checkpoint> earlier) {
  audit::TrailVerifier verifier(std::move(earlier));
  cli::ProgressBar progress("entries", checkpoint.size,
                            cli::DetectTerminal(STDERR_FILENO), &std::cerr);
  const absl::Status read = ReadEntries(connection, 0, checkpoint.size,
                                        [&](const std::string& entry) {
                                          progress.Update(verifier.entries());
                                          return verifier.Add(AsView(entry));
                                        });
  progress.Clear();
  RETURN_IF_ERROR(read);
  return verifier.Check(checkpoint);
}

// Whether `status` says that something is wrong with the trail, and not that it
// could not be looked at.
bool IsEvidence(const absl::Status& status) {
  switch (ReasonOf(status)) {
    case status::v1::REASON_CODE_CORRUPT:
    case status::v1::REASON_CODE_KEY_REVOKED:
    case status::v1::REASON_CODE_MALFORMED:
    case status::v1::REASON_CODE_SIGNATURE_INVALID:
    case status::v1::REASON_CODE_UNKNOWN_KEY:
    case status::v1::REASON_CODE_WRONG_DEPARTMENT:
    case status::v1::REASON_CODE_WRONG_TRUST_DOMAIN:
      return true;
    default:
      return false;
  }
}

absl::Status VerifyTrail(client::Connection* connection,
                         const SignedCheckpoint& current,
                         const std::optional<SignedCheckpoint>& remembered) {
  RETURN_IF_ERROR(CheckTrailKey(connection, current.verifier));
  std::optional<audit::Checkpoint> earlier;
  if (remembered.has_value()) {
    // A key that was revoked since may have signed anything.
    RETURN_IF_ERROR(Annotate(CheckTrailKey(connection, remembered->verifier),
                             "the remembered checkpoint"));
    earlier = remembered->checkpoint;
  }
  return VerifyEntries(connection, current.checkpoint, std::move(earlier));
}

absl::Status PrintVerdict(const cli::Invocation& invocation,
                          const SignedCheckpoint& current,
                          const std::optional<SignedCheckpoint>& remembered,
                          absl::Duration took) {
  const audit::Checkpoint& checkpoint = current.checkpoint;
  if (invocation.output == cli::OutputFormat::kTable) {
    std::cout << cli::Styled(invocation.terminal, cli::Style::kGreen,
                             "GOOD: the trail is whole and unchanged.")
              << '\n';
  }
  return cli::PrintFacts(
      invocation,
      {{"verdict", Cell::Text("good")},
       {"origin", Cell::Text(AsView(checkpoint.origin))},
       {"entries", Cell::Number(checkpoint.size)},
       {"root",
        Cell::Text(AsView(Base64Encode(crypto::DigestView(checkpoint.root))))},
       {"signed_by_key", Cell::Text(AsView(current.verifier.key.id()))},
       {"extends_entries", remembered.has_value()
                               ? Cell::Number(remembered->checkpoint.size)
                               : Cell()},
       {"took", Cell::Text(AsView(cli::ShortDuration(took)))}});
}

absl::Status Verify(const cli::Invocation& invocation,
                    const std::string& checkpoint_file) {
  const absl::Time start = absl::Now();
  ASSIGN_OR_RETURN(const std::optional<SignedCheckpoint> remembered,
                   ReadRemembered(checkpoint_file));
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  auto current = FetchCheckpoint(connection.get());
  const absl::Status verified =
      current.ok() ? VerifyTrail(connection.get(), *current, remembered)
                   : current.status();
  if (!verified.ok()) {
    return Annotate(verified,
                    IsEvidence(verified) ? "NOT GOOD" : "NOT VERIFIED");
  }
  if (!checkpoint_file.empty()) {
    RETURN_IF_ERROR(WriteCheckpointFile(checkpoint_file, *current));
  }
  return PrintVerdict(invocation, *current, remembered, absl::Now() - start);
}

}  // namespace

void AddVerifyCommand(CLI::App* app, cli::Invocation* invocation) {
  auto checkpoint_file = std::make_shared<std::string>();
  cli::AddCommand(
      app, "verify",
      "Read the whole trail and hold it against its signed checkpoint",
      "  audit-query verify\n"
      "  audit-query verify --checkpoint-file trail.checkpoint\n"
      "\n"
      "With a checkpoint file, the trail must also extend what was verified "
      "last\ntime; the file is replaced only when all is good.",
      invocation,
      [invocation, checkpoint_file] {
        return Verify(*invocation, *checkpoint_file);
      })
      ->add_option("--checkpoint-file", *checkpoint_file,
                   "Where to remember the checkpoint between runs")
      ->type_name("FILE");
}

}  // namespace sluice::audit_query
