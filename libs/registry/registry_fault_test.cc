// The log or the disk fails under a running registry. It must say so while it
// lasts, judge nothing differently afterwards, and never answer twice for one
// command.
#include <catch2/catch.hpp>
#include <thread>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/registry/faulty_log.h"
#include "libs/registry/registry.h"
#include "libs/registry/test_bus.h"
#include "libs/registry/test_domain.h"
#include "libs/storage/fault_env.h"

namespace sluice::registry {
namespace {

using status::v1::REASON_CODE_STORAGE_FAILED;

// Health has no event to wait for.
bool BecomesHealthy(const Registry& registry, bool healthy) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (registry.health().ok() != healthy && absl::Now() < deadline) {
    std::this_thread::yield();
  }
  return registry.health().ok() == healthy;
}

TEST_CASE(
    "a command whose append got no answer is found when it is sent again") {
  TestBus bus;
  bus.OpenWithAll("a").reset();
  FaultyLog log(bus.log.get());
  RegistryOptions options = bus.OptionsFor("a");
  options.log = &log;
  const auto registry = Registry::Open(options);
  REQUIRE(registry.ok());
  log.LoseAnswers(true);
  const auto command =
      bus.domain.Sign(EnrolDepartmentCommand("tax"), bus.domain.officer);
  CHECK(ReasonOf((*registry)->Submit(command).status()) ==
        REASON_CODE_STORAGE_FAILED);
  log.LoseAnswers(false);
  const auto offset = static_cast<uint64_t>(bus.End() - 1);
  CHECK(TestBus::MustSubmit(**registry, command).offset == offset);
}

TEST_CASE(
    "a log that cannot be read makes the registry unhealthy until it can") {
  TestBus bus;
  bus.OpenWithAll("a").reset();
  FaultyLog log(bus.log.get());
  RegistryOptions options = bus.OptionsFor("a");
  options.log = &log;
  const auto registry = Registry::Open(options);
  REQUIRE(registry.ok());
  log.FailReads(Error(REASON_CODE_STORAGE_FAILED, "the disk is gone"));
  REQUIRE(BecomesHealthy(**registry, false));
  const auto command =
      bus.domain.Sign(EnrolDepartmentCommand("tax"), bus.domain.officer);
  CHECK(ReasonOf((*registry)->Submit(command).status()) ==
        REASON_CODE_STORAGE_FAILED);
  const int64_t offset = bus.Append(command);
  log.FailReads(absl::OkStatus());
  REQUIRE((*registry)->WaitForOffset(static_cast<uint64_t>(offset),
                                     absl::Seconds(30)));
  CHECK(BecomesHealthy(**registry, true));
  CHECK((*registry)->GetDepartment("tax").ok());
}

absl::Status NoTopic() {
  return Error(status::v1::REASON_CODE_NOT_FOUND, "no such topic");
}

// A registry whose bus says of its topic what a test wants.
struct Watched {
  Watched() : log(bus.log.get()) {
    bus.OpenWithAll("a").reset();
    RegistryOptions options = bus.OptionsFor("a");
    options.log = &log;
    options.retry_wait = absl::Milliseconds(1);
    auto opened = Registry::Open(options);
    REQUIRE(opened.ok());
    registry = *std::move(opened);
  }
  bool Applies() {
    const int64_t offset = bus.Append(
        bus.domain.Sign(EnrolDepartmentCommand("tax"), bus.domain.officer));
    return registry->WaitForOffset(static_cast<uint64_t>(offset),
                                   absl::Seconds(30));
  }

