#include "libs/audit/trail_verifier.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "libs/audit/entry_size.h"
#include "libs/base/status.h"
#include "sluice/audit/v1/entry.pb.h"

namespace sluice::audit {
namespace {

using Trail = std::vector<std::string>;

Trail MakeTrail(size_t size) {
  Trail trail;
  for (size_t i = 0; i < size; ++i) {
    v1::Entry entry;
    entry.mutable_receipt()->set_delivery_id(i + 1);
    trail.push_back(entry.SerializeAsString());
  }
  return trail;
}

Checkpoint CheckpointOf(const Trail& trail, size_t size) {
  Frontier frontier;
  for (size_t i = 0; i < size; ++i) frontier.Append(LeafHash(trail[i]));
  return {"origin", size, frontier.Root()};
}

absl::Status Verify(const Trail& trail, const Checkpoint& checkpoint,
                    const std::optional<Checkpoint>& earlier) {
  TrailVerifier verifier(earlier);
  for (const std::string& entry : trail) {
    const absl::Status added = verifier.Add(entry);
    if (!added.ok()) return added;
  }
  return verifier.Check(checkpoint);
}

TEST_CASE("An untouched trail agrees with every checkpoint it ever had") {
  const Trail trail = MakeTrail(20);
  const Checkpoint newest = CheckpointOf(trail, trail.size());
  CHECK(Verify(trail, newest, std::nullopt).ok());
  for (size_t size = 0; size <= trail.size(); ++size) {
    INFO(size);
    CHECK(Verify(trail, newest, CheckpointOf(trail, size)).ok());
  }
  CHECK(Verify({}, CheckpointOf({}, 0), CheckpointOf({}, 0)).ok());
}

TEST_CASE("A changed, missing, added or moved entry is noticed") {
  const Trail trail = MakeTrail(20);
  const Checkpoint checkpoint = CheckpointOf(trail, trail.size());
  const auto reason = [&](const Trail& changed) {
    return ReasonOf(Verify(changed, checkpoint, std::nullopt));
  };
  for (size_t i = 0; i < trail.size(); ++i) {
    Trail changed = trail;
    changed[i] = MakeTrail(30)[29];
    CHECK(reason(changed) == status::v1::REASON_CODE_CORRUPT);
    Trail missing = trail;
    missing.erase(missing.begin() + static_cast<ptrdiff_t>(i));
    CHECK(reason(missing) == status::v1::REASON_CODE_CORRUPT);
    Trail added = trail;
    added.insert(added.begin() + static_cast<ptrdiff_t>(i), trail[i]);
    CHECK(reason(added) == status::v1::REASON_CODE_CORRUPT);
    Trail moved = trail;
    std::swap(moved[i], moved[(i + 1) % moved.size()]);
    CHECK(reason(moved) == status::v1::REASON_CODE_CORRUPT);
  }
}

TEST_CASE("A rewritten trail with a fitting checkpoint fails the earlier one") {
  const Trail trail = MakeTrail(20);
  Trail rewritten = trail;
  rewritten[4] = MakeTrail(30)[29];
  const Checkpoint now = CheckpointOf(rewritten, rewritten.size());
  CHECK(Verify(rewritten, now, CheckpointOf(trail, 4)).ok());
  const absl::Status status = Verify(rewritten, now, CheckpointOf(trail, 5));
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_CORRUPT);
  CHECK(absl::StrContains(status.message(), "rewritten"));
}

TEST_CASE("A trail shorter than an earlier checkpoint is refused") {
  const Trail trail = MakeTrail(20);
  const Trail shorter(trail.begin(), trail.begin() + 10);
  const absl::Status status =
      Verify(shorter, CheckpointOf(shorter, 10), CheckpointOf(trail, 11));
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_CORRUPT);
  CHECK(absl::StrContains(status.message(), "removed"));
}

TEST_CASE("Checkpoints of two trails do not go together") {
  const Trail trail = MakeTrail(3);
  Checkpoint other = CheckpointOf(trail, 2);
  other.origin = "another";
  CHECK(ReasonOf(Verify(trail, CheckpointOf(trail, 3), other)) ==
        status::v1::REASON_CODE_CORRUPT);
}

TEST_CASE("An entry that does not parse is named by its index") {
  TrailVerifier verifier(std::nullopt);
  CHECK(verifier.Add(MakeTrail(1)[0]).ok());
  const absl::Status status = verifier.Add("\xFF\xFF");
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_MALFORMED);
  CHECK(absl::StrContains(status.message(), "entry 1 "));
  CHECK(verifier.entries() == 1);

  v1::Entry large;
  large.mutable_refusal()->set_message(std::string(kEntryBytesMax, 'x'));
  CHECK(ReasonOf(verifier.Add(large.SerializeAsString())) ==
        status::v1::REASON_CODE_MALFORMED);
}

}  // namespace
}  // namespace sluice::audit
