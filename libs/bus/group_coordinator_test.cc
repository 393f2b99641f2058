#include "libs/bus/group_coordinator.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <vector>

#include "libs/base/status.h"

namespace sluice::bus {
namespace {

using Member = std::shared_ptr<GroupCoordinator::Member>;

GroupCoordinator::Assignment OwnedBy(const GroupCoordinator& groups,
                                     const Member& member) {
  uint64_t seen = 0;
  return groups.Changes(*member, &seen)
      .value_or(GroupCoordinator::Assignment());
}

Member MustJoin(GroupCoordinator* groups, int partitions) {
  auto member =
      groups->Join("group", "topic", partitions, std::make_shared<Wakeup>());
  REQUIRE(member.ok());
  return *member;
}

TEST_CASE(
    "at any time each partition has one owner, shares are even and no more "
    "moves than must") {
  std::mt19937 random(7);
  for (int partitions = 1; partitions <= 12; ++partitions) {
    GroupCoordinator groups;
    std::vector<Member> members;
    for (int step = 0; step < 60; ++step) {
      std::vector<GroupCoordinator::Assignment> before;
      const bool leaves = !members.empty() && random() % 2 == 0;
      if (leaves) {
        const size_t who = random() % members.size();
        groups.Leave(members[who]);
        CHECK(OwnedBy(groups, members[who]).empty());
        members.erase(members.begin() + static_cast<std::ptrdiff_t>(who));
      } else {
        for (const Member& member : members) {
          before.push_back(OwnedBy(groups, member));
        }
        members.push_back(MustJoin(&groups, partitions));
      }
      if (members.empty()) continue;
      std::vector<int> owners(static_cast<size_t>(partitions), 0);
      size_t least = 1'000;
      size_t most = 0;
      for (const Member& member : members) {
        const auto owned = OwnedBy(groups, member);
        for (const auto& [partition, generation] : owned) {
          ++owners[static_cast<size_t>(partition)];
          CHECK(groups.Owns(*member, partition, generation));
        }
        least = std::min(least, owned.size());
        most = std::max(most, owned.size());
      }
      CHECK(std::all_of(owners.begin(), owners.end(),
                        [](int count) { return count == 1; }));
      CHECK(most - least <= 1);
      // Who joins takes its own share from the others, and nothing else moves.
      for (size_t i = 0; i < before.size(); ++i) {
        for (const auto& [partition, generation] :
             OwnedBy(groups, members[i])) {
          const auto had = before[i].find(partition);
          REQUIRE(had != before[i].end());
          CHECK(had->second == generation);
        }
      }
    }
  }
}

TEST_CASE("a commit in an older generation is fenced and not written") {
  GroupCoordinator groups;
  const Member first = MustJoin(&groups, 1);
  const uint64_t older = OwnedBy(groups, first).at(0);
  const Member second = MustJoin(&groups, 1);
  groups.Leave(first);
  bool written = false;
  const auto write = [&] {
    written = true;
    return absl::OkStatus();
  };
  CHECK(ReasonOf(groups.Commit(*first, 0, older, write)) ==
        status::v1::REASON_CODE_FENCED);
  CHECK(ReasonOf(groups.Commit(*second, 0, older, write)) ==
        status::v1::REASON_CODE_FENCED);
  CHECK_FALSE(written);
  const uint64_t newer = OwnedBy(groups, second).at(0);
  CHECK(groups.Commit(*second, 0, newer, write).ok());
  CHECK(written);
}

TEST_CASE("only members that have the partition are woken") {
  GroupCoordinator groups;
  std::vector<int> calls(2, 0);
  std::vector<std::shared_ptr<Wakeup>> wakeups;
  std::vector<Member> members;
  for (size_t i = 0; i < 2; ++i) {
    wakeups.push_back(std::make_shared<Wakeup>());
    wakeups[i]->Set([&calls, i] { ++calls[i]; });
    auto member = groups.Join("group", "topic", 2, wakeups[i]);
    REQUIRE(member.ok());
    members.push_back(*member);
  }
  calls = {0, 0};
  for (const auto& wakeup : wakeups) wakeup->Arm();
  const int of_second = OwnedBy(groups, members[1]).begin()->first;
  groups.Wake("topic", {of_second});
  groups.Wake("other", {0, 1});
  CHECK(calls == std::vector<int>{0, 1});
}

}  // namespace
}  // namespace sluice::bus
