// Integers in byte strings: little-endian in buffers that follow Arrow,
// big-endian in keys that must sort. The address may be unaligned.
#ifndef SLUICE_LIBS_BASE_ENDIAN_H_
#define SLUICE_LIBS_BASE_ENDIAN_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

namespace sluice {

static_assert(std::endian::native == std::endian::little,
              "column buffers are used in place and are little-endian");

template <typename T>
T LoadLittle(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <typename T>
void StoreLittle(T value, void* to) {
  std::memcpy(to, &value, sizeof(T));
}

inline uint32_t LoadBig32(const void* from) {
  return __builtin_bswap32(LoadLittle<uint32_t>(from));
}

inline uint64_t LoadBig64(const void* from) {
  return __builtin_bswap64(LoadLittle<uint64_t>(from));
}

inline void AppendBig32(uint32_t value, std::string* to) {
  char bytes[sizeof(value)];
  StoreLittle(__builtin_bswap32(value), bytes);
  to->append(bytes, sizeof(bytes));
}

inline void AppendBig64(uint64_t value, std::string* to) {
  char bytes[sizeof(value)];
  StoreLittle(__builtin_bswap64(value), bytes);
  to->append(bytes, sizeof(bytes));
}

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_ENDIAN_H_
