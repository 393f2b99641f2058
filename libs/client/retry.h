// When to try again, and after how long.
#ifndef SLUICE_LIBS_CLIENT_RETRY_H_
#define SLUICE_LIBS_CLIENT_RETRY_H_

#include <random>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::client {

// Whether another broker, or the same one later, may answer otherwise: a reason
// that the table in libs/base/reason.cc calls retriable, a connection that
// failed, or no answer in time.
bool MayPass(const absl::Status& status);

// Waits that double from one to the next, up to a largest, each shortened by
// chance to as little as half, so that many clients do not come back at once.
// Not thread-safe.
class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration max)
      : first_(first),
        max_(max),
        next_(first),
        random_(std::random_device{}()) {}

  absl::Duration Next();
  void Reset() { next_ = first_; }

 private:
  const absl::Duration first_;
  const absl::Duration max_;
  absl::Duration next_;
  std::mt19937 random_;
};

}  // namespace sluice::client

#endif  // SLUICE_LIBS_CLIENT_RETRY_H_
