#include "libs/audit/trail_verifier.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/audit/entry_size.h"
#include "libs/base/status.h"
#include "sluice/audit/v1/entry.pb.h"

namespace sluice::audit {
namespace {

absl::Status Corrupt(absl::string_view what) {
  return Error(status::v1::REASON_CODE_CORRUPT, what);
}

}  // namespace

TrailVerifier::TrailVerifier(std::optional<Checkpoint> earlier)
    : earlier_(std::move(earlier)) {
  if (earlier_.has_value() && earlier_->size == 0) {
    root_at_earlier_ = frontier_.Root();
  }
}

absl::Status TrailVerifier::Add(absl::string_view entry) {
  v1::Entry parsed;
  if (entry.size() > kEntryBytesMax ||
      !parsed.ParseFromArray(entry.data(), static_cast<int>(entry.size()))) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat("entry ", entries(),
                              " of the trail is no audit entry: the trail was "
                              "changed, or an export of it was cut"));
  }
  frontier_.Append(LeafHash(entry));
  if (earlier_.has_value() && frontier_.size() == earlier_->size) {
    root_at_earlier_ = frontier_.Root();
  }
  return absl::OkStatus();
}

absl::Status TrailVerifier::Check(const Checkpoint& checkpoint) const {
  if (frontier_.size() != checkpoint.size) {
    return Corrupt(
        absl::StrCat("the checkpoint covers ", checkpoint.size,
                     " entries and there are ", frontier_.size(),
                     ": get entries and checkpoint that belong together; "
                     "if there are none, entries were removed"));
  }
  if (frontier_.Root() != checkpoint.root) {
    return Corrupt(absl::StrCat(
        "the ", checkpoint.size, " entries of ", checkpoint.origin,
        " are not those that the checkpoint covers: one was changed, removed "
        "or put in after it was signed"));
  }
  if (!earlier_.has_value()) return absl::OkStatus();
  if (earlier_->origin != checkpoint.origin) {
    return Corrupt(absl::StrCat("the earlier checkpoint is of ",
                                earlier_->origin, " and this trail is ",
                                checkpoint.origin,
                                ": compare checkpoints of one trail"));
  }
  if (!root_at_earlier_.has_value()) {
    return Corrupt(absl::StrCat("the trail has ", frontier_.size(),
                                " entries and an earlier "
                                "checkpoint covered ",
                                earlier_->size, ": entries were removed"));
  }
  if (*root_at_earlier_ != earlier_->root) {
    return Corrupt(absl::StrCat(
        "the trail does not extend the earlier checkpoint over ",
        earlier_->size, " entries: its history was rewritten since"));
  }
  return absl::OkStatus();
}

}  // namespace sluice::audit
