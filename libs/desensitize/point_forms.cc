#include "libs/desensitize/point_forms.h"

#if defined(__x86_64__)

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/rows_to_read.h"
#include "libs/records/aligned_buffer.h"

namespace sluice::desensitize {
namespace {

using ExactCut = absl::FunctionRef<char*(const char*, const char*, char*)>;

constexpr uint32_t kVectorBytes = 32;
// What is copied for a number that is cut, and a comma before it.
constexpr uint32_t kNumberBytes = 16;
static_assert(kPointDecimalsMax + 5 <= kNumberBytes);

// What of the digits that stay of a number a cell lowers.
enum class Lowered {
  kNone,
  // The last one, each digit to one of its own.
  kLast,
  // The last two, to a multiple of 25.
  kLastTwo,
};

// Points whose other bytes than digits are at the same places.
struct alignas(128) PointForm {
  // Of a byte what it may be at least, and how many values above that.
  std::array<uint8_t, kVectorBytes> least;
  std::array<uint8_t, kVectorBytes> span;
  // 0xFF where both numbers have their last digit that stays.
  std::array<uint8_t, kVectorBytes> last;
  // A bit for each byte that is no digit.
  uint32_t others = 0;
  // How long a point may be at least, and how many bytes more: none is as long
  // where nothing is known.
  uint32_t bytes_min = ~uint32_t{0};
  uint32_t bytes_more = 0;
  // What stays of the first number, and of the comma and the second one.
  uint32_t first_kept;
  uint32_t comma;
  uint32_t second_kept;
};

class FormMaker {
 public:
  explicit FormMaker(PointCut cut)
      : decimals_(cut.decimals), decimals_min_(std::max(cut.decimals, 1u)) {}

  // What `form` is of points with these `others`; unchanged if they are none
  // or cannot be cut by it.
  void Make(uint32_t others, PointForm* form) const {
    if (std::popcount(others) != 3) return;
    const auto first_point = static_cast<uint32_t>(std::countr_zero(others));
    others &= others - 1;
    const auto comma = static_cast<uint32_t>(std::countr_zero(others));
    others &= others - 1;
    const auto second_point = static_cast<uint32_t>(std::countr_zero(others));
    const uint32_t second = comma + 1;
    const uint32_t bytes_min = second_point + 1 + decimals_min_;
    if (comma < first_point + 1 + decimals_min_) return;
    if (comma + kNumberBytes > kVectorBytes || bytes_min > kVectorBytes) return;
    const uint32_t whole = first_point;
    const uint32_t second_whole = second_point - second;
    if (whole == 0 || whole > 3 || second_whole == 0 || second_whole > 3) {
      return;
    }
    form->least.fill(0);
    form->span.fill(0xFF);
    Require(first_point, '.', '.', form);
    Require(comma, ',', ',', form);
    Require(second_point, '.', '.', form);
    RequireWhole(0, whole, form);
    RequireWhole(second, second_whole, form);
    form->others = uint32_t{1} << first_point | uint32_t{1} << comma |
                   uint32_t{1} << second_point;
    form->bytes_min = bytes_min;
    form->bytes_more = kVectorBytes - bytes_min;
    const uint32_t behind_whole = decimals_ == 0 ? 0 : 1 + decimals_;
    form->first_kept = whole + behind_whole;
    form->comma = comma;
    form->second_kept = 1 + second_whole + behind_whole;
    form->last.fill(0);
    form->last[form->first_kept - 1] = 0xFF;
    form->last[kNumberBytes + form->second_kept - 1] = 0xFF;
  }

 private:
  static void Require(uint32_t at, char least, char most, PointForm* form) {
    form->least[at] = static_cast<uint8_t>(least);
    form->span[at] = static_cast<uint8_t>(most - least);
  }

  // Without zeros in front, and below 180.
  static void RequireWhole(uint32_t at, uint32_t digits, PointForm* form) {
    if (digits > 1) Require(at, '1', digits == 2 ? '9' : '1', form);
    if (digits > 2) Require(at + 1, '0', '7', form);
  }

  const uint32_t decimals_;
  const uint32_t decimals_min_;
};

SLUICE_AVX2 inline __m256i Load(const void* bytes) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(bytes));
}

SLUICE_AVX2 inline __m128i LoadNumber(const char* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

SLUICE_AVX2 inline void StoreNumber(__m128i bytes, char* out) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
}

// A bit for each byte that is not above `span`.
SLUICE_AVX2 inline uint32_t AtMost(__m256i bytes, __m256i span) {
  return static_cast<uint32_t>(_mm256_movemask_epi8(
      _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, span), bytes)));
}

