// How far the log is applied, and the running digest of all that came of it.
#ifndef SLUICE_LIBS_REGISTRY_PROGRESS_H_
#define SLUICE_LIBS_REGISTRY_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/crypto/sha256.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::registry {

struct Progress {
  // Last message applied, of whatever kind; -1 before the first.
  int64_t offset = -1;
  // Of the last command; never falls. Other messages do not move it: compaction
  // takes them away, and verdicts must not depend on them.
  absl::Time log_time = absl::UnixEpoch();
  // Last command, accepted or refused, and the SHA-256 of its signed bytes.
  int64_t command_offset = -1;
  crypto::Digest command_digest = {};
  crypto::Digest state_digest = {};
  uint64_t accepted_count = 0;
  uint64_t refused_count = 0;
  // Messages that are neither command nor notice.
  uint64_t foreign_count = 0;
};

// Progress behind a message that is no command: the state digest stays.
Progress AfterForeignMessage(const Progress& before, int64_t offset);
Progress AfterNotice(const Progress& before, int64_t offset);

// Progress behind a command.
Progress AfterCommand(const Progress& before, int64_t offset, absl::Time time,
                      const crypto::Digest& command_digest,
                      const v1::Verdict& verdict);

// As stored in the state folder.
std::string SerializeProgress(const Progress& progress);

// CORRUPT.
absl::StatusOr<Progress> ParseProgress(absl::string_view bytes);

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_PROGRESS_H_
