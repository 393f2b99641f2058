// The bounds that event_log.h states, checked the same way by every
// implementation.
#ifndef SLUICE_LIBS_BUS_BOUNDS_H_
#define SLUICE_LIBS_BUS_BOUNDS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/bus/event_log.h"

namespace sluice::bus {

// Most bytes of keys and values in one Producer::Append.
inline constexpr size_t kAppendBytesMax = size_t{64} << 20;

// OUT_OF_BOUNDS unless a topic may have this spec.
absl::Status ValidateTopicSpec(const TopicSpec& spec);

// OUT_OF_BOUNDS, for `field`, unless `id` is one of a group or producer.
absl::Status ValidateId(absl::string_view field, const std::string& id);

// TOO_LARGE if the message does not fit.
absl::Status CheckSize(const Outgoing& message);

// TOO_LARGE if a message does not fit, or all of them together.
absl::Status CheckSizes(const std::vector<Outgoing>& messages);

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_BOUNDS_H_
