#include "libs/desensitize/point_rows.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/form_windows.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/point_forms.h"
#include "libs/desensitize/window_starts.h"
#include "libs/records/aligned_buffer.h"

namespace sluice::desensitize {

#if defined(__x86_64__)

namespace {

using ExactCut = absl::FunctionRef<char*(const char*, const char*, char*)>;

// Points that a window may have.
constexpr uint32_t kRowsMax = 3;

constexpr uint32_t kOffsetsOfVector = kFormVectorBytes / sizeof(uint32_t);
using Indices = std::array<uint32_t, kOffsetsOfVector>;

// What of the digits that stay of a number a cell lowers.
enum class Lowered {
  kNone,
  // The last one, each digit to one of its own.
  kLast,
  // The last two, to a multiple of 25.
  kLastTwo,
};

// Of the windows of a batch.
struct PointBatch {
  uint32_t count = 0;
  // What bytes are, by their kinds: digits, the two bits of their codes, and
  // digits from 5 on.
  BatchBits digits;
  BatchBits low;
  BatchBits high;
  BatchBits upper;
  // What stays of the texts...
  BatchBits kept;
  // ...and of that the digits that are lowered.
  BatchBits lowered;
  // Where two digits are, they are the sum of 5 and 2, or one of these, or 0.
  BatchBits fives;
  BatchBits twos;
  // How many bytes stay of the texts up to the first, the second...
  std::array<BatchBits, kRowsMax> sizes;
  // Where in the output the window goes.
  BatchBits places;
  // A bit for each window in which a text needs the exact way.
  uint32_t wrong = 0;
};

// What a byte is in a point: whether a digit, and a code of two bits. Of other
// bytes a comma has 1, a point 2, and what has no place there 0; of digits
//
//                                   0  1  2  3 4  5 6  7  8 9
//     where at most one is lowered  1  0  2  2    2    2  3
//     where two are                 1  0  2  3    0    2  3
//
// The codes above tell whole parts below 180; those below do so together with
// the bit of digits that are 5 or more, and tell what Lower asks for.
constexpr uint8_t kIsDigit = 0x80;
constexpr uint8_t kIsUpper = 0x40;
constexpr uint8_t kCodeLow = 1;
constexpr uint8_t kCodeHigh = 2;

template <Lowered kLowered>
constexpr uint32_t CodeOf(uint32_t digit) {
  if (digit < 2) return 1 - digit;
  if (kLowered != Lowered::kLastTwo) return digit < 8 ? 2 : 3;
  return std::array{0u, 0u, 2u, 3u, 3u}[digit % 5];
}

struct alignas(kFormVectorBytes) KindsOfBytes {
  std::array<uint8_t, kFormVectorBytes> of = {};
};

// By byte. What is above the digits is nothing, as is the last of these.
template <Lowered kLowered>
constexpr KindsOfBytes FindKinds() {
  KindsOfBytes kinds;
  kinds.of[','] = kCodeLow;
  kinds.of['.'] = kCodeHigh;
  for (uint32_t digit = 0; digit < 10; ++digit) {
    kinds.of['0' + digit] = static_cast<uint8_t>(
        kIsDigit | (digit < 5 ? 0 : kIsUpper) | CodeOf<kLowered>(digit));
  }
  return kinds;
}

// In each part of a vector, where instructions look up to 16 bytes.
SLUICE_AVX512 inline __m512i InEachPart(const void* sixteen_bytes) {
  return _mm512_broadcast_i32x4(
      _mm_loadu_si128(static_cast<const __m128i*>(sixteen_bytes)));
}

template <Lowered kLowered>
SLUICE_AVX512 inline void Look(__m512i bytes, __m512i kinds, uint32_t i,
                               PointBatch* batch) {
  const __m512i kind = _mm512_permutexvar_epi8(
      _mm512_min_epu8(bytes, _mm512_set1_epi8(kFormVectorBytes - 1)), kinds);
  batch->digits.of[i] = _mm512_movepi8_mask(kind);
  batch->low.of[i] = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(kCodeLow));
  batch->high.of[i] = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(kCodeHigh));
  if constexpr (kLowered == Lowered::kLastTwo) {
    // Doubled, the bit is the highest, for which the other port has time.
    batch->upper.of[i] = _mm512_movepi8_mask(_mm512_add_epi8(kind, kind));
  }
}

