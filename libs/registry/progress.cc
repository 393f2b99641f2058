#include "libs/registry/progress.h"

#include <algorithm>

#include "libs/base/endian.h"
#include "libs/base/status.h"

namespace sluice::registry {
namespace {

constexpr size_t kProgressBytes =
    6 * sizeof(uint64_t) + 2 * crypto::kDigestBytes;

void AppendDigest(const crypto::Digest& digest, std::string* to) {
  const absl::string_view view = crypto::DigestView(digest);
  to->append(view.data(), view.size());
}

}  // namespace

Progress AfterForeignMessage(const Progress& before, int64_t offset) {
  Progress after = AfterNotice(before, offset);
  ++after.foreign_count;
  return after;
}

Progress AfterNotice(const Progress& before, int64_t offset) {
  Progress after = before;
  after.offset = offset;
  return after;
}

Progress AfterCommand(const Progress& before, int64_t offset, absl::Time time,
                      const crypto::Digest& command_digest,
                      const v1::Verdict& verdict) {
  Progress after = before;
  after.offset = offset;
  after.log_time = std::max(before.log_time, time);
  after.command_offset = offset;
  after.command_digest = command_digest;
  ++(verdict.accepted() ? after.accepted_count : after.refused_count);

  // The message is left out: its wording may get better from one release to the
  // next, and that is no divergence.
  std::string input;
  AppendDigest(before.state_digest, &input);
  AppendBig64(static_cast<uint64_t>(offset), &input);
  AppendDigest(command_digest, &input);
  input.push_back(verdict.accepted() ? '\1' : '\0');
  AppendBig32(static_cast<uint32_t>(verdict.reason()), &input);
  after.state_digest = crypto::Sha256(absl::string_view(input));
  return after;
}

std::string SerializeProgress(const Progress& progress) {
  std::string bytes;
  AppendBig64(static_cast<uint64_t>(progress.offset), &bytes);
  AppendBig64(static_cast<uint64_t>(absl::ToUnixNanos(progress.log_time)),
              &bytes);
  AppendBig64(static_cast<uint64_t>(progress.command_offset), &bytes);
  AppendBig64(progress.accepted_count, &bytes);
  AppendBig64(progress.refused_count, &bytes);
  AppendBig64(progress.foreign_count, &bytes);
  AppendDigest(progress.command_digest, &bytes);
  AppendDigest(progress.state_digest, &bytes);
  return bytes;
}

absl::StatusOr<Progress> ParseProgress(absl::string_view bytes) {
  if (bytes.size() != kProgressBytes) {
    return Error(status::v1::REASON_CODE_CORRUPT,
                 "the row of progress has a wrong length");
  }
  const char* at = bytes.data();
  const auto next = [&at] {
    const uint64_t value = LoadBig64(at);
    at += sizeof(value);
    return value;
  };
  Progress progress;
  progress.offset = static_cast<int64_t>(next());
  progress.log_time = absl::FromUnixNanos(static_cast<int64_t>(next()));
  progress.command_offset = static_cast<int64_t>(next());
  progress.accepted_count = next();
  progress.refused_count = next();
  progress.foreign_count = next();
  progress.command_digest =
      crypto::DigestFrom(absl::string_view(at, crypto::kDigestBytes));
  progress.state_digest = crypto::DigestFrom(
      absl::string_view(at + crypto::kDigestBytes, crypto::kDigestBytes));
  return progress;
}

}  // namespace sluice::registry
