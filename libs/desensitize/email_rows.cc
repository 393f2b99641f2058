#include "libs/desensitize/email_rows.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/output_validity.h"
#include "libs/identifiers/contact.h"
#include "libs/records/aligned_buffer.h"

namespace sluice::desensitize {

std::optional<KeptEnds> KeptOfEmail(absl::string_view text) {
  const size_t at = identifiers::FindEmailAt(text);
  if (at == absl::string_view::npos) return std::nullopt;
  return KeptEnds{at > 1 ? size_t{1} : 0, text.size() - at};
}

#if defined(__x86_64__)

namespace {

constexpr size_t kVectorBytes = 64;
// A window's last bit is left for where the text behind it begins.
constexpr size_t kWindowBytesMax = kVectorBytes - 1;
// Windows that are looked at together: each step is done for all of them before
// the next, so that none waits for another.
constexpr uint32_t kBatchWindows = 32;

// A bit a byte of a window.
using Bits = uint64_t;

// What a character may not be part of; in a class beside the highest bit of
// the byte, which no ASCII character has.
constexpr uint8_t kNotLocal = 1;
constexpr uint8_t kNotDomain = 2;
constexpr uint8_t kBeyondAscii = 0x80;

// Of each ASCII character.
struct Classes {
  alignas(kVectorBytes) std::array<uint8_t, 128> of;

  Classes() {
    for (size_t c = 0; c < of.size(); ++c) {
      const char character = static_cast<char>(c);
      of[c] = static_cast<uint8_t>(
          (identifiers::IsEmailLocalCharacter(character) ? 0 : kNotLocal) |
          (identifiers::IsEmailDomainCharacter(character) ? 0 : kNotDomain));
    }
  }
};

// The slow way, for a text that is too long for a vector. Null if it is none.
char* MaskOne(absl::string_view text, char symbol, char* out) {
  const auto kept = KeptOfEmail(text);
  if (!kept) return nullptr;
  std::memcpy(out, text.data(), text.size());
  std::memset(out + kept->head, symbol, text.size() - kept->head - kept->tail);
  return out + text.size();
}

// Texts that stand side by side in a column, all inside one vector.
struct Windows {
  uint32_t count;
  // Of each, and of what stands behind the last.
  std::array<int32_t, kBatchWindows + 1> begins;
  // A bit for each byte of the texts.
  std::array<Bits, kBatchWindows> inside;
  // A bit where each text and the one behind them begins.
  std::array<Bits, kBatchWindows> starts;
  std::array<Bits, kBatchWindows> at_signs;
  std::array<Bits, kBatchWindows> dots;
  std::array<Bits, kBatchWindows> not_local;
  std::array<Bits, kBatchWindows> not_domain;
  std::array<Bits, kBatchWindows> hidden;
  // Not 0 if the texts do not fit in, or one is neither empty nor an address.
  std::array<Bits, kBatchWindows> wrong;
};

// Windows of kRows texts each, from the first that `offsets` is of.
template <uint32_t kRows>
SLUICE_AVX512 void Open(const char* offsets, Windows* windows) {
  auto begin = LoadLittle<int32_t>(offsets);
  for (uint32_t i = 0; i < windows->count; ++i) {
    windows->begins[i] = begin;
    Bits starts = 1;
    Bits behind = 1;
    int32_t end = begin;
    for (uint32_t row = 0; row < kRows; ++row) {
      offsets += sizeof(int32_t);
      end = LoadLittle<int32_t>(offsets);
      behind = Bits{1} << (static_cast<uint32_t>(end - begin) % 64);
      starts |= behind;
    }
    windows->inside[i] = behind - 1;
    windows->starts[i] = starts;
    windows->wrong[i] =
        static_cast<Bits>(static_cast<size_t>(end - begin) > kWindowBytesMax);
    begin = end;
  }
  windows->begins[windows->count] = begin;
}

SLUICE_AVX512 inline __m512i LoadWindow(absl::string_view texts, size_t begin) {
  const char* const at = texts.data() + begin;
  const size_t left = texts.size() - begin;
  if (left >= kVectorBytes) return _mm512_loadu_si512(at);
  return _mm512_maskz_loadu_epi8(
      _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(left)), at);
}

SLUICE_AVX512 void FindCharacters(absl::string_view texts, Windows* windows) {
  static const Classes classes;
  const __m512i low = _mm512_load_si512(classes.of.data());
  const __m512i high = _mm512_load_si512(classes.of.data() + kVectorBytes);
  const __m512i beyond_ascii =
      _mm512_set1_epi8(static_cast<char>(kBeyondAscii));
  for (uint32_t i = 0; i < windows->count; ++i) {
    const __m512i bytes =
        LoadWindow(texts, static_cast<size_t>(windows->begins[i]));
    const __m512i class_of =
        _mm512_or_si512(_mm512_and_si512(bytes, beyond_ascii),
                        _mm512_permutex2var_epi8(low, bytes, high));
    windows->at_signs[i] = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('@'));
    windows->dots[i] = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('.'));
    windows->not_local[i] = _mm512_test_epi8_mask(
        class_of,
        _mm512_set1_epi8(static_cast<char>(kNotLocal | kBeyondAscii)));
    windows->not_domain[i] = _mm512_test_epi8_mask(
        class_of,
        _mm512_set1_epi8(static_cast<char>(kNotDomain | kBeyondAscii)));
  }
}

