// A TopicSpec as the settings of a topic of Kafka, and back.
#ifndef SLUICE_LIBS_BUS_KAFKA_TOPIC_CONFIG_H_
#define SLUICE_LIBS_BUS_KAFKA_TOPIC_CONFIG_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event_log.h"
#include "libs/bus/kafka_config.h"
#include "libs/bus/kafka_options.h"

namespace sluice::bus {

// A compacted topic keeps every message at least for so long, also those that a
// newer one of their key replaces. A broker's lease rests on the heartbeats of
// this time being seen by whoever replays the registry.
inline constexpr absl::Duration kKafkaCompactionLagMin = absl::Minutes(2);

// How long a compacted topic shows that a key was removed, at least: a reader
// that takes longer from the beginning to the end may keep the key.
inline constexpr absl::Duration kKafkaTombstoneRetentionMin = absl::Hours(24);

// A topic as Kafka describes it.
struct KafkaTopicState {
  int partitions = 0;
  int replicas = 0;
  std::map<std::string, std::string> settings;
};

// The settings a topic of this spec is created with.
KafkaSettings TopicSettings(const TopicSpec& spec,
                            const KafkaLogOptions& options);

// OK if the topic serves for `spec`: what the spec says is there, and what the
// bus's promises rest on is at least as strict. WRONG_STATE otherwise, with
// every difference and the commands that mend it. `name` is Kafka's.
absl::Status CompareTopic(const TopicSpec& spec, const KafkaTopicState& state,
                          const KafkaLogOptions& options,
                          const std::string& name);

// The spec of a topic. WRONG_STATE for one that no spec describes.
absl::StatusOr<TopicSpec> SpecOfTopic(const std::string& name,
                                      const KafkaTopicState& state);

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_TOPIC_CONFIG_H_
