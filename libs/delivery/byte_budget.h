// Memory that many share and none may take without bound.
#ifndef SLUICE_LIBS_DELIVERY_BYTE_BUDGET_H_
#define SLUICE_LIBS_DELIVERY_BYTE_BUDGET_H_

#include <atomic>
#include <cstddef>

namespace sluice::delivery {

// Counts; allocates nothing. Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(size_t bytes_max) : bytes_max_(bytes_max) {}

  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  // What one of them has. Not thread-safe.
  class Share {
   public:
    // Of nothing. `budget` outlives it; null: no bound.
    explicit Share(ByteBudget* budget) : budget_(budget) {}
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // False if the budget has not that much left: then all stays as it was.
    bool GrowTo(size_t bytes);

   private:
    ByteBudget* const budget_;
    size_t bytes_ = 0;
  };

  size_t bytes_max() const { return bytes_max_; }
  // In use now.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  const size_t bytes_max_;
  std::atomic<size_t> bytes_ = 0;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_BYTE_BUDGET_H_
