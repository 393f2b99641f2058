// Where a stream begins to read a partition.
#ifndef SLUICE_LIBS_DELIVERY_START_POINT_H_
#define SLUICE_LIBS_DELIVERY_START_POINT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "libs/bus/event_log.h"
#include "libs/delivery/position.h"
#include "sluice/exchange/v1/exchange_service.pb.h"

namespace sluice::delivery {

// What a Start asks for, checked.
struct StartSpec {
  exchange::v1::StartFrom from = exchange::v1::START_FROM_COMMITTED;
  // With START_FROM_POSITION.
  Position position;
};

// POSITION_INVALID if the position is missing, superfluous or not of
// `resource`.
absl::StatusOr<StartSpec> ParseStart(const exchange::v1::Start& start,
                                     absl::string_view resource);

struct StartPoint {
  // Bus offset of the first message to fetch.
  int64_t offset = 0;
  // What lies before it; sequence 0 at the beginning of the chain.
  PartitionProgress before;
};

// Where `partition` begins. With `regained` the stream got it from another
// member of its group: then what the group has committed counts before the
// spec. POSITION_EXPIRED if retention has removed what a position asks for.
absl::StatusOr<StartPoint> ResolveStart(bus::EventLog* log,
                                        const std::string& group,
                                        const bus::TopicPartition& partition,
                                        const StartSpec& spec, bool regained);

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_START_POINT_H_
