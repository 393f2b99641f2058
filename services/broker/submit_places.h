// How many commands a broker works on at a time.
#ifndef SLUICE_SERVICES_BROKER_SUBMIT_PLACES_H_
#define SLUICE_SERVICES_BROKER_SUBMIT_PLACES_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/base/mutex.h"

namespace sluice::broker {

// A command holds a thread until it is applied and respected, which takes long
// while Kafka is away or a lease has to run out. With a bound on them there is
// always a thread for those who only read. Thread-safe.
class SubmitPlaces {
 public:
  explicit SubmitPlaces(int places) : places_(places), free_(places) {}
  // All places must have been given back.
  ~SubmitPlaces() = default;
  SubmitPlaces(const SubmitPlaces&) = delete;
  SubmitPlaces& operator=(const SubmitPlaces&) = delete;

  struct GiveBack {
    void operator()(SubmitPlaces* places) const { places->Return(); }
  };
  // Given back when it goes.
  using Place = std::unique_ptr<SubmitPlaces, GiveBack>;

  // Does not wait. TOO_MANY, which is retriable, when all are taken.
  absl::StatusOr<Place> Take();

 private:
  void Return();

  const int places_;
  Mutex mutex_;
  int free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_SUBMIT_PLACES_H_
