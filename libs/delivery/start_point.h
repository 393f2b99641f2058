// Where a stream begins to read a partition.
#ifndef SLUICE_LIBS_DELIVERY_START_POINT_H_
#define SLUICE_LIBS_DELIVERY_START_POINT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "libs/bus/event_log.h"
#include "libs/delivery/position.h"
#include "sluice/exchange/v1/exchange_service.pb.h"

namespace sluice::delivery {

// What a Start asks for, checked.
struct StartSpec {
  exchange::v1::StartFrom from = exchange::v1::START_FROM_COMMITTED;
  // With START_FROM_POSITION and START_FROM_RESUME.
  Position position;
};

// POSITION_INVALID if the position is missing, superfluous or not of
// `resource`.
absl::StatusOr<StartSpec> ParseStart(const exchange::v1::Start& start,
                                     absl::string_view resource);

struct StartPoint {
  // Bus offset of the first message to fetch.
  int64_t offset = 0;
  // What a position token says of the partition here; sequence 0 at the
  // beginning of the chain. Read from the bus, not verified. With a row, the
  // batch that it names is the first to fetch, and so many of its rows are
  // skipped.
  PartitionProgress before;
  // The message before `offset`, if there is one and it was delivered.
  std::optional<bus::Message> last;
  // A sequence that the consumer says it has; 0 if it said nothing.
  uint64_t after = 0;
  // Whether what the group has committed stays as it is: it is `offset`, or, of
  // a start by position, before it.
  bool committed = false;
  // Whether the group had committed something behind `offset`.
  bool moves_back = false;
  // Whether the consumer has nothing of what is before `offset`: it begins at
  // the beginning, or asked for the end.
  bool is_fresh = false;
  // Where the partition begins, for who has to read what is before `offset`.
  std::optional<int64_t> history_from;
};

// Where `partition` begins. With `regained` the stream got it from another
// member of its group: then what the group has committed counts before the
// spec. POSITION_EXPIRED if retention has removed what a position asks for;
// POSITION_INVALID if the position is ahead of the partition.
absl::StatusOr<StartPoint> ResolveStart(bus::EventLog* log,
                                        const std::string& group,
                                        const bus::TopicPartition& partition,
                                        const StartSpec& spec, bool regained);

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_START_POINT_H_
