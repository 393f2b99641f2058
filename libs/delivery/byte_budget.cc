#include "libs/delivery/byte_budget.h"

namespace sluice::delivery {

ByteBudget::Share::~Share() {
  if (budget_ != nullptr) budget_->bytes_ -= bytes_;
}

bool ByteBudget::Share::GrowTo(size_t bytes) {
  if (budget_ != nullptr) {
    const size_t more = bytes - bytes_;
    size_t taken = budget_->bytes_.load(std::memory_order_relaxed);
    do {
      if (more > budget_->bytes_max_ - taken) return false;
    } while (!budget_->bytes_.compare_exchange_weak(taken, taken + more));
  }
  bytes_ = bytes;
  return true;
}

}  // namespace sluice::delivery