// Adding and subtracting runs through a part of a text up to what ends it, of
// all texts at once.
SLUICE_AVX512 void Decide(Windows* windows) {
  for (uint32_t i = 0; i < windows->count; ++i) {
    const Bits inside = windows->inside[i];
    const Bits starts = windows->starts[i];
    const Bits at_signs = windows->at_signs[i] & inside;
    // From the beginning of each text to its @, and all behind the last text.
    const Bits local = at_signs - starts;
    // A text has no @, begins with it or has two: the difference is that only
    // where none of this is so.
    const Bits no_turns = (local & at_signs) | (starts & ~local);
    const Bits domain = inside & ~local & ~at_signs;
    // From behind each @ to the first dot, or through to the next text.
    const Bits undotted = (domain & ~windows->dots[i]) + (at_signs << 1);
    // None at an end, and none next to another: this finds empty sides too.
    const Bits joints = (windows->dots[i] | at_signs) & inside;
    windows->wrong[i] |= no_turns | (windows->not_local[i] & local & inside) |
                         (windows->not_domain[i] & domain) |
                         (undotted & starts) |
                         (joints & (joints << 1 | starts | starts >> 1));
    windows->hidden[i] =
        (local & inside & ~starts) | (starts & (at_signs >> 1));
  }
}

// The offsets of `input` without the texts that are null in `output`.
SharedBytes OffsetsWithoutNulls(const records::Column& input,
                                const records::Column& output) {
  const uint32_t rows = input.row_count;
  records::AlignedBuffer offsets((rows + size_t{1}) * sizeof(int32_t));
  int32_t end = 0;
  StoreLittle(end, offsets.data());
  for (uint32_t row = 0; row < rows; ++row) {
    end += output.IsNull(row) ? 0 : input.Offset(row + 1) - input.Offset(row);
    StoreLittle(end, offsets.data() + (row + size_t{1}) * sizeof(int32_t));
  }
  return std::move(offsets).Share();
}

// A column on its way. Where nothing is untreatable the texts stay where they
// are, and the offsets are those of the input.
class EmailRows {
 public:
  SLUICE_AVX512 EmailRows(const records::Column& column, char symbol)
      : column_(column),
        symbol_(symbol),
        data_(column.data.size() + kVectorBytes),
        out_(data_.data()),
        validity_(column) {}