// How all points are cut.
struct CutLanes {
  // From a point behind the last decimal that must be there, one at least.
  BitLanes behind_decimals;
  // From a point to the last digit that stays, and to the one before, round
  // about if that is before the point.
  BitLanes to_last;
  BitLanes to_last_but_one;
  // From that one to the last.
  BitLanes between_last;
  // All bits, or none if no decimals stay.
  BitLanes with_decimals;

  SLUICE_AVX512 explicit CutLanes(uint32_t decimals)
      : behind_decimals(BitLanes{} + (std::max(decimals, 1u) + 1)),
        to_last(BitLanes{} + (decimals == 0 ? kFormVectorBytes - 1 : decimals)),
        to_last_but_one(BitLanes{} +
                        (decimals < 2 ? kFormVectorBytes - 1 : decimals - 1)),
        between_last(BitLanes{} + (decimals < 2 ? 2 : 1)),
        with_decimals(BitLanes{} - (decimals == 0 ? 0 : 1)) {}
};

// `then` where `where` has bits, `otherwise` elsewhere.
SLUICE_AVX512 inline BitLanes Select(BitLanes where, BitLanes then,
                                     BitLanes otherwise) {
  return BitLanes(_mm512_ternarylogic_epi64(__m512i(where), __m512i(then),
                                            __m512i(otherwise), 0xCA));
}

struct PointVerdict {
  BitLanes kept;
  BitLanes points;
  // Not 0 if a text is neither empty nor a point that can be cut.
  BitLanes wrong;
};

// Of the windows from `first` on, whose texts have a bit in `inside` for each
// byte. A bit in `starts` is where a text, or the one behind the last, begins.
template <Lowered kLowered>
SLUICE_AVX512 inline PointVerdict Judge(const PointBatch& batch, uint32_t first,
                                        BitLanes inside, BitLanes starts,
                                        const CutLanes& cut) {
  const BitLanes digits = LanesOf(batch.digits, first);
  const BitLanes low = LanesOf(batch.low, first);
  const BitLanes high = LanesOf(batch.high, first);
  const BitLanes commas = low & ~digits & inside;
  const BitLanes points = high & ~digits & inside;
  // From the beginning of each text to its comma, and all behind the last text.
  // A text has no comma, begins with it or has two: the difference is that only
  // where none of this is so. The same for a number and its point.
  const BitLanes to_comma = commas - starts;
  const BitLanes behind_commas = commas + commas;
  const BitLanes numbers = starts | behind_commas;
  const BitLanes to_point = points - numbers;
  const BitLanes no_turns = Select(to_comma, commas, starts) |
                            Select(to_point, points, numbers) |
                            (behind_commas & starts);
  const BitLanes not_of_points = inside & ~(digits | low | high);
  // Where decimals of two numbers would overlap, the second one's point is
  // among those of the first.
  const BitLanes decimals = (points << cut.behind_decimals) - (points + points);
  const BitLanes no_decimals = decimals & ~(digits & ~starts);
  // Of whole parts that have them. A number is of three bytes at least, so
  // that none of these belongs to another one.
  const BitLanes whole = to_point & inside;
  const BitLanes second_digits = (numbers + numbers) & whole;
  const BitLanes third_digits = (second_digits + second_digits) & whole;
  const BitLanes fourth_digits = (third_digits + third_digits) & whole;
  const BitLanes zeros = numbers & low & ~high;
  // Of three digits only "1" and what is not above "7" is below 180.
  BitLanes ones = digits & ~(low | high);
  BitLanes above_7 = low & high;
  if constexpr (kLowered == Lowered::kLastTwo) {
    const BitLanes upper = LanesOf(batch.upper, first);
    ones &= ~upper;
    above_7 &= upper;
  }
  const BitLanes below_80 = (ones + ones) & second_digits & ~above_7;
  const BitLanes too_high = third_digits & ~(below_80 + below_80);
  return {whole | commas | ((points | decimals) & cut.with_decimals), points,
          no_turns | not_of_points | no_decimals | fourth_digits | too_high |
              (whole & (zeros + zeros))};
}

