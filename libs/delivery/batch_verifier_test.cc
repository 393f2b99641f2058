#include "libs/delivery/batch_verifier.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"

namespace sluice::delivery {
namespace {

constexpr char kResource[] = "civil-affairs.people";

// Partition 0 of people: messages as they come, and what the verifier says.
struct Verifying {
  bus::Message Message(SharedBytes value) {
    bus::Message message;
    message.offset = offset++;
    message.value = std::move(value);
    return message;
  }
  // The sequence that is believed; 0 if the message is passed over.
  uint64_t Believed(const SharedBytes& value) {
    const auto verified = verifier.Verify(Message(value));
    INFO(verified.status().message());
    REQUIRE(verified.ok());
    return verified->has_value() ? (*verified)->header.sequence() : 0;
  }
  ReasonCode Refused(const SharedBytes& value) {
    const auto verified = verifier.Verify(Message(value));
    REQUIRE_FALSE(verified.ok());
    return ReasonOf(verified.status());
  }

  DeliveryFixture domain;
  std::atomic<uint64_t> rejected = 0;
  BatchVerifier verifier{kResource, 0, domain.registry.get(), &rejected};
  ChainWriter& chain = *domain.chains[0];
  int64_t offset = 0;
};

TEST_CASE("A chain of genuine messages is believed from wherever it is met") {
  Verifying test;
  test.chain.Batch();
  for (uint64_t sequence = 2; sequence < 6; ++sequence) {
    CHECK(test.Believed(test.chain.Batch()) == sequence);
  }
  CHECK(test.Believed(test.chain.Baseline(
            records::v1::MESSAGE_KIND_BASELINE_BEGIN)) == 6);
  CHECK(test.Believed(
            test.chain.Baseline(records::v1::MESSAGE_KIND_BASELINE_END)) == 7);
  CHECK(test.rejected == 0);
}

TEST_CASE("What is no envelope, damaged or replayed is passed over") {
  Verifying test;
  const SharedBytes first = test.chain.Batch();
  CHECK(test.Believed(first) == 1);
  CHECK(test.Believed(first) == 0);
  CHECK(test.Believed(SharedBytes::Own("no envelope")) == 0);
  const SharedBytes second = test.chain.Batch();
  std::string damaged(second.view());
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  CHECK(test.Believed(SharedBytes::Own(damaged)) == 0);
  CHECK(test.rejected == 3);
  CHECK(test.Believed(second) == 2);
  CHECK(test.Believed(test.chain.Batch()) == 3);
  CHECK(test.Believed(first) == 0);
}

TEST_CASE("A forged message is passed over and the chain goes on") {
  Verifying test;
  CHECK(test.Believed(test.chain.Batch()) == 1);
  const records::ChainHead head = test.chain.head();
  // Not enrolled at all.
  const auto stranger = crypto::SigningKey::Generate();
  ChainWriter forged(test.domain.resource, 0, &stranger, head);
  CHECK(test.Believed(forged.Batch()) == 0);
  // Enrolled: of another department, and of the department with another role.
  ChainWriter grid(test.domain.resource, 0,
                   &test.domain.bus.domain.grid_provider, head);
  CHECK(test.Believed(grid.Batch()) == 0);
  ChainWriter provider(test.domain.resource, 0,
                       &test.domain.bus.domain.provider, head);
  CHECK(test.Believed(provider.Batch()) == 0);
  // The right key, for another place.
  catalog::v1::Resource other = test.domain.resource;
  other.set_id("civil-affairs.births");
  ChainWriter elsewhere(other, 0, &test.domain.bus.domain.adapter, head);
  CHECK(test.Believed(elsewhere.Batch()) == 0);
  ChainWriter partition(test.domain.resource, 1,
                        &test.domain.bus.domain.adapter, head);
  CHECK(test.Believed(partition.Batch()) == 0);
  CHECK(test.rejected == 5);
  CHECK(test.Believed(test.chain.Batch()) == 2);
}

TEST_CASE("A gap between genuine messages stops the delivery") {
  Verifying test;
  CHECK(test.Believed(test.chain.Batch()) == 1);
  test.chain.Batch();
  CHECK(test.Refused(test.chain.Batch()) ==
        status::v1::REASON_CODE_CHAIN_BROKEN);
}

TEST_CASE("Another history under a genuine key stops the delivery") {
  Verifying test;
  ChainWriter fork(test.domain.resource, 0, &test.domain.bus.domain.adapter);
  fork.Batch(7);
  CHECK(test.Believed(test.chain.Batch()) == 1);
  CHECK(test.Refused(fork.Batch()) == status::v1::REASON_CODE_CHAIN_BROKEN);
}

TEST_CASE("A verifier that resumes expects what follows the last message") {
  Verifying test;
  const bus::Message last = test.Message(test.chain.Batch());
  SECTION("and believes it") {
    test.verifier.Resume(last, 0);
    CHECK(test.Believed(last.value) == 0);
    CHECK(test.Believed(test.chain.Batch()) == 2);
  }
  SECTION("and notices that messages are gone") {
    test.chain.Batch();
    test.verifier.Resume(last, 0);
    CHECK(test.Refused(test.chain.Batch()) ==
          status::v1::REASON_CODE_CHAIN_BROKEN);
  }
  SECTION("by the consumer's own count, where the bus has no message left") {
    const SharedBytes second = test.chain.Batch();
    test.verifier.Resume(std::nullopt, 2);
    CHECK(test.Believed(second) == 0);
    const SharedBytes third = test.chain.Batch();
    const SharedBytes fourth = test.chain.Batch();
    CHECK(test.Refused(fourth) == status::v1::REASON_CODE_CHAIN_BROKEN);
    CHECK(test.Believed(third) == 3);
    CHECK(test.Believed(fourth) == 4);
  }
  SECTION("and is not misled by a last message that is forged") {
    const auto stranger = crypto::SigningKey::Generate();
    ChainWriter forged(test.domain.resource, 0, &stranger, {1, 900, {1}});
    test.verifier.Resume(test.Message(forged.Batch()), 0);
    CHECK(test.rejected == 0);
    CHECK(test.Believed(test.chain.Batch()) == 2);
  }
}

TEST_CASE("A retired key verifies what it signed before it was replaced") {
  Verifying test;
  CHECK(test.Believed(test.chain.Batch()) == 1);
  const auto next_key = crypto::SigningKey::Generate();
  const auto rotated = test.domain.Submit(
      registry::RotateKeyCommand(test.domain.bus.domain.adapter.id(), next_key),
      test.domain.bus.domain.adapter);
  test.chain.registry_offset = rotated.offset;
  CHECK(test.Believed(test.chain.Batch()) == 2);
  const records::ChainHead head = test.chain.head();
  test.chain.registry_offset = rotated.offset + 1;
  CHECK(test.Believed(test.chain.Batch()) == 0);
  ChainWriter successor(test.domain.resource, 0, &next_key, head);
  CHECK(test.Believed(successor.Batch()) == 3);
}

TEST_CASE("Under a revoked key nothing is believed, and it hides nothing") {
  Verifying test;
  CHECK(test.Believed(test.chain.Batch()) == 1);
  const records::ChainHead head = test.chain.head();
  const auto successor_key = crypto::SigningKey::Generate();
  test.domain.Submit(
      registry::EnrolKeyCommand("civil-affairs", registry::v1::ROLE_ADAPTER,
                                successor_key, "second adapter"),
      test.domain.bus.domain.officer);
  test.domain.Submit(
      registry::RevokeKeyCommand(test.domain.bus.domain.adapter.id()),
      test.domain.bus.domain.officer);
  SECTION("where its messages are in the chain") {
    CHECK(test.Believed(test.chain.Batch()) == 0);
    CHECK(test.Believed(test.chain.Batch()) == 0);
    ChainWriter successor(test.domain.resource, 0, &successor_key,
                          test.chain.head());
    CHECK(test.Believed(successor.Batch()) == 4);
    CHECK(test.Believed(successor.Batch()) == 5);
  }
  SECTION("where a thief wrote them beside the chain") {
    CHECK(test.Believed(test.chain.Batch()) == 0);
    CHECK(test.Believed(test.chain.Batch()) == 0);
    ChainWriter successor(test.domain.resource, 0, &successor_key, head);
    CHECK(test.Believed(successor.Batch()) == 2);
    CHECK(test.Believed(successor.Batch()) == 3);
  }
  SECTION("where it stood before the place to resume at") {
    test.verifier.Resume(test.Message(test.chain.Batch()), 0);
    ChainWriter successor(test.domain.resource, 0, &successor_key,
                          test.chain.head());
    CHECK(test.Believed(successor.Batch()) == 3);
  }
}

TEST_CASE("It says whether it has met the chain from its first message on") {
  using Seen = BatchVerifier::Seen;
  Verifying test;
  CHECK(test.verifier.seen() == Seen::kNothing);
  const SharedBytes first = test.chain.Batch();
  const SharedBytes second = test.chain.Batch();
  const SharedBytes third = test.chain.Batch();
  const auto successor_key = crypto::SigningKey::Generate();
  const auto revoke = [&] {
    test.domain.Submit(
        registry::EnrolKeyCommand("civil-affairs", registry::v1::ROLE_ADAPTER,
                                  successor_key, "second adapter"),
        test.domain.bus.domain.officer);
    test.domain.Submit(
        registry::RevokeKeyCommand(test.domain.bus.domain.adapter.id()),
        test.domain.bus.domain.officer);
  };
  ChainWriter successor(test.domain.resource, 0, &successor_key,
                        test.chain.head());
  CHECK(test.Believed(SharedBytes::Own("no envelope")) == 0);
  CHECK(test.verifier.seen() == Seen::kNothing);
  SECTION("as it does") {
    test.Believed(first);
    CHECK(test.verifier.seen() == Seen::kFromTheFirst);
    test.Believed(second);
    CHECK(test.verifier.seen() == Seen::kFromTheFirst);
  }
  SECTION("and where it begins within") {
    test.Believed(second);
    test.Believed(third);
    CHECK(test.verifier.seen() == Seen::kFromWithin);
  }
  SECTION("also under a revoked key") {
    revoke();
    for (const SharedBytes& each : {first, second, third}) {
      CHECK(test.Believed(each) == 0);
      CHECK(test.verifier.seen() == Seen::kFromTheFirst);
    }
    CHECK(test.Believed(successor.Batch()) == 4);
    CHECK(test.verifier.seen() == Seen::kFromTheFirst);
  }
  SECTION("and not where one under a revoked key is missing") {
    revoke();
    CHECK(test.Believed(first) == 0);
    CHECK(test.Believed(third) == 0);
    CHECK(test.verifier.seen() == Seen::kFromWithin);
    CHECK(test.Believed(successor.Batch()) == 4);
    CHECK(test.verifier.seen() == Seen::kFromWithin);
  }
  SECTION("and not where the first is a thief's") {
    ChainWriter thief(test.domain.resource, 0, &test.domain.bus.domain.adapter);
    const SharedBytes forged = thief.Batch(7);
    revoke();
    CHECK(test.Believed(second) == 0);
    CHECK(test.Believed(third) == 0);
    CHECK(test.Believed(forged) == 0);
    CHECK(test.verifier.seen() == Seen::kFromWithin);
    CHECK(test.Believed(successor.Batch()) == 4);
    CHECK(test.verifier.seen() == Seen::kFromWithin);
  }
}

TEST_CASE("A key that the registry has yet to bring is waited for") {
  Verifying test;
  const auto next_key = crypto::SigningKey::Generate();
  ChainWriter chain(test.domain.resource, 0, &next_key);
  const auto enrol = [&] {
    return test.domain.Submit(
        registry::EnrolKeyCommand("civil-affairs", registry::v1::ROLE_ADAPTER,
                                  next_key, "next adapter"),
        test.domain.bus.domain.officer);
  };
  chain.registry_offset = test.domain.registry->status().applied_offset + 1;
  const SharedBytes early = chain.Batch();
  CHECK(test.Refused(early) == status::v1::REASON_CODE_KEY_NOT_YET_KNOWN);
  SECTION("and then believed") {
    test.domain.bus.clock.Advance(BatchVerifier::kKeyWait / 2);
    enrol();
    CHECK(test.Believed(early) == 1);
    CHECK(test.rejected == 0);
  }
  SECTION("but not for ever") {
    test.domain.bus.clock.Advance(BatchVerifier::kKeyWait -
                                  absl::Milliseconds(1));
    CHECK(test.Refused(early) == status::v1::REASON_CODE_KEY_NOT_YET_KNOWN);
    test.domain.bus.clock.Advance(absl::Milliseconds(1));
    CHECK(test.Believed(early) == 0);
    // The next one has its own time.
    CHECK(test.Refused(chain.Batch()) ==
          status::v1::REASON_CODE_KEY_NOT_YET_KNOWN);
  }
  SECTION("and not where its publisher has seen no more than this registry") {
    chain.registry_offset = test.domain.registry->status().applied_offset;
    CHECK(test.Believed(chain.Batch()) == 0);
  }
}

}  // namespace
}  // namespace sluice::delivery
