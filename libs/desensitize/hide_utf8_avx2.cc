#include "libs/desensitize/hide_utf8_avx2.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <variant>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/hidden_part.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/rows_to_read.h"
#include "libs/desensitize/short_shuffles_avx2.h"
#include "libs/desensitize/text_vectors_avx2.h"
#include "libs/records/aligned_buffer.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

using TreatText =
    absl::FunctionRef<char*(const char* begin, const char* end, char* out)>;

constexpr size_t kTextBytesMax = TwoVectors::kBytes;
// A text's last part begins behind it at most, and is written as a whole
// vector.
constexpr size_t kSlack = 2 * kTextBytesMax;
// Of a column's texts on average, if nearly all are to fit in one vector.
constexpr size_t kNarrowBytesMean = 24;

// The highest byte within a character, taken for a signed one: first bytes are
// above it.
constexpr char kContinuationMax = static_cast<char>(0xBF);

// ---- What is written of a text.

// Where it is cut in three. Of one run that is hidden: the head, the symbols,
// and the tail; of all outside of one run: symbols, that run, and symbols.
struct Cut {
  // Where in what is written the second part begins, and the third.
  uint64_t second;
  uint64_t third;
  // Where in the text the tail begins, or the run that is shown.
  uint64_t from;
  // Of all three; of an untreatable text nothing.
  uint64_t written;
};

// What is written: by HideOutside, or of a hidden run, which may always be at
// the text's end.
enum class Shape { kOutside, kRun, kRunToEnd };

// `size` bytes of `bytes`, and perhaps more. Rows of a column are mostly alike
// in whether they need a second vector.
template <typename Width>
SLUICE_AVX2 inline void StoreFirst(typename Width::Vector bytes, uint64_t size,
                                   char* out) {
  if constexpr (std::is_same_v<Width, OneVector>) {
    OneVector::Store(bytes, out);
  } else {
    OneVector::Store(bytes.low, out);
    if (size > OneVector::kBytes) {
      OneVector::Store(bytes.high, out + OneVector::kBytes);
    }
  }
}

template <typename Width, Shape kShape>
SLUICE_AVX2 inline void Write(const Cut& cut, const char* in,
                              typename Width::Vector text,
                              typename Width::Vector symbols, char* out) {
  constexpr bool kOutside = kShape == Shape::kOutside;
  StoreFirst<Width>(kOutside ? symbols : text, cut.second, out);
  if constexpr (kShape == Shape::kRunToEnd) {
    StoreFirst<Width>(symbols, cut.written - cut.second, out + cut.second);
  } else if constexpr (kShape == Shape::kRun) {
    StoreFirst<Width>(symbols, cut.third - cut.second, out + cut.second);
    Width::Store(Width::Load(in + cut.from), out + cut.third);
  } else {
    Width::Store(Width::Load(in + cut.from), out + cut.second);
    StoreFirst<Width>(symbols, cut.written - cut.third, out + cut.third);
  }
}

// What Write reads from where a text begins.
template <typename Width>
constexpr size_t kBytesRead = 2 * Width::kBytes;

// ---- Texts all of whose characters are of as many bytes.

// Of a text of `count` characters of `unit` bytes. Nothing is written of an
// untreatable one.
template <typename Rule>
Cut CutOf(const Rule& rule, size_t count, size_t unit) {
  const CharacterRun run = RunOf(rule, count);
  const size_t size = run.end - run.begin;
  if constexpr (std::is_same_v<Rule, HideOutside>) {
    const size_t third = run.begin + size * unit;
    return {run.begin, third, run.begin * unit, third + count - run.end};
  } else {
    if (size == 0) return {};
    const size_t third = run.begin * unit + size;
    return {run.begin * unit, third, run.end * unit,
            third + (count - run.end) * unit};
  }
}

// Of texts of each size.
using CutTable = std::array<std::array<uint8_t, 4>, kTextBytesMax + 1>;