SLUICE_AVX512 inline void Store(BitLanes bits, uint32_t first,
                                BatchBits* batch) {
  _mm512_store_si512(&batch->of[first], __m512i(bits));
}

SLUICE_AVX512 inline BitLanes Turned(BitLanes bits, BitLanes left) {
  return BitLanes(_mm512_rolv_epi64(__m512i(bits), __m512i(left)));
}

// Says which digits of the windows from `first` on are lowered, and to what.
// Below 100 the multiples of 25 are 00, 25, 50 and 75.
template <Lowered kLowered>
SLUICE_AVX512 inline void Lower(BitLanes points, const CutLanes& cut,
                                uint32_t first, PointBatch* batch) {
  if constexpr (kLowered == Lowered::kNone) return;
  const BitLanes last = Turned(points, cut.to_last);
  if constexpr (kLowered == Lowered::kLast) {
    Store(last, first, &batch->lowered);
  } else {
    const BitLanes last_but_one = Turned(points, cut.to_last_but_one);
    const BitLanes upper = LanesOf(batch->upper, first);
    // What is left of two digits is 50 if the first one is upper, and 25 if it
    // is 3, 4, 8 or 9, or 2 or 7 before an upper one.
    const BitLanes quarters =
        last_but_one & LanesOf(batch->high, first) &
        (LanesOf(batch->low, first) | (upper >> cut.between_last));
    Store(last_but_one | last, first, &batch->lowered);
    Store((last_but_one & upper) | (quarters << cut.between_last), first,
          &batch->fives);
    Store(quarters, first, &batch->twos);
  }
}

// Where the ends of texts from `first` on are, in the order of rows: in a
// vector with the first and the second of each window side by side, and one
// with the third.
template <uint32_t kRows>
constexpr Indices EndsInOrder(uint32_t first) {
  Indices indices = {};
  for (uint32_t i = 0; i < indices.size(); ++i) {
    const uint32_t window = (first + i) / kRows % kLanes;
    const uint32_t text = (first + i) % kRows;
    indices[i] = 2 * window + (text < 2 ? text : kOffsetsOfVector);
  }
  return indices;
}

SLUICE_AVX512 inline __m512i Load(const Indices& indices) {
  return _mm512_loadu_si512(indices.data());
}

// Of eight numbers, with those before each.
SLUICE_AVX512 inline __m512i SumsOf(__m512i numbers) {
  const __m512i zero = _mm512_setzero_si512();
  __m512i sums =
      _mm512_add_epi64(numbers, _mm512_alignr_epi64(numbers, zero, 7));
  sums = _mm512_add_epi64(sums, _mm512_alignr_epi64(sums, zero, 6));
  return _mm512_add_epi64(sums, _mm512_alignr_epi64(sums, zero, 4));
}

// Of eight windows the bit behind each text; none outside of the window. Reads
// what BytesBefore does.
template <uint32_t kRows, size_t... kRow>
SLUICE_AVX512 inline std::array<BitLanes, kRows> BehindTexts(
    const char* offsets, std::index_sequence<kRow...> /*rows*/) {
  const __m512i one = _mm512_set1_epi64(1);
  return {BitLanes(
      _mm512_sllv_epi64(one, BytesBefore<kRows, kRow + 1>(offsets)))...};
}

// A column on its way.
template <Lowered kLowered>
class PointCutter {
 public:
  PointCutter(const records::Column& column, PointCut cut, ExactCut exact)
      : column_(column),
        texts_(column.data.view()),
        exact_(exact),
        cut_(cut.decimals),
        offsets_((column.row_count + size_t{1} + kLanes * kRowsMax +
                  kOffsetsOfVector) *
                 sizeof(int32_t)),
        data_(std::min<size_t>(column.row_count - column.null_count,
                               column.data.size()) *
                  kPointBytesMax +
              kFormVectorBytes),
        validity_(column) {
    StoreLittle<int32_t>(0, offsets_.data());
    for (uint32_t digit = 0; digit < 10; ++digit) {
      lower_digits_[digit] =
          static_cast<char>('0' + digit - digit % cut.last_step);
    }
  }

