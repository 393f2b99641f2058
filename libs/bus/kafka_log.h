// The event log on Apache Kafka, through librdkafka: the production bus.
//
// What runs where:
// - A producer is a transactional producer of Kafka; its id is the
//   transactional id, so that Kafka itself fences the older of two. Opening one
//   also settles what an earlier one of this id left behind: Kafka finishes the
//   commit that had begun, or aborts, before OpenProducer returns.
// - An appender is an idempotent producer; one serves the whole log.
// - A group member is an ordinary member of an ordinary consumer group, so
//   that Kafka's own tools show its lag. It reads committed messages only.
// - Read and Offsets go through a few consumers without a group that are kept
//   open between calls.
// Threads are librdkafka's (docs/threading.md): about three for a handle and
// one more for each node of Kafka. A producer and a member is a handle each.
//
// Offsets have gaps where transactions end, so that what a partition holds last
// may lie below Offsets().end - 1.
//
// A message without a value is written as a tombstone (Kafka's null), a key
// never as null. Messages that other programs wrote are read with an empty key
// or value where theirs is null; their headers are not seen.
#ifndef SLUICE_LIBS_BUS_KAFKA_LOG_H_
#define SLUICE_LIBS_BUS_KAFKA_LOG_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/bus/event_log.h"
#include "libs/bus/kafka_options.h"

namespace sluice::bus {

// Connects, and answers when a node did: STORAGE_FAILED saying which nodes were
// tried and what each said (refused, TLS, credentials); OUT_OF_BOUNDS for
// options outside their bounds. Producers, appenders and members must be gone
// before the log.
absl::StatusOr<std::unique_ptr<EventLog>> OpenKafkaLog(
    const KafkaLogOptions& options);

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_LOG_H_