  TestBus bus;
  FaultyLog log;
  std::unique_ptr<Registry> registry;
};

TEST_CASE("an unknown topic is for a moment as long as it is described") {
  Watched test;
  test.log.FailReads(NoTopic());
  REQUIRE(BecomesHealthy(*test.registry, false));
  // As long as it takes: the applying thread is there yet.
  CHECK_FALSE(test.registry->WaitForOffset(1000, absl::Milliseconds(200)));
  CHECK(IsRetriable(test.registry->health()));
  test.log.FailReads(absl::OkStatus());
  CHECK(test.Applies());
  CHECK(BecomesHealthy(*test.registry, true));
}

TEST_CASE("a node that answers no question says nothing about the topic") {
  Watched test;
  test.log.FailReads(NoTopic());
  test.log.FailDescriptions(Error(REASON_CODE_STORAGE_FAILED, "starting"));
  REQUIRE(BecomesHealthy(*test.registry, false));
  CHECK_FALSE(test.registry->WaitForOffset(1000, absl::Milliseconds(200)));
  test.log.FailReads(absl::OkStatus());
  CHECK(test.Applies());
}

TEST_CASE("a topic that stays unknown is gone, and the registry says so") {
  Watched test;
  test.log.FailDescriptions(NoTopic());
  test.log.FailReads(NoTopic());
  // Ends by itself: the applying thread is gone.
  CHECK_FALSE(test.registry->WaitForOffset(1000, absl::Seconds(300)));
  const absl::Status health = test.registry->health();
  CHECK(ReasonOf(health) == status::v1::REASON_CODE_CORRUPT);
  CHECK(absl::StrContains(health.message(), "topic registry is gone"));
}

TEST_CASE("a topic that was made anew is not taken for the one that was lost") {
  Watched test;
  test.log.FailReads(NoTopic());
  REQUIRE(BecomesHealthy(*test.registry, false));
  test.log.LoseMessages();
  test.log.FailReads(absl::OkStatus());
  CHECK_FALSE(test.registry->WaitForOffset(1000, absl::Seconds(300)));
  CHECK(ReasonOf(test.registry->health()) == status::v1::REASON_CODE_CORRUPT);
}

TEST_CASE("a log that is damaged stops the registry for good") {
  TestBus bus;
  bus.OpenWithAll("a").reset();
  FaultyLog log(bus.log.get());
  RegistryOptions options = bus.OptionsFor("a");
  options.log = &log;
  const auto registry = Registry::Open(options);
  REQUIRE(registry.ok());
  log.FailReads(Error(status::v1::REASON_CODE_CORRUPT, "bad checksum"));
  // Ends at once, although nothing comes: the applying thread is gone.
  CHECK_FALSE((*registry)->WaitForOffset(1000, absl::Seconds(300)));
  log.FailReads(absl::OkStatus());
  CHECK(ReasonOf((*registry)->health()) == status::v1::REASON_CODE_CORRUPT);
  CHECK(ReasonOf((*registry)
                     ->Submit(bus.domain.Sign(EnrolDepartmentCommand("tax"),
                                              bus.domain.officer))
                     .status()) == status::v1::REASON_CODE_CORRUPT);
}

TEST_CASE("a full disk delays a command and changes nothing else") {
  TestBus bus;
  storage::FaultEnv disk;
  RegistryOptions options = bus.OptionsFor("a");
  options.env = disk.env();
  const auto registry = Registry::Open(options, &bus.domain.genesis);
  REQUIRE(registry.ok());
  for (const auto& command : bus.domain.Enrolments()) {
    TestBus::MustSubmit(**registry, command);
  }
  disk.FailWrites(storage::DiskFault::kFull);
  const int64_t offset = bus.Append(
      bus.domain.Sign(EnrolDepartmentCommand("tax"), bus.domain.officer));
  REQUIRE(BecomesHealthy(**registry, false));
  CHECK_FALSE((*registry)->GetDepartment("tax").ok());
  CHECK((*registry)->GetDepartment("grid").ok());
  disk.Heal();
  REQUIRE((*registry)->WaitForOffset(static_cast<uint64_t>(offset),
                                     absl::Seconds(60)));
  CHECK((*registry)->GetDepartment("tax").ok());
  const auto other = bus.Open("b");
  CHECK(other->status().state_digest == (*registry)->status().state_digest);
}

}  // namespace
}  // namespace sluice::registry