template <typename Rule>
CutTable MakeCutTable(const Rule& rule, size_t unit) {
  CutTable table = {};
  for (size_t size = 0; size <= kTextBytesMax; size += unit) {
    const Cut cut = CutOf(rule, size / unit, unit);
    table[size] = {
        static_cast<uint8_t>(cut.second), static_cast<uint8_t>(cut.third),
        static_cast<uint8_t>(cut.from), static_cast<uint8_t>(cut.written)};
  }
  return table;
}

// What HideTexts asks how a text is cut.
template <typename Rule>
class CutsBySize {
 public:
  static constexpr bool kBySize = true;
  static constexpr bool kRefuses = std::is_same_v<Rule, HideInside>;

  explicit CutsBySize(const CutTable& table) : cuts_(table.data()) {}

  template <typename Width, Shape kShape>
  SLUICE_AVX2 inline Cut Of(typename Width::Vector /*text*/, uint64_t /*leads*/,
                            uint64_t size) const {
    const auto& cut = cuts_[size];
    return {cut[0], cut[1], cut[2], cut[3]};
  }

 private:
  const CutTable::value_type* cuts_;
};

// The end of the bytes from `begin` on that are of texts all of whose
// characters are of kUnit bytes, if such a text ends there; seen up to `end`.
template <uint32_t kUnit>
SLUICE_AVX2 uint32_t EndOfUniform(const records::Column& column, uint32_t begin,
                                  uint32_t end) {
  constexpr uint32_t kBytes = OneVector::kBytes;
  constexpr uint32_t kStep = kBytes / kUnit * kUnit;
  uint64_t pattern = 0;
  for (uint32_t i = 0; i < kBytes; i += kUnit) pattern |= uint64_t{1} << i;
  const char* const in = column.data.data();
  const __m256i continuation = OneVector::Fill(kContinuationMax);
  const auto last = static_cast<uint32_t>(
      std::max<size_t>(column.data.size(), kBytes) - kBytes);
  end = std::min(end, last);
  for (; begin < end; begin += kStep) {
    const uint64_t wrong =
        OneVector::Above(OneVector::Load(in + begin), continuation) ^ pattern;
    if (wrong != 0) {
      return begin + static_cast<uint32_t>(_tzcnt_u64(wrong)) / kUnit * kUnit;
    }
  }
  return begin;
}

// ---- Texts of any characters.

SLUICE_AVX2 inline uint64_t Count(uint64_t bits) {
  return static_cast<uint64_t>(_mm_popcnt_u64(bits));
}

// Without the lowest `count` bits. `count` is the same for a whole column.
SLUICE_AVX2 inline uint64_t Skip(uint64_t bits, size_t count) {
  for (; count > 0; --count) bits = _blsr_u64(bits);
  return bits;
}

// Where the character is that has `count` ones before it. Most texts of a
// column begin with the same kinds of characters, so it is mostly where it was
// in the text before.
class PlaceOf {
 public:
  explicit PlaceOf(size_t count) : count_(count) {}

  // In a text whose characters begin at `leads`; 64 if there is none.
  SLUICE_AVX2 inline uint64_t In(uint64_t leads) {
    if ((leads & looked_at_) != leads_) {
      const uint64_t rest = Skip(leads, count_);
      place_ = _tzcnt_u64(rest);
      looked_at_ = _blsmsk_u64(rest);
      leads_ = leads & looked_at_;
    }
    return place_;
  }

 private:
  size_t count_;
  // Bits up to the place, and which of them were leads.
  uint64_t looked_at_ = 0;
  uint64_t leads_ = 1;
  uint64_t place_ = 0;
};

// Each says how a text is cut whose characters begin at `leads`.
class CutsBetween {
 public:
  static constexpr bool kBySize = false;
  static constexpr bool kRefuses = false;

  explicit CutsBetween(const HideBetween& rule)
      : first_(std::min(rule.first, kTextBytesMax)),
        last_(std::min(rule.last, kTextBytesMax)),
        head_(first_) {}