  // With as many texts a window as nearly always fit in, kRows at most.
  template <uint32_t kRows = kRowsMax>
  SLUICE_AVX512 void CutAll() {
    const uint32_t rows = column_.row_count;
    if constexpr (kRows > 1) {
      const size_t bytes = texts_.size() + texts_.size() / 32;
      if (bytes * kRows > rows * kFormWindowBytesMax)
        return CutAll<kRows - 1>();
    }
    const uint32_t rest = rows % kRows;
    CutBatches<kRows>(0, rows - rest);
    CutBatches<1>(rows - rest, rows);
  }

  Treated Finish() && {
    Treated treated{column_, validity_.cleared()};
    treated.column.type = records::v1::DATA_TYPE_STRING;
    treated.column.offsets = std::move(offsets_).Share().Slice(
        0, (column_.row_count + size_t{1}) * sizeof(int32_t));
    treated.column.data = std::move(data_).Share().Slice(0, end_);
    std::move(validity_).MoveTo(&treated.column);
    return treated;
  }

 private:
  // In windows of kRows texts.
  template <uint32_t kRows>
  SLUICE_AVX512 void CutBatches(uint32_t row, uint32_t until) {
    for (; row < until; row += batch_.count * kRows) {
      batch_.count = std::min((until - row) / kRows, kBatchWindows);
      const bool inside = IsInside(BeginOf(row + (batch_.count - 1) * kRows));
      if (inside) {
        LookAt<kRows>(row, [this](size_t begin) SLUICE_AVX512 {
          const char* const text = texts_.data() + begin;
          // What is prefetched need not be there.
          _mm_prefetch(text + kBytesAhead, _MM_HINT_T0);
          return _mm512_loadu_si512(text);
        });
      } else {
        LookAt<kRows>(
            row, [this](size_t begin) SLUICE_AVX512 { return BytesAt(begin); });
      }
      Decide<kRows>(row);
      if (inside && batch_.wrong == 0) {
        Place<kRows>(row);
        Write<kRows>(row);
      } else {
        WriteOneByOne<kRows>(row);
      }
    }
  }

  uint32_t BeginOf(uint32_t row) const {
    return static_cast<uint32_t>(column_.Offset(row));
  }
  const char* OffsetsFrom(uint32_t row) const {
    return column_.offsets.data() + row * sizeof(uint32_t);
  }
  // Where each row from `row` on ends in the output.
  char* EndsFrom(uint32_t row) {
    return offsets_.data() + (row + size_t{1}) * sizeof(uint32_t);
  }

  // Whether a vector from `begin` on is inside the column.
  bool IsInside(size_t begin) const {
    return begin + kFormVectorBytes <= texts_.size();
  }
  // What of it is.
  SLUICE_AVX512 __m512i BytesAt(size_t begin) const {
    const size_t size = std::min(texts_.size() - begin, kFormVectorBytes);
    return _mm512_maskz_loadu_epi8(
        _bzhi_u64(~Bits{0}, static_cast<uint32_t>(size)),
        texts_.data() + begin);
  }

  template <uint32_t kRows, typename BytesFrom>
  SLUICE_APART SLUICE_AVX512 void LookAt(uint32_t row, BytesFrom bytes_from) {
    static constexpr KindsOfBytes kKinds = FindKinds<kLowered>();
    const __m512i kinds = _mm512_load_si512(kKinds.of.data());
    const char* offsets = OffsetsFrom(row);
    const uint32_t count = batch_.count;
    for (uint32_t i = 0; i < count; ++i) {
      Look<kLowered>(bytes_from(LoadLittle<uint32_t>(offsets)), kinds, i,
                     &batch_);
      offsets += kRows * sizeof(uint32_t);
    }
  }

  // The offsets from `row` on, where as many as BytesBefore reads may be read.
  template <uint32_t kRows>
  const char* OffsetsAt(uint32_t row) {
    const size_t count = column_.row_count + size_t{1} - row;
    if (count >= kOffsetsRead<kRows> + kRows) return OffsetsFrom(row);
    std::memcpy(last_offsets_.data(), OffsetsFrom(row),
                count * sizeof(uint32_t));
    return last_offsets_.data();
  }