  // In windows of kRows texts each.
  template <uint32_t kRows>
  SLUICE_AVX512 void MaskAll() {
    Windows windows;
    uint32_t row = 0;
    for (uint32_t left = column_.row_count / kRows; left > 0;
         left -= windows.count) {
      windows.count = std::min(left, kBatchWindows);
      Open<kRows>(column_.offsets.data() + row * sizeof(int32_t), &windows);
      FindCharacters(column_.data.view(), &windows);
      Decide(&windows);
      Write(windows, row, kRows);
      row += windows.count * kRows;
    }
    for (; row < column_.row_count; ++row) MaskRow(row);
  }

  Treated Finish() && {
    Treated treated{column_, validity_.cleared()};
    const auto size = static_cast<size_t>(out_ - data_.data());
    treated.column.data = std::move(data_).Share().Slice(0, size);
    std::move(validity_).MoveTo(&treated.column);
    if (treated.untreatable != 0) {
      treated.column.offsets = OffsetsWithoutNulls(column_, treated.column);
    }
    return treated;
  }

 private:
  SLUICE_AVX512 void Write(const Windows& windows, uint32_t row,
                           uint32_t rows_each) {
    const __m512i symbols = _mm512_set1_epi8(symbol_);
    const absl::string_view texts = column_.data.view();
    const uint32_t count = windows.count;
    char* out = out_;
    int32_t begin = windows.begins[0];
    for (uint32_t i = 0; i < count; ++i) {
      const int32_t end = windows.begins[i + 1];
      if (windows.wrong[i] == 0) {
        _mm512_storeu_si512(
            out,
            _mm512_mask_mov_epi8(LoadWindow(texts, static_cast<size_t>(begin)),
                                 windows.hidden[i], symbols));
        out += end - begin;
      } else {
        out_ = out;
        const uint32_t first = row + i * rows_each;
        for (uint32_t j = 0; j < rows_each; ++j) MaskRow(first + j);
        out = out_;
      }
      begin = end;
    }
    out_ = out;
  }

  // Masks a text in a window of its own.
  SLUICE_AVX512 void MaskRow(uint32_t row) {
    const absl::string_view text = column_.Text(row);
    if (text.size() > kWindowBytesMax) {
      char* const end = MaskOne(text, symbol_, out_);
      if (end == nullptr) validity_.ClearRow(row);
      out_ = end == nullptr ? out_ : end;
      return;
    }
    Windows window;
    window.count = 1;
    Open<1>(column_.offsets.data() + row * sizeof(int32_t), &window);
    FindCharacters(column_.data.view(), &window);
    Decide(&window);
    if (window.wrong[0] != 0) {
      validity_.ClearRow(row);
      return;
    }
    _mm512_storeu_si512(
        out_,
        _mm512_mask_mov_epi8(LoadWindow(column_.data.view(),
                                        static_cast<size_t>(window.begins[0])),
                             window.hidden[0], _mm512_set1_epi8(symbol_)));
    out_ += text.size();
  }

  const records::Column& column_;
  const char symbol_;
  records::AlignedBuffer data_;
  char* out_;
  OutputValidity validity_;
};

SLUICE_AVX512 Treated MaskRows(const records::Column& column, char symbol) {
  EmailRows rows(column, symbol);
  // As many texts a window as nearly always fit in.
  const size_t bytes = column.data.size() + column.data.size() / 32;
  const auto fit = [&column, bytes](size_t texts) {
    return bytes * texts <= column.row_count * kWindowBytesMax;
  };
  if (fit(4)) {
    rows.MaskAll<4>();
  } else if (fit(3)) {
    rows.MaskAll<3>();
  } else if (fit(2)) {
    rows.MaskAll<2>();
  } else {
    rows.MaskAll<1>();
  }
  return std::move(rows).Finish();
}

}  // namespace

std::optional<Treated> MaskEmailRows(const records::Column& column,
                                     char symbol) {
  if (UsedCpuLevel() != CpuLevel::kAvx512) return std::nullopt;
  return MaskRows(column, symbol);
}

#else

std::optional<Treated> MaskEmailRows(const records::Column& /*column*/,
                                     char /*symbol*/) {
  return std::nullopt;
}

#endif

}  // namespace sluice::desensitize