  template <typename Width, Shape kShape>
  SLUICE_AVX2 inline Cut Of(typename Width::Vector /*text*/, uint64_t leads,
                            uint64_t size) {
    const uint64_t count = Count(leads);
    const bool is_short = count <= first_ + last_;
    uint64_t end = size;
    if constexpr (kShape != Shape::kRunToEnd) {
      for (size_t i = 0; i < last_; ++i) {
        end = 63 - _lzcnt_u64(_bzhi_u64(leads, static_cast<uint32_t>(end)));
      }
    }
    const uint64_t place = head_.In(leads);
    const uint64_t head = is_short ? 0 : place;
    const uint64_t tail = is_short ? size : end;
    const uint64_t third = head + count - (is_short ? 0 : first_ + last_);
    return {head, third, tail, third + size - tail};
  }

 private:
  uint64_t first_;
  uint64_t last_;
  PlaceOf head_;
};

class CutsInside {
 public:
  static constexpr bool kBySize = false;
  static constexpr bool kRefuses = true;

  explicit CutsInside(const HideInside& rule)
      : begin_(std::min(rule.begin, kTextBytesMax)),
        end_(std::min(rule.end, kTextBytesMax)),
        head_(begin_),
        tail_(end_) {}

  template <typename Width, Shape kShape>
  SLUICE_AVX2 inline Cut Of(typename Width::Vector /*text*/, uint64_t leads,
                            uint64_t size) {
    const uint64_t count = Count(leads);
    if (count <= begin_) return {};
    const uint64_t head = head_.In(leads);
    if constexpr (kShape == Shape::kRunToEnd) {
      const uint64_t third = head + count - begin_;
      return {head, third, size, third};
    }
    // Where no text is as long, this is not looked for.
    const uint64_t tail = count > end_ ? tail_.In(leads) : size;
    const uint64_t third = head + std::min(count, end_) - begin_;
    return {head, third, tail, third + size - tail};
  }

 private:
  uint64_t begin_;
  uint64_t end_;
  PlaceOf head_;
  PlaceOf tail_;
};

class CutsOutside {
 public:
  static constexpr bool kBySize = false;
  static constexpr bool kRefuses = false;

  explicit CutsOutside(const HideOutside& rule)
      : begin_(std::min(rule.begin, kTextBytesMax)),
        end_(std::min(rule.end, kTextBytesMax)),
        from_(begin_),
        to_(end_) {}

  template <typename Width, Shape kShape>
  SLUICE_AVX2 inline Cut Of(typename Width::Vector /*text*/, uint64_t leads,
                            uint64_t size) {
    const uint64_t count = Count(leads);
    const uint64_t before = std::min(count, begin_);
    const uint64_t from = count > begin_ ? from_.In(leads) : size;
    const uint64_t to = count > end_ ? to_.In(leads) : size;
    // All would be shown.
    const bool is_all = to - from == size;
    const uint64_t third = before + (is_all ? 0 : to - from);
    return {before, third, from,
            third + count - (is_all ? 0 : std::min(count, end_))};
  }

 private:
  uint64_t begin_;
  uint64_t end_;
  PlaceOf from_;
  PlaceOf to_;
};

// Finds a character's places in a text.
class CutsAround {
 public:
  static constexpr bool kBySize = false;
  static constexpr bool kRefuses = false;

  explicit CutsAround(absl::string_view character)
      : character_bytes_(character.size()) {
    assert(character_bytes_ > 0 && character_bytes_ <= sizeof(bytes_));
    std::memcpy(bytes_, character.data(), character_bytes_);
  }

 protected:
  size_t character_bytes() const { return character_bytes_; }