// A bit for each of the first `size` bytes that is no digit.
SLUICE_AVX2 inline uint32_t OtherBytes(__m256i bytes, uint32_t size) {
  const uint32_t digits = AtMost(_mm256_sub_epi8(bytes, _mm256_set1_epi8('0')),
                                 _mm256_set1_epi8(9));
  return _bzhi_u32(~digits, size);
}

SLUICE_AVX2 inline __m256i InBoth(const std::array<char, kNumberBytes>& bytes) {
  return _mm256_broadcastsi128_si256(
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data())));
}

// Lowers digits of two numbers, one in each half of a vector.
template <Lowered kLowered>
class DigitLowering {
 public:
  SLUICE_AVX2 explicit DigitLowering(PointCut cut) {
    // By digit: what becomes of one, or of the first of two.
    std::array<char, kNumberBytes> lowered = {};
    for (uint32_t digit = 0; digit < 10; ++digit) {
      lowered[digit] = static_cast<char>('0' + digit - digit % cut.last_step);
    }
    lowered_ = InBoth(lowered);
    // Of ten times the first digit of two the quarters below, and whether the
    // second digit makes it one more.
    if constexpr (kLowered == Lowered::kLastTwo) {
      std::array<char, kNumberBytes> first = {};
      std::array<char, kNumberBytes> first_with_upper = {};
      std::array<char, kNumberBytes> second = {};
      std::array<char, kNumberBytes> second_with_upper = {};
      for (uint32_t digit = 0; digit < 10; ++digit) {
        const uint32_t low = digit * 10 / 25 * 25;
        const uint32_t high = (digit * 10 + 5) / 25 * 25;
        first[digit] = static_cast<char>('0' + low / 10);
        first_with_upper[digit] = static_cast<char>('0' + high / 10);
        second[digit] = static_cast<char>('0' + low % 10);
        second_with_upper[digit] = static_cast<char>('0' + high % 10);
      }
      first_ = InBoth(first);
      first_with_upper_ = InBoth(first_with_upper);
      second_ = InBoth(second);
      second_with_upper_ = InBoth(second_with_upper);
      std::array<char, kNumberBytes> back = {};
      std::array<char, kNumberBytes> forth = {};
      const uint32_t between = cut.decimals == 1 ? 2 : 1;
      for (uint32_t i = 0; i < kNumberBytes; ++i) {
        back[i] =
            static_cast<char>(i + between < kNumberBytes ? i + between : 0x80);
        forth[i] = static_cast<char>(i >= between ? i - between : 0x80);
      }
      from_last_ = InBoth(back);
      to_last_ = InBoth(forth);
    }
  }

  // `last`: PointForm's.
  SLUICE_AVX2 __m256i Lower(__m256i numbers, __m256i last) const {
    if constexpr (kLowered == Lowered::kNone) return numbers;
    if constexpr (kLowered == Lowered::kLast) {
      return _mm256_blendv_epi8(numbers, _mm256_shuffle_epi8(lowered_, numbers),
                                last);
    }
    // At the first digit of two whether the second one is 5 or more.
    const __m256i upper = _mm256_shuffle_epi8(
        _mm256_cmpgt_epi8(numbers, _mm256_set1_epi8('4')), from_last_);
    const __m256i first = _mm256_blendv_epi8(
        _mm256_shuffle_epi8(first_, numbers),
        _mm256_shuffle_epi8(first_with_upper_, numbers), upper);
    const __m256i second = _mm256_blendv_epi8(
        _mm256_shuffle_epi8(second_, numbers),
        _mm256_shuffle_epi8(second_with_upper_, numbers), upper);
    numbers = _mm256_blendv_epi8(numbers, first,
                                 _mm256_shuffle_epi8(last, from_last_));
    return _mm256_blendv_epi8(numbers, _mm256_shuffle_epi8(second, to_last_),
                              last);
  }

 private:
  __m256i lowered_;
  __m256i first_;
  __m256i first_with_upper_;
  __m256i second_;
  __m256i second_with_upper_;
  // What is at the last digit to the one before, and the other way.
  __m256i from_last_;
  __m256i to_last_;
};

// A column on its way.
template <Lowered kLowered>
class FormCutter {
 public:
  FormCutter(const records::Column& column, PointCut cut, ExactCut exact)
      : column_(column),
        exact_(exact),
        cut_(cut),
        maker_(cut),
        rows_to_read_(RowsToRead(column, kVectorBytes)),
        offsets_((column.row_count + size_t{1}) * sizeof(uint32_t)),
        data_(std::min<size_t>(column.row_count - column.null_count,
                               column.data.size()) *
                  kPointBytesMax +
              kVectorBytes),
        validity_(column) {
    StoreLittle<uint32_t>(0, offsets_.data());
  }

