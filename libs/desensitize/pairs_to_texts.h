// The loop of treatments whose texts are two numbers.
#ifndef SLUICE_LIBS_DESENSITIZE_PAIRS_TO_TEXTS_H_
#define SLUICE_LIBS_DESENSITIZE_PAIRS_TO_TEXTS_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "libs/base/endian.h"
#include "libs/desensitize/number_pairs.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/output_validity.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

inline constexpr uint32_t kPairBlockRows = PairWriter::kRowsMax;

// A bit for each row of a block. A row that has neither has no text.
struct PairRows {
  uint64_t quick = 0;
  uint64_t exact = 0;
};

// Which of `rows` rows of `column` from `begin` on, a multiple of 64, are not
// null.
inline uint64_t ValuesFrom(const records::Column& column, uint32_t begin,
                           uint32_t rows) {
  const uint64_t values =
      rows < kPairBlockRows ? (uint64_t{1} << rows) - 1 : ~uint64_t{0};
  if (column.null_count == 0) return values;
  uint64_t valid = 0;
  std::memcpy(&valid, column.validity.data() + begin / 8, (rows + 7) / 8);
  return values & LoadLittle<uint64_t>(reinterpret_cast<const char*>(&valid));
}

// A STRING column made of `column`. `quick(row, rows, pairs)` sets the pairs of
// as many rows from `row` on and says for which of them that is right;
// `exact(row, out)` is asked for the others: it writes at most `bytes_max`,
// which is at least kPairTextBytesMax, at `out` and returns the end, or null
// for a value it cannot take. Only if PairWriter::CanWrite().
template <typename Quick, typename Exact>
Treated PairsToTexts(const records::Column& column, const PairWriter& writer,
                     size_t bytes_max, Quick quick, Exact exact) {
  assert(bytes_max >= kPairTextBytesMax);
  const uint32_t rows = column.row_count;
  records::AlignedBuffer offsets((rows + size_t{1} + PairWriter::kRowsBehind) *
                                 sizeof(int32_t));
  records::AlignedBuffer data((rows - column.null_count) * bytes_max +
                              PairWriter::kBytesBehind);
  OutputValidity validity(column);
  std::array<NumberPair, kPairBlockRows + PairWriter::kRowsBehind> pairs = {};
  size_t end = 0;
  StoreLittle<int32_t>(0, offsets.data());
  for (uint32_t begin = 0; begin < rows; begin += kPairBlockRows) {
    const uint32_t count = std::min(rows - begin, kPairBlockRows);
    const PairRows block = quick(begin, count, pairs.data());
    char* const ends = offsets.data() + (begin + size_t{1}) * sizeof(int32_t);
    for (uint32_t done = 0; done < count;) {
      const uint64_t exact_ahead = block.exact >> done;
      const uint32_t run = std::min(
          count - done, static_cast<uint32_t>(std::countr_zero(exact_ahead)));
      end = writer.Write(pairs.data() + done, run, block.quick >> done,
                         data.data(), end, ends + done * sizeof(int32_t));
      done += run;
      if (done == count) break;
      const char* const text_end = exact(begin + done, data.data() + end);
      if (text_end == nullptr) {
        validity.ClearRow(begin + done);
      } else {
        end = static_cast<size_t>(text_end - data.data());
      }
      StoreLittle(static_cast<int32_t>(end), ends + done * sizeof(int32_t));
      ++done;
    }
  }
  Treated treated{column, validity.cleared()};
  treated.column.type = records::v1::DATA_TYPE_STRING;
  treated.column.offsets =
      std::move(offsets).Share().Slice(0, (rows + size_t{1}) * sizeof(int32_t));
  treated.column.data = std::move(data).Share().Slice(0, end);
  std::move(validity).MoveTo(&treated.column);
  return treated;
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_PAIRS_TO_TEXTS_H_