  // Where it begins, a bit a byte, in a text whose characters begin at `leads`.
  template <typename Width>
  SLUICE_AVX2 inline uint64_t Places(typename Width::Vector text,
                                     uint64_t leads) const {
    uint64_t places = leads;
    for (size_t i = 0; i < character_bytes_; ++i) {
      places &= Width::Equal(text, Width::Fill(bytes_[i])) >> i;
    }
    return places;
  }

 private:
  char bytes_[4] = {};
  size_t character_bytes_;
};

class CutsBefore : public CutsAround {
 public:
  explicit CutsBefore(const HideBefore& rule) : CutsAround(rule.character) {}

  template <typename Width, Shape kShape>
  SLUICE_AVX2 inline Cut Of(typename Width::Vector text, uint64_t leads,
                            uint64_t size) const {
    const uint64_t first = _tzcnt_u64(Places<Width>(text, leads));
    // All if there is none, which counts as 64, or nothing before it.
    const uint64_t tail = first - 1 < size ? first : size;
    const uint64_t third = Count(_bzhi_u64(leads, static_cast<uint32_t>(tail)));
    return {0, third, tail, third + size - tail};
  }
};

class CutsBehind : public CutsAround {
 public:
  explicit CutsBehind(const HideBehind& rule) : CutsAround(rule.character) {}

  template <typename Width, Shape kShape>
  SLUICE_AVX2 inline Cut Of(typename Width::Vector text, uint64_t leads,
                            uint64_t size) const {
    const uint64_t places = Places<Width>(text, leads);
    const uint64_t behind = 63 - _lzcnt_u64(places) + character_bytes();
    const uint64_t head = places == 0 || behind == size ? 0 : behind;
    const uint64_t third = head + Count(leads) -
                           Count(_bzhi_u64(leads, static_cast<uint32_t>(head)));
    return {head, third, size, third};
  }
};

CutsBetween CutsBy(const HideBetween& rule) { return CutsBetween(rule); }
CutsInside CutsBy(const HideInside& rule) { return CutsInside(rule); }
CutsOutside CutsBy(const HideOutside& rule) { return CutsOutside(rule); }
CutsBefore CutsBy(const HideBefore& rule) { return CutsBefore(rule); }
CutsBehind CutsBy(const HideBehind& rule) { return CutsBehind(rule); }

// ---- Columns.

// How far it came: to a row that needs more care.
struct Progress {
  uint32_t row;
  // Where that row's text begins in the column, and where it goes.
  uint32_t begin;
  char* out;
};

// What all steps share.
struct Texts {
  const records::Column& column;
  char symbol;
  char* out_begin;
  char* offsets_out;
};

template <typename Width>
SLUICE_AVX2 inline typename Width::Vector Continuation() {
  char highest = kContinuationMax;
  // g++ would make two comparisons of one if it knew what it is.
  asm("" : "+r"(highest));
  return Width::Fill(highest);
}

// Hides texts from `at` on that are before row `rows` and, if they are cut by
// their sizes, end before byte `until`, up to one that is long or untreatable.
template <typename Width, Shape kShape, typename Cuts>
SLUICE_AVX2 SLUICE_APART Progress HideTexts(const Texts& texts, uint32_t rows,
                                            uint32_t until, Cuts cuts,
                                            Progress at) {
  const auto symbols = Width::Fill(texts.symbol);
  const auto continuation = Continuation<Width>();
  const char* const in = texts.column.data.data();
  const char* const offsets = texts.column.offsets.data() + sizeof(uint32_t);
  char* const offsets_out = texts.offsets_out + sizeof(uint32_t);
  char* const out = texts.out_begin;
  uint64_t begin = at.begin;
  auto written = static_cast<uint64_t>(at.out - out);
  uint64_t row = at.row;
  for (; row < rows; ++row) {
    const uint64_t end = LoadLittle<uint32_t>(offsets + row * sizeof(uint32_t));
    const uint64_t size = end - begin;
    if (size > Width::kBytes) break;
    if (Cuts::kBySize && end > until) break;
    const auto text = Width::Load(in + begin);
    const uint64_t leads = _bzhi_u64(Width::Above(text, continuation),
                                     static_cast<uint32_t>(size));
    const Cut cut = cuts.template Of<Width, kShape>(text, leads, size);
    if constexpr (Cuts::kRefuses) {
      if (cut.written == 0 && size > 0) break;
    }
    Write<Width, kShape>(cut, in + begin, text, symbols, out + written);
    written += cut.written;
    begin = end;
    StoreLittle(static_cast<uint32_t>(written),
                offsets_out + row * sizeof(uint32_t));
  }
  return {static_cast<uint32_t>(row), static_cast<uint32_t>(begin),
          out + written};
}

