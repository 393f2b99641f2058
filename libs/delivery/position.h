// Position tokens: where a consumer has come to, in the publisher's
// coordinates.
#ifndef SLUICE_LIBS_DELIVERY_POSITION_H_
#define SLUICE_LIBS_DELIVERY_POSITION_H_

#include <cstdint>
#include <map>
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

// The bus offset of the first message of `partition` whose sequence is greater
// than `after`. Sequences grow with offsets, so it takes a logarithmic number
// of reads. POSITION_EXPIRED if messages between `after` and the first that is
// left are gone.
absl::StatusOr<int64_t> FindOffsetAfter(bus::EventLog* log,
                                        const bus::TopicPartition& partition,
                                        uint64_t after);

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_POSITION_H_
