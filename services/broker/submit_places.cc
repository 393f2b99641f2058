#include "services/broker/submit_places.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::broker {

absl::StatusOr<SubmitPlaces::Place> SubmitPlaces::Take() {
  {
    const MutexLock lock(&mutex_);
    if (free_ > 0) {
      --free_;
      return Place(this);
    }
  }
  return Error(
      status::v1::REASON_CODE_TOO_MANY,
      absl::StrCat("this broker works on ", places_,
                   " commands already, the most at a time, so this one was not "
                   "taken: submit it again in a moment, here or at another "
                   "broker; if it stays so, look whether the bus can be "
                   "reached"));
}

void SubmitPlaces::Return() {
  const MutexLock lock(&mutex_);
  ++free_;
}

}  // namespace sluice::broker