template <typename Rule>
class UniformCuts {
 public:
  UniformCuts(const Rule& rule, char symbol)
      : ascii_(MakeCutTable(rule, 1)),
        three_(MakeCutTable(rule, 3)),
        short_(rule, symbol) {}

  // As far as texts are of ASCII alone, or of three bytes a character, as Han
  // ones mostly are.
  template <typename Width, Shape kShape>
  Progress Hide(const Texts& texts, uint32_t rows, Progress at) const {
    // So much that what is seen is still near when it is hidden.
    constexpr uint32_t kSeenBytes = 4096;
    const records::Column& column = texts.column;
    const uint32_t end = at.begin + kSeenBytes;
    const auto lead = static_cast<uint8_t>(column.data.data()[at.begin]);
    if (lead < 0x80) {
      const uint32_t until = EndOfUniform<1>(column, at.begin, end);
      return HideTexts<Width, kShape>(texts, rows, until,
                                      CutsBySize<Rule>(ascii_), at);
    }
    if (lead < 0xE0 || lead >= 0xF0) return at;
    const uint32_t until = EndOfUniform<3>(column, at.begin, end);
    at.row = short_.Hide(column.data.data(), column.offsets.data(), at.row,
                         rows, until, texts.out_begin, texts.offsets_out);
    at.begin = static_cast<uint32_t>(column.Offset(at.row));
    at.out = texts.out_begin + LoadLittle<uint32_t>(texts.offsets_out +
                                                    at.row * sizeof(uint32_t));
    return HideTexts<Width, kShape>(texts, rows, until,
                                    CutsBySize<Rule>(three_), at);
  }

 private:
  CutTable ascii_;
  CutTable three_;
  ShortShuffles short_;
};

// For rules that look for a character.
struct NoUniformCuts {
  template <typename Rule>
  NoUniformCuts(const Rule& /*rule*/, char /*symbol*/) {}

  template <typename Width, Shape kShape>
  Progress Hide(const Texts& /*texts*/, uint32_t /*rows*/, Progress at) const {
    return at;
  }
};

// After as many that are looked at one by one, or treated so, others are looked
// for again; the more seldom the longer there are none.
constexpr uint32_t kMixedRowsMin = 8;
constexpr uint32_t kMixedRowsMax = 256;

