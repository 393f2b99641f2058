// Broken: the registry's topic is compacted by force, while brokers add
// heartbeats to it, and an approval comes after the revocation. Must hold:
// every command is still there; a broker that starts from nothing reaches the
// same state; what was revoked stays revoked.

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/reason.h"
#include "libs/base/status.h"
#include "libs/client/commands.h"
#include "tests/fault/cluster.h"
#include "tests/fault/eventually.h"
#include "tests/fault/feeder.h"
#include "tests/fault/kafka_topic.h"
#include "tests/fault/reader.h"

namespace sluice::fault {
namespace {

const std::string& Topic() {
  static const std::string topic = absl::StrCat(kTopicPrefix, "registry");
  return topic;
}

void Require(const absl::Status& status) {
  INFO(std::string(status.message()));
  REQUIRE(status.ok());
}

bool IsNotice(const KafkaMessage& message) {
  return absl::StartsWith(message.key, "broker/") ||
         absl::StartsWith(message.key, "quota/");
}

struct Content {
  // By offset: key and value.
  std::map<int64_t, std::pair<std::string, std::string>> commands;
  size_t notices = 0;
};

Content Read(const Cluster& cluster) {
  const auto messages = ReadAll(cluster.bootstrap(), Topic());
  Require(messages.status());
  Content content;
  for (const KafkaMessage& message : *messages) {
    if (IsNotice(message)) {
      ++content.notices;
    } else {
      content.commands[message.offset] = {message.key, message.value};
    }
  }
  return content;
}

agreement::v1::AgreementRecord Get(const Cluster& cluster,
                                   const std::string& broker,
                                   const std::string& id) {
  agreement::v1::GetAgreementRequest request;
  request.set_id(id);
  const auto got =
      cluster.Connect("grid-" + broker)
          ->Call(&agreement::v1::AgreementService::Stub::GetAgreement, request);
  Require(got.status());
  return got->agreement();
}

// An approver who had not heard of the revocation.
absl::Status ApproveLate(const Cluster& cluster,
                         const agreement::v1::AgreementRecord& read_before) {
  registry::v1::Command command;
  auto* approve = command.mutable_approve_agreement();
  approve->set_id(read_before.agreement().id());
  approve->set_version(read_before.agreement().version());
  approve->set_request_digest(read_before.request_digest());
  return client::SubmitCommand(cluster.Connect("approver").get(), command)
      .status();
}

TEST_CASE(
    "a forced compaction keeps every command, and who starts from nothing "
    "reaches the same state") {
  Cluster cluster;
  cluster.Offer("events", 1);
  Feeder feeder(cluster.FeedPath("events"), "k", 10);
  feeder.Add(100);
  cluster.AddAdapter("a1");
  cluster.Agree("kept", "events");
  cluster.Agree("gone", "events");
  const agreement::v1::AgreementRecord before = Get(cluster, "b1", "gone");
  cluster.MustSluicectl("approver",
                        {"agreement", "revoke", "gone", "--reason", "test"});
  const absl::Status late = ApproveLate(cluster, before);
  INFO(std::string(late.message()));
  CHECK_FALSE(late.ok());

  const Content full = Read(cluster);
  REQUIRE(full.commands.size() > 10);
  Require(cluster.kafka().SetTopic(
      Topic(), {"segment.ms=500", "min.cleanable.dirty.ratio=0.001",
                "min.compaction.lag.ms=0", "max.compaction.lag.ms=500",
                "delete.retention.ms=100"}));
  // Heartbeats go on meanwhile; those that are left are the newest and what has
  // come since the last pass.
  CHECK(Eventually([&] { return Read(cluster).notices * 2 < full.notices; },
                   kPatience));
  const Content compacted = Read(cluster);
  CHECK(compacted.commands == full.commands);

  // As a broker wants to find it.
  Require(cluster.kafka().SetTopic(
      Topic(),
      {"segment.ms=604800000", "min.cleanable.dirty.ratio=0.5",
       "max.compaction.lag.ms=9223372036854775807",
       "min.compaction.lag.ms=120000", "delete.retention.ms=86400000"}));
  cluster.AddBroker("b2");
  cluster.Kill("b1");
  std::filesystem::remove_all(cluster.county().Path("data/b1/registry"));
  cluster.Start("b1");
  cluster.CheckSameState();
  for (const char* broker : {"b1", "b2"}) {
    INFO(broker);
    CHECK(Get(cluster, broker, "gone").state() ==
          agreement::v1::AGREEMENT_STATE_REVOKED);
    Reader refused(cluster.Connect(std::string("grid-") + broker),
                   {.agreement = "gone"});
    REQUIRE(refused.AwaitEnd(kPatience));
    CHECK(ReasonOf(refused.end()) == status::v1::REASON_CODE_AGREEMENT_REVOKED);
    Reader served(cluster.Connect(std::string("grid-") + broker),
                  {.agreement = "kept", .group = broker});
    CHECK(served.AwaitCount(1, kPatience));
  }
}

}  // namespace
}  // namespace sluice::fault