  template <uint32_t kRows>
  SLUICE_APART SLUICE_AVX512 void Decide(uint32_t row) {
    const __m512i one = _mm512_set1_epi64(1);
    const uint32_t count = batch_.count;
    uint32_t right_windows = 0;
    for (uint32_t i = 0; i < count; i += kLanes) {
      const auto behind = BehindTexts<kRows>(OffsetsAt<kRows>(row + i * kRows),
                                             std::make_index_sequence<kRows>());
      BitLanes starts = BitLanes(one);
      for (const BitLanes& text : behind) starts |= text;
      const __m512i behind_last = __m512i(behind.back());
      const PointVerdict verdict =
          Judge<kLowered>(batch_, i, behind.back() - 1, starts, cut_);
      Store(verdict.kept, i, &batch_.kept);
      Lower<kLowered>(verdict.points, cut_, i, &batch_);
      for (uint32_t text = 0; text < kRows; ++text) {
        _mm512_store_si512(
            &batch_.sizes[text].of[i],
            _mm512_popcnt_epi64(__m512i(verdict.kept & (behind[text] - 1))));
      }
      // A window that is too long has no bit behind the last text.
      const __mmask8 right = _mm512_mask_testn_epi64_mask(
          _mm512_test_epi64_mask(behind_last, behind_last),
          __m512i(verdict.wrong), __m512i(verdict.wrong));
      right_windows |= uint32_t{right} << i;
    }
    batch_.wrong = _bzhi_u32(~right_windows, count);
  }

  // Where windows of which nothing is wrong go, and the texts in them end.
  template <uint32_t kRows>
  SLUICE_APART SLUICE_AVX512 void Place(uint32_t row) {
    static constexpr std::array<Indices, 2> kInOrder = {
        EndsInOrder<kRows>(0), EndsInOrder<kRows>(kOffsetsOfVector)};
    const __m512i last_lane = _mm512_set1_epi64(kLanes - 1);
    const uint32_t count = batch_.count;
    char* ends_out = EndsFrom(row);
    __m512i end = _mm512_set1_epi64(end_);
    for (uint32_t i = 0; i < count; i += kLanes) {
      const BitLanes sizes = LanesOf(batch_.sizes[kRows - 1], i);
      const __m512i sums = SumsOf(__m512i(sizes));
      const BitLanes places = BitLanes(_mm512_add_epi64(end, sums)) - sizes;
      _mm512_store_si512(&batch_.places.of[i], __m512i(places));
      std::array<BitLanes, kRowsMax> ends = {};
      for (uint32_t text = 0; text < kRows; ++text) {
        ends[text] = LanesOf(batch_.sizes[text], i) + places;
      }
      const __m512i first_two = __m512i(ends[0] | ends[1] << 32);
      for (uint32_t part = 0; part * kOffsetsOfVector < kLanes * kRows;
           ++part) {
        _mm512_storeu_si512(
            ends_out + part * kFormVectorBytes,
            _mm512_permutex2var_epi32(first_two, Load(kInOrder[part]),
                                      __m512i(ends[2])));
      }
      ends_out += kLanes * kRows * sizeof(uint32_t);
      end = _mm512_add_epi64(end, _mm512_permutexvar_epi64(last_lane, sums));
    }
    end_ = static_cast<uint32_t>(batch_.places.of[count - 1] +
                                 batch_.sizes[kRows - 1].of[count - 1]);
  }

  // Writes what stays of window `i`, whose bytes are `bytes`, at `out`, and
  // more behind.
  SLUICE_AVX512 void WriteWindow(__m512i bytes, __m512i lower_digits,
                                 uint32_t i, char* out) {
    if constexpr (kLowered != Lowered::kNone) {
      const __mmask64 lowered = batch_.lowered.of[i];
      if constexpr (kLowered == Lowered::kLast) {
        bytes = _mm512_mask_shuffle_epi8(bytes, lowered, lower_digits, bytes);
      } else {
        bytes = _mm512_mask_mov_epi8(bytes, lowered, _mm512_set1_epi8('0'));
        bytes = _mm512_mask_add_epi8(bytes, batch_.fives.of[i], bytes,
                                     _mm512_set1_epi8(5));
        bytes = _mm512_mask_add_epi8(bytes, batch_.twos.of[i], bytes,
                                     _mm512_set1_epi8(2));
      }
    }
    _mm512_storeu_si512(out,
                        _mm512_maskz_compress_epi8(batch_.kept.of[i], bytes));
  }

