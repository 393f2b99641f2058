#include "libs/delivery/gate.h"

#include <algorithm>
#include <vector>

namespace sluice::delivery {

std::unique_ptr<Gate::Pass> Gate::Enter() {
  MutexLock lock(&mutex_);
  if (!reason_.ok()) return nullptr;
  ++inside_[epoch_];
  return std::make_unique<Pass>(this, epoch_);
}

void Gate::Leave(int epoch) {
  MutexLock lock(&mutex_);
  if (--inside_[epoch] == 0) changed_.SignalAll();
}

void Gate::Close(const absl::Status& reason) {
  MutexLock lock(&mutex_);
  if (reason_.ok()) reason_ = reason;
  while (inside_[0] + inside_[1] > 0) changed_.Wait(&mutex_);
}

void Gate::Drain() {
  MutexLock lock(&mutex_);
  // One at a time: the other epoch must be empty before it begins.
  while (draining_) changed_.Wait(&mutex_);
  draining_ = true;
  const int before = epoch_;
  epoch_ = 1 - epoch_;
  while (inside_[before] > 0) changed_.Wait(&mutex_);
  draining_ = false;
  changed_.SignalAll();
}

absl::Status Gate::reason() const {
  MutexLock lock(&mutex_);
  return reason_;
}

std::shared_ptr<Gate> GateTable::Get(const std::string& agreement,
                                     uint32_t version, uint64_t applied) {
  MutexLock lock(&mutex_);
  Entry& entry = gates_[{agreement, version}];
  if (!entry.gate->reason().ok() && entry.closed_at <= applied) entry = Entry();
  return entry.gate;
}

void GateTable::Close(const std::string& agreement, uint32_t version,
                      uint64_t offset, const absl::Status& reason) {
  std::shared_ptr<Gate> gate;
  {
    MutexLock lock(&mutex_);
    Entry& entry = gates_[{agreement, version}];
    entry.closed_at = std::max(entry.closed_at, offset);
    gate = entry.gate;
  }
  // Outside the table's lock: other agreements' streams must not wait with us.
  gate->Close(reason);
}

void GateTable::DrainAll() {
  std::vector<std::shared_ptr<Gate>> gates;
  {
    MutexLock lock(&mutex_);
    gates.reserve(gates_.size());
    for (const auto& [version, entry] : gates_) gates.push_back(entry.gate);
  }
  for (const auto& gate : gates) gate->Drain();
}

void GateTable::Renew(const std::string& agreement, uint32_t version) {
  MutexLock lock(&mutex_);
  const auto found = gates_.find({agreement, version});
  if (found == gates_.end() || found->second.gate->reason().ok()) return;
  gates_.erase(found);
}

}  // namespace sluice::delivery
