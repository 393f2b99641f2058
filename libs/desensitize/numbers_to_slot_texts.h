// The loop of treatments from numbers to few texts.
#ifndef SLUICE_LIBS_DESENSITIZE_NUMBERS_TO_SLOT_TEXTS_H_
#define SLUICE_LIBS_DESENSITIZE_NUMBERS_TO_SLOT_TEXTS_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/slot_texts.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// `slot`, or none at all if the highest bit of `flags` is set.
SLUICE_ANY_LEVEL inline uint64_t SlotUnless(uint64_t flags, uint64_t slot) {
  static_assert(SlotTexts::kNone == 0);
  return slot & ((flags >> 63) - 1);
}

namespace slot_texts_internal {

// Rows whose slots are found before the first text is written.
inline constexpr uint32_t kBlockRows = 512;
using Slots = std::array<uint64_t, kBlockRows>;
// Rows that have a bit each in a word.
inline constexpr uint32_t kWordRows = 64;

template <typename In, typename FindSlot>
SLUICE_ANY_LEVEL inline uint64_t SlotAt(const char* in, const FindSlot& find) {
  const auto value = LoadLittle<typename FindSlot::Value>(in);
  if constexpr (sizeof(In) == 16) {
    const uint64_t high_of_wide =
        LoadLittle<uint64_t>(in + 8) ^ static_cast<uint64_t>(value >> 63);
    return SlotUnless(high_of_wide | (0 - high_of_wide), find(value));
  } else {
    return find(value);
  }
}

// Sets the slots of `rows` numbers; false if one has none.
template <typename In, typename FindSlot>
bool FindSlots(const char* in, uint32_t rows, const FindSlot& find,
               Slots* slots) {
  const uint64_t below_slots = RunAtUsedCpuLevel(
      [=, out = reinterpret_cast<char*>(slots->data())]() SLUICE_ANY_LEVEL {
        uint64_t all = 0;
        for (uint32_t row = 0; row < rows; ++row) {
          const uint64_t slot = SlotAt<In>(in + row * sizeof(In), find);
          all |= slot - 1;
          StoreLittle(slot, out + row * sizeof(slot));
        }
        return all;
      });
  return below_slots >> 63 == 0;
}

// A bit for each of up to kWordRows rows that has no slot.
inline uint64_t SlotlessRows(const uint64_t* slots, uint32_t rows) {
  uint64_t bits = 0;
  for (uint32_t row = 0; row < rows; ++row) {
    bits |= uint64_t{slots[row] == SlotTexts::kNone} << row;
  }
  return bits;
}

// A bit for each of up to kWordRows rows of `column` from `begin` on, a
// multiple of it, that is null.
inline uint64_t NullRows(const records::Column& column, uint32_t begin,
                         uint32_t rows) {
  if (column.null_count == 0) return 0;
  uint64_t valid = 0;
  std::memcpy(&valid, column.validity.data() + begin / 8, (rows + 7) / 8);
  const uint64_t used =
      rows < kWordRows ? (uint64_t{1} << rows) - 1 : ~uint64_t{0};
  return used & ~LoadLittle<uint64_t>(reinterpret_cast<const char*>(&valid));
}

// A column on its way.
template <typename In, typename FindSlot, typename Exact>
class SlotTextColumn {
 public:
  SlotTextColumn(const records::Column& column, const SlotTexts& texts,
                 size_t bytes_max, const FindSlot& find, const Exact& exact)
      : column_(column),
        texts_(texts),
        find_(find),
        exact_(exact),
        offsets_((column.row_count + size_t{1}) * sizeof(int32_t)),
        data_((column.row_count - column.null_count) * bytes_max +
              SlotTexts::kBytesBehind),
        validity_(column) {}

