#include "libs/client/retry.h"

#include <algorithm>

#include "libs/base/status.h"

namespace sluice::client {

bool MayPass(const absl::Status& status) {
  return IsRetriable(status) || absl::IsDeadlineExceeded(status);
}

absl::Duration Backoff::Next() {
  const absl::Duration longest = next_;
  next_ = std::min(max_, next_ * 2);
  return longest * std::uniform_real_distribution<>(0.5, 1.0)(random_);
}

}  // namespace sluice::client
