// Position tokens: where a consumer has come to, in the publisher's
// coordinates.
#ifndef SLUICE_LIBS_DELIVERY_POSITION_H_
#define SLUICE_LIBS_DELIVERY_POSITION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/bus/event_log.h"

namespace sluice::delivery {

// Longest token.
inline constexpr size_t kPositionBytesMax = 16'384;

// What a consumer has of one partition: everything up to this batch.
struct PartitionProgress {
  uint64_t generation = 0;
  uint64_t sequence = 0;
  // Of this batch only so many rows, from its first; 0: all of it.
  uint32_t row = 0;

  friend bool operator==(const PartitionProgress&,
                         const PartitionProgress&) = default;
};

struct Position {
  std::string resource;
  // By partition. One that is not named starts at its beginning.
  std::map<uint32_t, PartitionProgress> partitions;

  friend bool operator==(const Position&, const Position&) = default;
};

std::string EncodePosition(const Position& position);

// POSITION_INVALID unless `token` is a position of `resource`.
absl::StatusOr<Position> DecodePosition(absl::string_view token,
                                        absl::string_view resource);

// A message of a partition's chain as it lies on the bus. Nothing is verified:
// only its form, and that it names this resource and partition.
struct ChainMessage {
  bus::Message message;
  PartitionProgress progress;
};

// The first at or behind `offset`; nothing if there is none.
absl::StatusOr<std::optional<ChainMessage>> FirstFrom(
    bus::EventLog* log, const bus::TopicPartition& partition, int64_t offset);

// The last before `offset`, among the kLookBackMax offsets before it.
inline constexpr int64_t kLookBackMax = 1024;
absl::StatusOr<std::optional<ChainMessage>> LastBefore(
    bus::EventLog* log, const bus::TopicPartition& partition, int64_t offset);

// The bus offset behind the message of `partition` with the sequence `after`,
// or the first there is if `after` is 0. Sequences grow with offsets, so it
// takes a logarithmic number of reads; where replayed messages lie between,
// the whole partition is read.
//
// POSITION_EXPIRED if messages between `after` and the first that is left are
// gone; POSITION_INVALID if the partition has not come to `after`.
absl::StatusOr<int64_t> FindOffsetAfter(bus::EventLog* log,
                                        const bus::TopicPartition& partition,
                                        uint64_t after);

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_POSITION_H_
