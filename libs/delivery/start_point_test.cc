#include "libs/delivery/start_point.h"

#include <catch2/catch.hpp>
#include <optional>

#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"

namespace sluice::delivery {
namespace {

using exchange::v1::START_FROM_BEGINNING;
using exchange::v1::START_FROM_COMMITTED;
using exchange::v1::START_FROM_END;
using exchange::v1::START_FROM_POSITION;

constexpr char kResource[] = "civil-affairs.people";

ReasonCode ReasonFor(const exchange::v1::Start& start) {
  return ReasonOf(ParseStart(start, kResource).status());
}

TEST_CASE("A start gives a position if it asks for one, and only then") {
  exchange::v1::Start start;
  CHECK(ParseStart(start, kResource)->from == START_FROM_COMMITTED);
  start.set_from(START_FROM_END);
  CHECK(ParseStart(start, kResource)->from == START_FROM_END);
  start.set_position("token");
  CHECK(ReasonFor(start) == status::v1::REASON_CODE_POSITION_INVALID);
  start.set_from(START_FROM_POSITION);
  CHECK(ReasonFor(start) == status::v1::REASON_CODE_POSITION_INVALID);
  start.clear_position();
  CHECK(ReasonFor(start) == status::v1::REASON_CODE_POSITION_INVALID);
  Position position;
  position.resource = kResource;
  position.partitions[2] = {1, 9};
  start.set_position(EncodePosition(position));
  CHECK(ParseStart(start, kResource)->position == position);
  position.resource = "grid.people";
  start.set_position(EncodePosition(position));
  CHECK(ReasonFor(start) == status::v1::REASON_CODE_POSITION_INVALID);
}

struct Starting {
  explicit Starting(int batches) { domain.PublishBatches(0, batches); }

  absl::StatusOr<StartPoint> Resolve(const StartSpec& spec,
                                     bool regained = false) {
    return ResolveStart(domain.bus.log.get(), "test", domain.Partition(0), spec,
                        regained);
  }
  void Commit(int64_t offset) {
    auto member = domain.bus.log->JoinGroup("test", domain.Partition(0).topic);
    REQUIRE(member.ok());
    REQUIRE((*member)->Poll(0).ok());
    REQUIRE((*member)->Commit(domain.Partition(0), offset).ok());
  }
  StartSpec From(exchange::v1::StartFrom from) const {
    StartSpec spec;
    spec.from = from;
    return spec;
  }
  StartSpec FromSequence(uint64_t sequence) const {
    StartSpec spec = From(START_FROM_POSITION);
    spec.position.resource = kResource;
    spec.position.partitions[0] = {1, sequence};
    return spec;
  }

  DeliveryFixture domain;
};

TEST_CASE("Each kind of start begins where it says") {
  Starting test(10);
  auto start = test.Resolve(test.From(START_FROM_BEGINNING));
  REQUIRE(start.ok());
  CHECK(start->offset == 0);
  CHECK(start->before == PartitionProgress{});
  CHECK_FALSE(start->committed);

  start = test.Resolve(test.From(START_FROM_END));
  REQUIRE(start.ok());
  CHECK(start->offset == 10);
  CHECK(start->before == PartitionProgress{1, 10});
  CHECK(start->last->offset == 9);

  start = test.Resolve(test.FromSequence(4));
  REQUIRE(start.ok());
  CHECK(start->offset == 4);
  CHECK(start->before == PartitionProgress{1, 4});
  CHECK(start->after == 4);
  CHECK(start->last->offset == 3);

  // A partition that the position does not name is at its beginning.
  StartSpec unnamed = test.FromSequence(4);
  unnamed.position.partitions.clear();
  start = test.Resolve(unnamed);
  REQUIRE(start.ok());
  CHECK(start->offset == 0);
  CHECK(start->after == 0);

  CHECK(ReasonOf(test.Resolve(test.FromSequence(11)).status()) ==
        status::v1::REASON_CODE_POSITION_INVALID);
}

TEST_CASE("Who resumes begins at the later of position and acknowledgements") {
  Starting test(10);
  const auto resume = [&](std::optional<uint64_t> sequence) {
    StartSpec spec = test.FromSequence(sequence.value_or(0));
    spec.from = exchange::v1::START_FROM_RESUME;
    if (!sequence.has_value()) spec.position.partitions.clear();
    const auto start = test.Resolve(spec);
    REQUIRE(start.ok());
    return *start;
  };
  // Nothing is acknowledged: as by position.
  CHECK(resume(4).offset == 4);
  CHECK(resume(std::nullopt).offset == 0);
  test.Commit(6);
  // Another of the group had the partition meanwhile.
  CHECK(resume(4).offset == 6);
  CHECK(resume(4).before == PartitionProgress{1, 6});
  CHECK(resume(std::nullopt).offset == 6);
  // What was received and not acknowledged does not come again.
  CHECK(resume(8).offset == 8);
  CHECK(resume(8).committed);
  CHECK_FALSE(resume(8).moves_back);
  CHECK(test.Resolve(test.FromSequence(4))->moves_back);
}

TEST_CASE("A position moves what the group has committed back, never on") {
  Starting test(10);
  CHECK_FALSE(test.Resolve(test.FromSequence(7))->committed);
  test.Commit(4);
  auto start = test.Resolve(test.FromSequence(7));
  REQUIRE(start.ok());
  CHECK(start->offset == 7);
  CHECK(start->committed);
  CHECK(test.Resolve(test.FromSequence(4))->committed);
  start = test.Resolve(test.FromSequence(2));
  REQUIRE(start.ok());
  CHECK(start->offset == 2);
  CHECK_FALSE(start->committed);
}

TEST_CASE("What the group has committed counts as the start asks") {
  Starting test(10);
  auto start = test.Resolve(test.From(START_FROM_COMMITTED));
  REQUIRE(start.ok());
  CHECK(start->offset == 0);
  CHECK_FALSE(start->committed);

  test.Commit(6);
  start = test.Resolve(test.From(START_FROM_COMMITTED));
  REQUIRE(start.ok());
  CHECK(start->offset == 6);
  CHECK(start->committed);
  CHECK(start->before == PartitionProgress{1, 6});
  CHECK(start->last->offset == 5);
  CHECK(start->after == 0);

  CHECK(test.Resolve(test.From(START_FROM_BEGINNING))->offset == 0);
  CHECK(test.Resolve(test.From(START_FROM_BEGINNING), true)->offset == 6);
  CHECK(test.Resolve(test.FromSequence(2), true)->offset == 6);
}

}  // namespace
}  // namespace sluice::delivery
