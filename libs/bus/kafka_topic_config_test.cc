#include "libs/bus/kafka_topic_config.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "libs/base/status.h"

namespace sluice::bus {
namespace {

TopicSpec Spec() {
  TopicSpec spec;
  spec.name = "records.people";
  spec.partitions = 4;
  spec.retention = absl::Hours(12);
  return spec;
}

KafkaLogOptions Options() {
  KafkaLogOptions options;
  options.bootstrap_servers = {"127.0.0.1:9092", "127.0.0.1:9093"};
  return options;
}

// A topic as Kafka would describe it after it was created for `spec`.
KafkaTopicState MadeFor(const TopicSpec& spec) {
  KafkaTopicState state;
  state.partitions = spec.partitions;
  state.replicas = 3;
  for (const auto& [name, value] : TopicSettings(spec, Options())) {
    state.settings[name] = value;
  }
  return state;
}

std::string Complaint(const TopicSpec& spec, const KafkaTopicState& state) {
  const absl::Status status =
      CompareTopic(spec, state, Options(), "sluice.records.people");
  if (status.ok()) return "";
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_WRONG_STATE);
  return std::string(status.message());
}

TEST_CASE("A topic made for a spec serves for it and tells it") {
  for (const bool compact : {false, true}) {
    TopicSpec spec = Spec();
    if (compact) {
      spec.cleanup = Cleanup::kCompact;
      spec.retention = absl::InfiniteDuration();
    } else {
      spec.retention_bytes = uint64_t{1} << 33;
    }
    CHECK(Complaint(spec, MadeFor(spec)).empty());
    const auto told = SpecOfTopic(spec.name, MadeFor(spec));
    REQUIRE(told.ok());
    CHECK(*told == spec);
  }
  TopicSpec forever = Spec();
  forever.retention = absl::InfiniteDuration();
  const auto told = SpecOfTopic(forever.name, MadeFor(forever));
  REQUIRE(told.ok());
  CHECK(*told == forever);
}

TEST_CASE("What differs is named with the command that mends it") {
  KafkaTopicState state = MadeFor(Spec());
  state.settings["retention.ms"] = "60000";
  state.settings["min.insync.replicas"] = "1";
  const std::string complaint = Complaint(Spec(), state);
  CHECK(absl::StrContains(complaint, "retention.ms is 60000, wanted 43200000"));
  CHECK(absl::StrContains(complaint,
                          "min.insync.replicas is 1, wanted at least 2"));
  CHECK(absl::StrContains(
      complaint,
      "kafka-configs.sh --bootstrap-server 127.0.0.1:9092 --alter "
      "--entity-type topics --entity-name sluice.records.people --add-config "
      "min.insync.replicas=2,retention.ms=43200000"));
  CHECK_FALSE(absl::StrContains(complaint, "cleanup.policy"));
}

TEST_CASE("What no command mends is said so") {
  KafkaTopicState state = MadeFor(Spec());
  state.partitions = 3;
  state.replicas = 1;
  const std::string complaint = Complaint(Spec(), state);
  CHECK(absl::StrContains(complaint, "it has 3 partitions, wanted 4"));
  CHECK(absl::StrContains(complaint, "cannot be mended"));
  CHECK(absl::StrContains(complaint, "kafka-reassign-partitions.sh"));
  CHECK_FALSE(absl::StrContains(complaint, "kafka-configs.sh"));
}

TEST_CASE("Stricter settings than needed are no error") {
  TopicSpec spec = Spec();
  KafkaTopicState state = MadeFor(spec);
  state.replicas = 5;
  state.settings["min.insync.replicas"] = "3";
  state.settings["max.message.bytes"] = "10000000";
  state.settings["segment.ms"] = "1000";
  state.settings["compression.type"] = "zstd";
  CHECK(Complaint(spec, state).empty());
  // What the spec says must be just so, either way.
  state.settings["retention.ms"] = "86400000";
  CHECK_FALSE(Complaint(spec, state).empty());
}

TEST_CASE("Each setting that a promise rests on is looked at") {
  TopicSpec compact = Spec();
  compact.cleanup = Cleanup::kCompact;
  compact.retention = absl::InfiniteDuration();
  const std::map<std::string, std::string> spoilt = {
      {"cleanup.policy", "compact,delete"},
      {"message.timestamp.type", "CreateTime"},
      {"max.message.bytes", "1000000"},
      {"min.insync.replicas", "1"},
      {"unclean.leader.election.enable", "true"},
      {"min.compaction.lag.ms", "0"},
      {"delete.retention.ms", "1000"},
  };
  for (const auto& [name, value] : spoilt) {
    KafkaTopicState state = MadeFor(compact);
    REQUIRE(state.settings.count(name) == 1);
    state.settings[name] = value;
    CHECK(absl::StrContains(Complaint(compact, state), name));
    state.settings.erase(name);
    CHECK(absl::StrContains(Complaint(compact, state), name));
  }
}

TEST_CASE("Segments are short beside the retention they serve") {
  const auto setting = [](const TopicSpec& spec, const std::string& name) {
    for (const auto& [key, value] : TopicSettings(spec, Options())) {
      if (key == name) return value;
    }
    return std::string();
  };
  TopicSpec spec = Spec();
  CHECK(setting(spec, "segment.ms") == "5400000");
  spec.retention = absl::Seconds(1);
  CHECK(setting(spec, "segment.ms") == "60000");
  spec.retention = absl::InfiniteDuration();
  CHECK(setting(spec, "segment.ms").empty());
  spec.retention_bytes = 1'000;
  CHECK(setting(spec, "segment.bytes") == "1048576");
}

TEST_CASE("A topic that no spec describes is told apart") {
  KafkaTopicState state = MadeFor(Spec());
  state.settings["cleanup.policy"] = "compact,delete";
  CHECK(ReasonOf(SpecOfTopic("t", state).status()) ==
        status::v1::REASON_CODE_WRONG_STATE);
}

}  // namespace
}  // namespace sluice::bus
