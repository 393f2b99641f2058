// KafkaLogOptions as settings of librdkafka.
#ifndef SLUICE_LIBS_BUS_KAFKA_CONFIG_H_
#define SLUICE_LIBS_BUS_KAFKA_CONFIG_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/bus/kafka_options.h"

namespace sluice::bus {

// name, value. Of one name the last counts.
using KafkaSettings = std::vector<std::pair<std::string, std::string>>;

// Kafka's bound for a record batch: room for one message of kMessageBytesMax
// and what Kafka writes around it. Kafka's own default, written down so that a
// cluster with a smaller one still takes our messages.
inline constexpr size_t kKafkaBatchBytesMax = 1'048'588;

// A member that was not polled for so long gives its partitions back. The
// others cannot get them earlier, for they wait for its Poll.
inline constexpr absl::Duration kKafkaPollInterval = absl::Minutes(5);

// OUT_OF_BOUNDS, naming the field, unless every option is within its bounds.
absl::Status ValidateKafkaOptions(const KafkaLogOptions& options);

// Whether Sluice's promises rest on the setting, so that nobody else may set
// it.
bool IsReservedKafkaProperty(absl::string_view name);

// What every handle needs: where Kafka is, who we are.
KafkaSettings ConnectionSettings(const KafkaLogOptions& options);

// And what each kind needs besides.
KafkaSettings TransactionalSettings(const KafkaLogOptions& options,
                                    const std::string& transactional_id);
KafkaSettings AppenderSettings(const KafkaLogOptions& options);
// `tail`: waits for messages that are yet to come.
KafkaSettings CursorSettings(bool tail);
// `partitions`: of the topic.
KafkaSettings MemberSettings(const KafkaLogOptions& options,
                             const std::string& group_id, int partitions);

// Bytes that librdkafka fetches ahead of a member's one partition, and of a
// cursor.
size_t MemberPrefetchBytes(const KafkaLogOptions& options, int partitions);
inline constexpr size_t kCursorPrefetchBytes = size_t{4} << 20;

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_CONFIG_H_