template <typename Width, Shape kShape, typename Rule>
Progress HideColumn(const Texts& texts, const Rule& rule, TreatText treat,
                    OutputValidity* validity) {
  const records::Column& column = texts.column;
  const char* const in = column.data.data();
  const auto size = static_cast<uint32_t>(column.data.size());
  auto cuts = CutsBy(rule);
  const std::conditional_t<std::is_base_of_v<CutsAround, decltype(cuts)>,
                           NoUniformCuts, UniformCuts<Rule>>
      uniform_cuts(rule, texts.symbol);
  const uint32_t rows = RowsToRead(column, kBytesRead<Width>);
  const uint32_t wide_rows = RowsToRead(column, kBytesRead<TwoVectors>);
  uint32_t mixed_rows = kMixedRowsMin;
  uint32_t mixed_until = 0;
  Progress at = {0, 0, texts.out_begin};
  while (at.row < column.row_count) {
    if (at.row < rows) {
      if (at.row >= mixed_until) {
        const uint32_t from = at.row;
        at = uniform_cuts.template Hide<Width, kShape>(texts, rows, at);
        mixed_rows = at.row - from >= mixed_rows
                         ? kMixedRowsMin
                         : std::min(2 * mixed_rows, kMixedRowsMax);
        mixed_until = at.row + mixed_rows;
      }
      const uint32_t until = std::min(rows, mixed_until);
      at = HideTexts<Width, kShape>(texts, until, size, cuts, at);
      if (at.row == until) continue;
    }
    // One that is longer, untreatable, or near the column's end.
    const uint32_t row = at.row;
    at = HideTexts<TwoVectors, kShape>(texts, std::min(row + 1, wide_rows),
                                       size, cuts, at);
    if (at.row > row) continue;
    const auto end = static_cast<uint32_t>(column.Offset(row + 1));
    if (end != at.begin) {
      char* const out = treat(in + at.begin, in + end, at.out);
      if (out == nullptr) validity->ClearRow(row);
      at.out = out == nullptr ? at.out : out;
    }
    at = {row + 1, end, at.out};
    StoreLittle(static_cast<uint32_t>(at.out - texts.out_begin),
                texts.offsets_out + at.row * sizeof(uint32_t));
  }
  return at;
}

template <Shape kShape, typename Rule>
Progress HideColumn(const Texts& texts, const Rule& rule, TreatText treat,
                    OutputValidity* validity) {
  const bool is_narrow = texts.column.data.size() <=
                         size_t{texts.column.row_count} * kNarrowBytesMean;
  return is_narrow
             ? HideColumn<OneVector, kShape>(texts, rule, treat, validity)
             : HideColumn<TwoVectors, kShape>(texts, rule, treat, validity);
}

Progress Hide(const Texts& texts, const HideBetween& rule, TreatText treat,
              OutputValidity* validity) {
  return rule.last == 0
             ? HideColumn<Shape::kRunToEnd>(texts, rule, treat, validity)
             : HideColumn<Shape::kRun>(texts, rule, treat, validity);
}

Progress Hide(const Texts& texts, const HideInside& rule, TreatText treat,
              OutputValidity* validity) {
  return rule.end >= kTextBytesMax
             ? HideColumn<Shape::kRunToEnd>(texts, rule, treat, validity)
             : HideColumn<Shape::kRun>(texts, rule, treat, validity);
}

Progress Hide(const Texts& texts, const HideOutside& rule, TreatText treat,
              OutputValidity* validity) {
  return HideColumn<Shape::kOutside>(texts, rule, treat, validity);
}

Progress Hide(const Texts& texts, const HideBefore& rule, TreatText treat,
              OutputValidity* validity) {
  return HideColumn<Shape::kRun>(texts, rule, treat, validity);
}

Progress Hide(const Texts& texts, const HideBehind& rule, TreatText treat,
              OutputValidity* validity) {
  return HideColumn<Shape::kRunToEnd>(texts, rule, treat, validity);
}

}  // namespace

Treated HideUtf8Avx2(const records::Column& column, const HideRule& rule,
                     char symbol, TreatText treat) {
  assert(UsedCpuLevel() >= CpuLevel::kAvx2);
  records::AlignedBuffer offsets((column.row_count + size_t{1}) *
                                 sizeof(int32_t));
  records::AlignedBuffer data(column.data.size() + kSlack);
  OutputValidity validity(column);
  StoreLittle<uint32_t>(0, offsets.data());
  const Texts texts = {column, symbol, data.data(), offsets.data()};
  const Progress end = std::visit(
      [&](const auto& each) { return Hide(texts, each, treat, &validity); },
      rule);
  const auto size = static_cast<size_t>(end.out - data.data());
  Treated treated{column, validity.cleared()};
  treated.column.offsets = std::move(offsets).Share();
  treated.column.data = std::move(data).Share().Slice(0, size);
  std::move(validity).MoveTo(&treated.column);
  return treated;
}

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)
