// The gate of one agreement: a write may start only while it is open, and
// closing it waits for the writes that are starting. When Close returns, no
// write under the agreement starts any more: this is what an acknowledged
// revocation means.
#ifndef SLUICE_LIBS_DELIVERY_GATE_H_
#define SLUICE_LIBS_DELIVERY_GATE_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "libs/base/mutex.h"

namespace sluice::delivery {

// Thread-safe. Starts open; closed once, it stays closed.
class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // Held for as long as it takes to start one write.
  class Pass {
   public:
    Pass(Gate* gate, int epoch) : gate_(gate), epoch_(epoch) {}
    ~Pass() { gate_->Leave(epoch_); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    Gate* const gate_;
    const int epoch_;
  };

  // A pass, or null after Close: then reason() says why.
  std::unique_ptr<Pass> Enter();

  // Lets nobody in from now on, and returns when the last pass is given back.
  // Not to be called while holding a pass. `reason` must not be OK; the first
  // one stays.
  void Close(const absl::Status& reason);

  // Returns when every pass that was out at the call is given back; others are
  // let in meanwhile and not waited for. What was decided under a pass before
  // the call leads to no write after it. Not to be called while holding a pass.
  void Drain();

  // OK while the gate is open.
  absl::Status reason() const;

 private:
  void Leave(int epoch);

  mutable Mutex mutex_;
  CondVar changed_;
  // Passes are counted by the epoch in which they were given out. A Drain
  // begins the other one and waits for those of its own, so that newcomers
  // cannot keep it waiting; the other one is empty unless a Drain is at work.
  int epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  std::array<int, 2> inside_ ABSL_GUARDED_BY(mutex_) = {0, 0};
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status reason_ ABSL_GUARDED_BY(mutex_);
};

// The gates of all agreements that have or had streams. Thread-safe.
//
// A gate stays closed. A version that may be delivered again, as after a
// suspension, gets a new gate: who was let in by the old one asks it again
// before each write, and is never let in by mistake.
class GateTable {
 public:
  // The gate of one agreement version; made open if it is new. The caller has
  // found the version active with everything up to registry offset `applied`
  // applied: what closed the gate at or before it was undone since, and who is
  // to Renew it has only not been told yet.
  std::shared_ptr<Gate> Get(const std::string& agreement, uint32_t version,
                            uint64_t applied);

  // Closes the gate of one version, as Gate::Close, also for streams that open
  // later. The command stands at `offset` in the registry's log.
  void Close(const std::string& agreement, uint32_t version, uint64_t offset,
             const absl::Status& reason);

  // As Gate::Drain, of all gates.
  void DrainAll();

  // Streams that open from now on get a new gate, if that of the version is
  // closed. An open one stays, for its streams must hear of the next Close.
  void Renew(const std::string& agreement, uint32_t version);

 private:
  struct Entry {
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    // Of the last command that closed it.
    uint64_t closed_at = 0;
  };

  Mutex mutex_;
  std::map<std::pair<std::string, uint32_t>, Entry> gates_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_GATE_H_