  template <uint32_t kRows>
  SLUICE_APART SLUICE_AVX512 void Write(uint32_t row) {
    const __m512i lower_digits = InEachPart(lower_digits_.data());
    const char* const texts = texts_.data();
    const char* offsets = OffsetsFrom(row);
    char* const out = data_.data();
    const uint32_t count = batch_.count;
    for (uint32_t i = 0; i < count; ++i) {
      WriteWindow(_mm512_loadu_si512(texts + LoadLittle<uint32_t>(offsets)),
                  lower_digits, i, out + batch_.places.of[i]);
      offsets += kRows * sizeof(uint32_t);
    }
  }

  template <uint32_t kRows>
  SLUICE_APART SLUICE_AVX512 void WriteOneByOne(uint32_t row) {
    const __m512i lower_digits = InEachPart(lower_digits_.data());
    for (uint32_t i = 0; i < batch_.count; ++i, row += kRows) {
      if ((batch_.wrong >> i & 1) != 0) {
        for (uint32_t text = 0; text < kRows; ++text) CutExactly(row + text);
        continue;
      }
      WriteWindow(BytesAt(BeginOf(row)), lower_digits, i, data_.data() + end_);
      for (uint32_t text = 0; text < kRows; ++text) {
        StoreLittle(end_ + static_cast<uint32_t>(batch_.sizes[text].of[i]),
                    EndsFrom(row + text));
      }
      end_ += static_cast<uint32_t>(batch_.sizes[kRows - 1].of[i]);
    }
  }

  void CutExactly(uint32_t row) {
    const absl::string_view text = column_.Text(row);
    if (!text.empty()) {
      const char* const end =
          exact_(text.data(), text.data() + text.size(), data_.data() + end_);
      if (end == nullptr) {
        validity_.ClearRow(row);
      } else {
        end_ = static_cast<uint32_t>(end - data_.data());
      }
    }
    StoreLittle(end_, EndsFrom(row));
  }

  const records::Column& column_;
  const absl::string_view texts_;
  const ExactCut exact_;
  const CutLanes cut_;
  // What a last digit becomes, by its lower half.
  alignas(16) std::array<char, 16> lower_digits_ = {};
  records::AlignedBuffer offsets_;
  records::AlignedBuffer data_;
  uint32_t end_ = 0;
  OutputValidity validity_;
  PointBatch batch_;
  // The last offsets of the column; what follows them says nothing.
  std::array<char, (kOffsetsRead<kRowsMax> + kRowsMax) * sizeof(uint32_t)>
      last_offsets_ = {};
};

template <Lowered kLowered>
SLUICE_AVX512 Treated CutAs(const records::Column& column, PointCut cut,
                            ExactCut exact) {
  PointCutter<kLowered> cutter(column, cut, exact);
  cutter.CutAll();
  return std::move(cutter).Finish();
}

}  // namespace

std::optional<Treated> CutPointRows(const records::Column& column, PointCut cut,
                                    ExactCut exact) {
  assert(cut.CanBeMade());
  if (UsedCpuLevel() == CpuLevel::kPortable) return std::nullopt;
  if (UsedCpuLevel() == CpuLevel::kAvx2) {
    return CutPointsByForm(column, cut, exact);
  }
  if (cut.last_step == 1) return CutAs<Lowered::kNone>(column, cut, exact);
  if (cut.last_step > 10) return CutAs<Lowered::kLastTwo>(column, cut, exact);
  return CutAs<Lowered::kLast>(column, cut, exact);
}

#else

std::optional<Treated> CutPointRows(
    const records::Column& /*column*/, PointCut /*cut*/,
    absl::FunctionRef<char*(const char* begin, const char* end, char* out)>
    /*exact*/) {
  return std::nullopt;
}

#endif

}  // namespace sluice::desensitize