  SLUICE_AVX2 void CutAll() {
    const uint32_t rows = column_.row_count;
    const DigitLowering<kLowered> lowering(cut_);
    for (uint32_t row = 0; row < rows; ++row) {
      row = CutKnown(row, lowering);
      if (row >= rows) return;
      if (row < rows_to_read_) LearnFrom(row);
      CutExactly(row);
    }
  }

  Treated Finish() && {
    Treated treated{column_, validity_.cleared()};
    treated.column.type = records::v1::DATA_TYPE_STRING;
    treated.column.offsets = std::move(offsets_).Share();
    treated.column.data = std::move(data_).Share().Slice(0, end_);
    std::move(validity_).MoveTo(&treated.column);
    return treated;
  }

 private:
  static constexpr int kFormBits = 6;

  static size_t SlotOf(uint32_t others) {
    return others * 0x9E3779B1u >> (32 - kFormBits);
  }

  // From `row` on, up to the first one of no known form. Returns it.
  SLUICE_AVX2 uint32_t CutKnown(uint32_t row,
                                const DigitLowering<kLowered>& lowering_in) {
    const DigitLowering<kLowered> lowering = lowering_in;
    const uint32_t rows = rows_to_read_;
    const char* const texts = column_.data.data();
    const char* const offsets = column_.offsets.data();
    const PointForm* const forms = forms_.data();
    char* const offsets_out = offsets_.data();
    char* const out_begin = data_.data();
    char* out = out_begin + end_;
    auto begin = static_cast<uint32_t>(column_.Offset(row));
    for (; row < rows; ++row) {
      const size_t at = (row + size_t{1}) * sizeof(uint32_t);
      const auto end = LoadLittle<uint32_t>(offsets + at);
      const uint32_t size = end - begin;
      const char* const text = texts + begin;
      const __m256i bytes = Load(text);
      const uint32_t others = OtherBytes(bytes, size);
      const PointForm& form = forms[SlotOf(others)];
      const uint32_t right =
          AtMost(_mm256_sub_epi8(bytes, Load(form.least.data())),
                 Load(form.span.data()));
      if (others != form.others || size - form.bytes_min > form.bytes_more ||
          right != ~uint32_t{0}) {
        break;
      }
      const char* const comma = text + form.comma;
      char* const second = out + form.first_kept;
      char* const out_end = second + form.second_kept;
      const __m256i numbers = lowering.Lower(
          _mm256_inserti128_si256(_mm256_castsi128_si256(LoadNumber(text)),
                                  LoadNumber(comma), 1),
          Load(form.last.data()));
      StoreNumber(_mm256_castsi256_si128(numbers), out);
      StoreNumber(_mm256_extracti128_si256(numbers, 1), second);
      out = out_end;
      StoreLittle(static_cast<uint32_t>(out - out_begin), offsets_out + at);
      begin = end;
    }
    end_ = static_cast<uint32_t>(out - out_begin);
    return row;
  }

  // Makes a form of the text if none is known.
  SLUICE_AVX2 void LearnFrom(uint32_t row) {
    const absl::string_view text = column_.Text(row);
    if (text.empty() || text.size() > kVectorBytes) return;
    const uint32_t others =
        OtherBytes(Load(text.data()), static_cast<uint32_t>(text.size()));
    PointForm& form = forms_[SlotOf(others)];
    if (form.others != others) maker_.Make(others, &form);
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
    StoreLittle(end_, offsets_.data() + (row + size_t{1}) * sizeof(uint32_t));
  }

  const records::Column& column_;
  const ExactCut exact_;
  const PointCut cut_;
  const FormMaker maker_;
  const uint32_t rows_to_read_;
  records::AlignedBuffer offsets_;
  records::AlignedBuffer data_;
  uint32_t end_ = 0;
  OutputValidity validity_;
  std::array<PointForm, size_t{1} << kFormBits> forms_;
};

template <Lowered kLowered>
SLUICE_AVX2 Treated CutAs(const records::Column& column, PointCut cut,
                          ExactCut exact) {
  FormCutter<kLowered> cutter(column, cut, exact);
  cutter.CutAll();
  return std::move(cutter).Finish();
}

}  // namespace

Treated CutPointsByForm(const records::Column& column, PointCut cut,
                        ExactCut exact) {
  assert(UsedCpuLevel() != CpuLevel::kPortable);
  assert(cut.CanBeMade());
  if (cut.last_step == 1) return CutAs<Lowered::kNone>(column, cut, exact);
  if (cut.last_step > 10) return CutAs<Lowered::kLastTwo>(column, cut, exact);
  return CutAs<Lowered::kLast>(column, cut, exact);
}

}  // namespace sluice::desensitize

#endif
