#include "libs/delivery/gate.h"

namespace sluice::delivery {

std::unique_ptr<Gate::Pass> Gate::Enter() {
  MutexLock lock(&mutex_);
  if (!reason_.ok()) return nullptr;
  ++inside_;
  return std::make_unique<Pass>(this);
}

void Gate::Leave() {
  MutexLock lock(&mutex_);
  if (--inside_ == 0) empty_.SignalAll();
}

void Gate::Close(const absl::Status& reason) {
  MutexLock lock(&mutex_);
  if (reason_.ok()) reason_ = reason;
  while (inside_ > 0) empty_.Wait(&mutex_);
}

absl::Status Gate::reason() const {
  MutexLock lock(&mutex_);
  return reason_;
}

std::shared_ptr<Gate> GateTable::Get(const std::string& agreement,
                                     uint32_t version) {
  MutexLock lock(&mutex_);
  std::shared_ptr<Gate>& gate = gates_[{agreement, version}];
  if (gate == nullptr) gate = std::make_shared<Gate>();
  return gate;
}

void GateTable::Close(const std::string& agreement, uint32_t version,
                      const absl::Status& reason) {
  // Outside the table's lock: other agreements' streams must not wait with us.
  Get(agreement, version)->Close(reason);
}

void GateTable::Renew(const std::string& agreement, uint32_t version) {
  MutexLock lock(&mutex_);
  const auto found = gates_.find({agreement, version});
  if (found == gates_.end() || found->second->reason().ok()) return;
  gates_.erase(found);
}

}  // namespace sluice::delivery
