// google.protobuf.Timestamp and absl::Time, to the nanosecond.
#ifndef SLUICE_LIBS_REGISTRY_TIMESTAMP_H_
#define SLUICE_LIBS_REGISTRY_TIMESTAMP_H_

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace sluice::registry {

// Whether `timestamp` is in the range that protobuf documents: the years 1 to
// 9999.
inline bool IsValidTimestamp(const google::protobuf::Timestamp& timestamp) {
  return timestamp.seconds() >= -62'135'596'800 &&
         timestamp.seconds() <= 253'402'300'799 && timestamp.nanos() >= 0 &&
         timestamp.nanos() <= 999'999'999;
}

inline absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

inline google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  timestamp.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(
      time - absl::FromUnixSeconds(timestamp.seconds()))));
  return timestamp;
}

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_TIMESTAMP_H_
