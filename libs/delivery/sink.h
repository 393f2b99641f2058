// Where a stream's messages go. The broker's is a gRPC call; delivery knows
// none.
#ifndef SLUICE_LIBS_DELIVERY_SINK_H_
#define SLUICE_LIBS_DELIVERY_SINK_H_

#include "absl/status/status.h"
#include "libs/delivery/framing.h"

namespace sluice::delivery {

class Sink {
 public:
  virtual ~Sink() = default;

  // Starts writing one message and returns without waiting for it. The stream
  // starts the next after its OnWritten was called for this one, from any
  // thread, also before this returns.
  virtual void Write(Frame frame) = 0;

  // Ends the call: after what is being written, or instead of it if `status` is
  // an error. Called once; nothing of this object is called afterwards.
  virtual void Finish(const absl::Status& status) = 0;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_SINK_H_
