// Copies of so few bytes that a call of memcpy costs more than what it does.
#ifndef SLUICE_LIBS_BASE_SHORT_COPY_H_
#define SLUICE_LIBS_BASE_SHORT_COPY_H_

#include <cstddef>
#include <cstring>

namespace sluice {

namespace short_copy_internal {

// kSize to 2 * kSize bytes, in two pieces that may overlap.
template <size_t kSize>
void CopyInTwo(const char* from, size_t bytes, char* to) {
  char first[kSize];
  char last[kSize];
  std::memcpy(first, from, kSize);
  std::memcpy(last, from + bytes - kSize, kSize);
  std::memcpy(to, first, kSize);
  std::memcpy(to + bytes - kSize, last, kSize);
}

}  // namespace short_copy_internal

// memcpy, quick up to 64 bytes where most copies of a loop have about one size.
inline void CopyShort(const char* from, size_t bytes, char* to) {
  using short_copy_internal::CopyInTwo;
  if (bytes > 64) {
    std::memcpy(to, from, bytes);
  } else if (bytes > 32) {
    CopyInTwo<32>(from, bytes, to);
  } else if (bytes > 16) {
    CopyInTwo<16>(from, bytes, to);
  } else if (bytes >= 8) {
    CopyInTwo<8>(from, bytes, to);
  } else if (bytes >= 4) {
    CopyInTwo<4>(from, bytes, to);
  } else {
    for (size_t i = 0; i < bytes; ++i) to[i] = from[i];
  }
}

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_SHORT_COPY_H_
