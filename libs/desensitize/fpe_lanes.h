// Values on their way through FF1, several side by side.
#ifndef SLUICE_LIBS_DESENSITIZE_FPE_LANES_H_
#define SLUICE_LIBS_DESENSITIZE_FPE_LANES_H_

#include <array>
#include <cstddef>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/crypto/ff1.h"

namespace sluice::desensitize {

// Holds up to a few values until they are encrypted together. `write(value,
// out)` then puts one where it was to go. Not thread-safe.
template <typename Write>
class FpeLanes {
 public:
  FpeLanes(const crypto::Ff1& ff1, Write write)
      : ff1_(ff1), write_(std::move(write)) {}

  // The tweak stays valid until the value is written to `out`, which is at the
  // next Flush at the latest.
  void Add(const crypto::Ff1::Value& value, char* out) {
    values_[size_] = value;
    outs_[size_] = out;
    if (++size_ == kLanes) Flush();
  }

  void Flush() {
    ff1_.EncryptMany(values_.data(), size_);
    for (size_t i = 0; i < size_; ++i) write_(values_[i], outs_[i]);
    size_ = 0;
  }

 private:
  static constexpr size_t kLanes = 8;

  const crypto::Ff1& ff1_;
  const Write write_;
  std::array<crypto::Ff1::Value, kLanes> values_;
  std::array<char*, kLanes> outs_;
  size_t size_ = 0;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_FPE_LANES_H_
