// The newest message of a partition.
#ifndef SLUICE_LIBS_PUBLISH_LOG_TAIL_H_
#define SLUICE_LIBS_PUBLISH_LOG_TAIL_H_

#include <optional>

#include "absl/status/statusor.h"
#include "libs/bus/event_log.h"
#include "libs/records/envelope.h"

namespace sluice::publish {

// Nothing if the partition holds none. Errors are the log's.
absl::StatusOr<std::optional<bus::Message>> ReadLastMessage(
    bus::EventLog* log, const bus::TopicPartition& partition);

// Where the chain of (resource, partition) stands on the bus; nothing if the
// partition holds no message. CORRUPT if the newest message is no envelope of
// this chain. Whether it is signed as it should be is for readers to check.
absl::StatusOr<std::optional<records::ChainHead>> ReadChainHead(
    bus::EventLog* log, absl::string_view resource, uint32_t partition);

// OK if the partition has never held a message; CORRUPT if retention has taken
// those it had, and with them where its chain stands.
absl::Status CheckNeverUsed(bus::EventLog* log, absl::string_view resource,
                            uint32_t partition);

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_LOG_TAIL_H_
