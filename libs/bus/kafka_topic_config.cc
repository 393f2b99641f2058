#include "libs/bus/kafka_topic_config.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"

namespace sluice::bus {
namespace {

// Retention drops whole segments, so a segment covers a small part of it.
constexpr int kSegmentsOfRetention = 8;
constexpr int64_t kSegmentMsMin = 60'000;
constexpr int64_t kSegmentMsMax = int64_t{7} * 24 * 3'600'000;
constexpr uint64_t kSegmentBytesMin = uint64_t{1} << 20;
constexpr uint64_t kSegmentBytesMax = uint64_t{1} << 30;

std::string Milliseconds(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Milliseconds(duration));
}

std::string RetentionMs(const TopicSpec& spec) {
  return spec.retention == absl::InfiniteDuration()
             ? "-1"
             : Milliseconds(spec.retention);
}

std::string RetentionBytes(const TopicSpec& spec) {
  return spec.retention_bytes == 0 ? "-1" : absl::StrCat(spec.retention_bytes);
}

struct Rule {
  const char* name;
  std::string wanted;
  // Whether a larger number serves as well.
  bool at_least = false;
};

// What an existing topic must have.
std::vector<Rule> RulesFor(const TopicSpec& spec,
                           const KafkaLogOptions& options) {
  std::vector<Rule> rules = {
      {"cleanup.policy",
       spec.cleanup == Cleanup::kCompact ? "compact" : "delete"},
      {"message.timestamp.type", "LogAppendTime"},
      {"max.message.bytes", absl::StrCat(kKafkaBatchBytesMax), true},
      {"min.insync.replicas", absl::StrCat(options.min_insync_replicas), true},
      {"unclean.leader.election.enable", "false"},
  };
  if (spec.cleanup == Cleanup::kCompact) {
    rules.push_back(
        {"min.compaction.lag.ms", Milliseconds(kKafkaCompactionLagMin), true});
    rules.push_back({"delete.retention.ms",
                     Milliseconds(kKafkaTombstoneRetentionMin), true});
  } else {
    rules.push_back({"retention.ms", RetentionMs(spec)});
    rules.push_back({"retention.bytes", RetentionBytes(spec)});
  }
  return rules;
}

bool Serves(const Rule& rule, const std::string& found) {
  if (found == rule.wanted) return true;
  int64_t wanted_number;
  int64_t found_number;
  return rule.at_least && absl::SimpleAtoi(rule.wanted, &wanted_number) &&
         absl::SimpleAtoi(found, &found_number) &&
         found_number >= wanted_number;
}

}  // namespace

KafkaSettings TopicSettings(const TopicSpec& spec,
                            const KafkaLogOptions& options) {
  KafkaSettings settings;
  for (const Rule& rule : RulesFor(spec, options)) {
    settings.emplace_back(rule.name, rule.wanted);
  }
  // Nodes do not unpack what they store.
  settings.emplace_back("compression.type", "producer");
  if (spec.retention != absl::InfiniteDuration()) {
    settings.emplace_back(
        "segment.ms",
        absl::StrCat(std::clamp(
            absl::ToInt64Milliseconds(spec.retention) / kSegmentsOfRetention,
            kSegmentMsMin, kSegmentMsMax)));
  }
  if (spec.retention_bytes != 0) {
    settings.emplace_back(
        "segment.bytes",
        absl::StrCat(std::clamp(spec.retention_bytes / kSegmentsOfRetention,
                                kSegmentBytesMin, kSegmentBytesMax)));
  }
  return settings;
}

absl::Status CompareTopic(const TopicSpec& spec, const KafkaTopicState& state,
                          const KafkaLogOptions& options,
                          const std::string& name) {
  std::vector<std::string> differences;
  std::vector<std::string> mends;
  if (state.partitions != spec.partitions) {
    differences.push_back(absl::StrCat(
        "it has ", state.partitions, " partitions, wanted ", spec.partitions));
    mends.emplace_back(
        "the number of partitions cannot be mended, for records would change "
        "their partition: configure the number that is there, or use another "
        "topic");
  }
  if (state.replicas < options.replication_factor) {
    differences.push_back(absl::StrCat("its partitions have ", state.replicas,
                                       " copies, wanted ",
                                       options.replication_factor));
    mends.emplace_back(
        "more copies are made with kafka-reassign-partitions.sh, or configure "
        "the number that is there as replication_factor");
  }
  std::vector<std::string> mended;
  for (const Rule& rule : RulesFor(spec, options)) {
    const auto setting = state.settings.find(rule.name);
    const std::string found =
        setting == state.settings.end() ? "" : setting->second;
    if (Serves(rule, found)) continue;
    differences.push_back(absl::StrCat(
        rule.name, " is ", found.empty() ? "not set" : found, ", wanted ",
        rule.at_least ? "at least " : "", rule.wanted));
    mended.push_back(absl::StrCat(rule.name, "=", rule.wanted));
  }
  if (!mended.empty()) {
    mends.push_back(absl::StrCat(
        "set it with: kafka-configs.sh --bootstrap-server ",
        options.bootstrap_servers.empty() ? ""
                                          : options.bootstrap_servers.front(),
        " --alter --entity-type topics --entity-name ", name, " --add-config ",
        absl::StrJoin(mended, ",")));
  }
  if (differences.empty()) return absl::OkStatus();
  return Error(status::v1::REASON_CODE_WRONG_STATE,
               absl::StrCat("topic ", name,
                            " exists with other settings than configured: ",
                            absl::StrJoin(differences, "; "), ". ",
                            absl::StrJoin(mends, "; ")));
}

absl::StatusOr<TopicSpec> SpecOfTopic(const std::string& name,
                                      const KafkaTopicState& state) {
  const auto setting = [&](const char* key) {
    const auto found = state.settings.find(key);
    return found == state.settings.end() ? std::string() : found->second;
  };
  TopicSpec spec;
  spec.name = name;
  spec.partitions = state.partitions;
  const std::string cleanup = setting("cleanup.policy");
  if (cleanup == "compact") {
    spec.cleanup = Cleanup::kCompact;
    return spec;
  }
  int64_t retention_ms;
  int64_t retention_bytes;
  if (cleanup != "delete" ||
      !absl::SimpleAtoi(setting("retention.ms"), &retention_ms) ||
      !absl::SimpleAtoi(setting("retention.bytes"), &retention_bytes)) {
    return Error(
        status::v1::REASON_CODE_WRONG_STATE,
        absl::StrCat("topic ", name, " has cleanup.policy=", cleanup,
                     ", retention.ms=", setting("retention.ms"),
                     " and retention.bytes=", setting("retention.bytes"),
                     ", which is nothing Sluice uses: it was made by "
                     "someone else"));
  }
  if (retention_ms >= 0) spec.retention = absl::Milliseconds(retention_ms);
  if (retention_bytes >= 0) {
    spec.retention_bytes = static_cast<uint64_t>(retention_bytes);
  }
  return spec;
}

}  // namespace sluice::bus