  Treated Treat() && {
    const uint32_t rows = column_.row_count;
    StoreLittle<int32_t>(0, offsets_.data());
    Slots slots;
    for (uint32_t begin = 0; begin < rows; begin += kBlockRows) {
      TreatBlock(begin, std::min(rows - begin, kBlockRows), &slots);
    }
    Treated treated{column_, validity_.cleared()};
    treated.column.type = records::v1::DATA_TYPE_STRING;
    treated.column.offsets = std::move(offsets_).Share();
    treated.column.data = std::move(data_).Share().Slice(0, end_);
    std::move(validity_).MoveTo(&treated.column);
    return treated;
  }

 private:
  const char* ValueAt(uint32_t row) const {
    return column_.data.data() + row * sizeof(In);
  }

  void TreatBlock(uint32_t begin, uint32_t rows, Slots* slots) {
    const bool have_all = FindSlots<In>(ValueAt(begin), rows, find_, slots);
    if (have_all && column_.null_count == 0) {
      return Write(begin, slots->data(), rows);
    }
    for (uint32_t done = 0; done < rows; done += kWordRows) {
      const uint32_t count = std::min(rows - done, kWordRows);
      const uint32_t row = begin + done;
      uint64_t* const slots_here = slots->data() + done;
      const uint64_t slotless = have_all ? 0 : SlotlessRows(slots_here, count);
      TreatRows(row, count, slotless, slots_here);
    }
  }

  void TreatRows(uint32_t begin, uint32_t rows, uint64_t slotless,
                 uint64_t* slots) {
    const uint64_t nulls = NullRows(column_, begin, rows);
    for (uint64_t left = nulls; left != 0; left &= left - 1) {
      slots[std::countr_zero(left)] = SlotTexts::kNone;
    }
    uint32_t done = 0;
    for (uint64_t left = slotless & ~nulls; left != 0; left &= left - 1) {
      const auto next = static_cast<uint32_t>(std::countr_zero(left));
      Write(begin + done, slots + done, next - done);
      WriteExactly(begin + next);
      done = next + 1;
    }
    Write(begin + done, slots + done, rows - done);
  }

  // The texts of rows that have slots.
  void Write(uint32_t row, const uint64_t* slots, uint32_t rows) {
    end_ = texts_.Write(slots, rows, data_.data(), end_, EndOf(row));
  }

  void WriteExactly(uint32_t row) {
    const char* const end =
        exact_(LoadLittle<In>(ValueAt(row)), data_.data() + end_);
    if (end == nullptr) {
      validity_.ClearRow(row);
    } else {
      end_ = static_cast<size_t>(end - data_.data());
    }
    StoreLittle(static_cast<int32_t>(end_), EndOf(row));
  }

  char* EndOf(uint32_t row) {
    return offsets_.data() + (row + size_t{1}) * sizeof(int32_t);
  }

  const records::Column& column_;
  const SlotTexts& texts_;
  const FindSlot& find_;
  const Exact& exact_;
  records::AlignedBuffer offsets_;
  records::AlignedBuffer data_;
  OutputValidity validity_;
  size_t end_ = 0;
};

}  // namespace slot_texts_internal

// A STRING column made of `column`, whose values are `In`, of which most get a
// text of `texts`. `find(value)` is SLUICE_ANY_LEVEL and says in which slot it
// is; it is asked about nulls too. Where it says SlotTexts::kNone
// `exact(value, out)` is asked, the `write` of NumbersToTexts. A DECIMAL128 is
// one of 64 bits to `find`, and has no slot if it is none. No text has more
// than `bytes_max` bytes.
template <typename In, typename FindSlot, typename Exact>
Treated NumbersToSlotTexts(const records::Column& column,
                           const SlotTexts& texts, size_t bytes_max,
                           const FindSlot& find, const Exact& exact) {
  return slot_texts_internal::SlotTextColumn<In, FindSlot, Exact>(
             column, texts, bytes_max, find, exact)
      .Treat();
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NUMBERS_TO_SLOT_TEXTS_H_
