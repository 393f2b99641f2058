// Few texts of which each row of a column gets one, row after row without a
// branch.
#ifndef SLUICE_LIBS_DESENSITIZE_SLOT_TEXTS_H_
#define SLUICE_LIBS_DESENSITIZE_SLOT_TEXTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::desensitize {

// Each text has a slot of as many bytes as the longest one needs: what is
// written is a slot, and what it has behind its text is written over by the
// next one. Immutable and thread-safe.
class SlotTexts {
 public:
  static constexpr size_t kTextBytesMax = 32;

  // Whether none of `texts` has more.
  static bool CanHold(const std::vector<std::string>& texts);

  // Bytes that are written behind the last text.
  static constexpr size_t kBytesBehind = 64;

  // The slot of no text at all.
  static constexpr uint64_t kNone = 0;

  // Slot i + 1 has texts[i]. Of texts that it can hold.
  explicit SlotTexts(const std::vector<std::string>& texts);

  // Writes the text of each of `rows` slots to `data` from `begin` on, one
  // behind the other, and to `ends` where in `data` each ends, an int32.
  // Returns where the last one does.
  size_t Write(const uint64_t* slots, uint32_t rows, char* data, size_t begin,
               char* ends) const;

 private:
  template <size_t kSlotBytes>
  size_t WriteCopies(const uint64_t* slots, uint32_t rows, char* data,
                     size_t begin, char* ends) const;
#if defined(__x86_64__)
  size_t WriteLaneTexts(const uint64_t* slots, uint32_t rows, char* data,
                        size_t begin, char* ends) const;
  size_t WriteAvx2(const uint64_t* slots, uint32_t rows, char* data,
                   size_t begin, char* ends) const;
#endif

  // 8, 16 or 32.
  size_t slot_bytes_;
  std::vector<char> texts_;
  std::vector<uint8_t> sizes_;
  // The same as lanes of lane_texts.h, if they are few and short.
  std::vector<uint64_t> lanes_;
  // And every two of those, one behind the other.
  std::vector<char> pairs_;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SLOT_TEXTS_H_
