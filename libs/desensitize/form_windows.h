// Masks of short texts that have a grammar, several in a vector as they stand
// side by side in a column: what is checked of one is checked of all by the
// same additions and shifts of bits, a bit a byte.
#ifndef SLUICE_LIBS_DESENSITIZE_FORM_WINDOWS_H_
#define SLUICE_LIBS_DESENSITIZE_FORM_WINDOWS_H_

#if defined(__x86_64__)

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/window_starts.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

inline constexpr size_t kFormVectorBytes = 64;
// A window is texts that stand side by side, all in one vector. Its last bit is
// left for where the text behind it begins.
inline constexpr size_t kFormWindowBytesMax = kFormVectorBytes - 1;
// Asked for before they are looked at: vectors that begin anywhere wait for two
// cache lines each.
inline constexpr size_t kBytesAhead = 512;
// Windows that are looked at together: each step is done for all of them before
// the next, so that none waits for another.
inline constexpr uint32_t kBatchWindows = 32;

// Of a window, a bit a byte, the first byte's the lowest.
using Bits = uint64_t;
// Of eight windows. Operators work on each alone; shifts cost more than sums.
using BitLanes __attribute__((vector_size(kLanes * sizeof(Bits)))) = Bits;
// Of the windows of a batch.
struct alignas(kFormVectorBytes) BatchBits {
  std::array<Bits, kBatchWindows> of = {};
};

// Of the windows from `first` on.
SLUICE_AVX512 inline BitLanes LanesOf(const BatchBits& bits, uint32_t first) {
  BitLanes lanes;
  std::memcpy(&lanes, &bits.of[first], sizeof(lanes));
  return lanes;
}

// Which bytes of windows the mask's symbol hides, and what is not 0 if a text
// is neither empty nor of the form.
struct WindowVerdict {
  BitLanes hidden;
  BitLanes wrong;
};

// A form of texts, for MaskInWindows, is a class with
//   // How many texts a window may have.
//   static constexpr uint32_t kWindowRowsMax;
//   // What is looked for in windows.
//   struct Signs { BatchBits ...; };
//   // Finds it in a vector at `text`, for window `i`.
//   static void Look(const char* text, uint32_t i, Signs* signs);
//   // Of the windows from `first` on, whose texts have a bit in `inside` for
//   // each byte. A bit in `starts` is where a text, or the one behind the
//   // last, begins.
//   static WindowVerdict Decide(const Signs& signs, uint32_t first,
//                               BitLanes inside, BitLanes starts);
//   // Masks a text that is too long for a window, with as many bytes. Returns
//   // the end of what it wrote; null if the text is not of the form.
//   static char* MaskLong(absl::string_view text, char symbol, char* out);
// Look and Decide are inline and SLUICE_AVX512.

namespace form_windows_internal {

template <typename Form>
struct Batch {
  uint32_t count = 0;
  // Of each window, and of what stands behind the last.
  alignas(kFormVectorBytes) std::array<uint32_t, kBatchWindows + 1> begins = {};
  typename Form::Signs signs;
  BatchBits hidden;
  BatchBits wrong;
  // In none is anything wrong.
  bool all_right = false;
};

SLUICE_AVX512 inline __m512i Widened(const uint32_t* places) {
  return _mm512_cvtepu32_epi64(
      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(places)));
}

// A column on its way. Where nothing is untreatable the texts stay where they
// are, and the offsets are those of the input.
template <typename Form>
class WindowMask {
 public:
  WindowMask(const records::Column& column, char symbol)
      : column_(column),
        texts_(column.data.view()),
        symbol_(symbol),
        data_(column.data.size() + kFormVectorBytes),
        out_(data_.data()),
        validity_(column) {}

  // With as many texts a window as nearly always fit in, kRows at most.
  template <uint32_t kRows = Form::kWindowRowsMax>
  SLUICE_AVX512 void MaskAll() {
    const uint32_t rows = column_.row_count;
    if constexpr (kRows > 1) {
      const size_t bytes = texts_.size() + texts_.size() / 32;
      if (bytes * kRows > rows * kFormWindowBytesMax)
        return MaskAll<kRows - 1>();
    }
    const uint32_t rest = rows % kRows;
    MaskBatches<kRows>(0, rows - rest);
    MaskBatches<1>(rows - rest, rows);
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
  // In windows of kRows texts.
  template <uint32_t kRows>
  SLUICE_AVX512 void MaskBatches(uint32_t row, uint32_t until) {
    for (; row < until; row += batch_.count * kRows) {
      batch_.count = std::min((until - row) / kRows, kBatchWindows);
      Look<kRows>(row, &batch_);
      Decide<kRows>(row, &batch_);
      Write<kRows>(row);
    }
  }

  // Whether a vector from `begin` on is inside the column.
  bool IsInside(size_t begin) const {
    return begin + kFormVectorBytes <= texts_.size();
  }

  // The texts from `begin` on, where a vector may be read.
  const char* TextAt(size_t begin) {
    const char* const at = texts_.data() + begin;
    if (IsInside(begin)) return at;
    if (begin < texts_.size()) {
      std::memcpy(last_.data(), at, texts_.size() - begin);
    }
    return last_.data();
  }

  template <uint32_t kRows>
  SLUICE_AVX512 void Look(uint32_t row, Batch<Form>* batch) {
    const char* const texts = texts_.data();
    const uint32_t last = row + (batch->count - 1) * kRows;
    if (IsInside(static_cast<uint32_t>(column_.Offset(last)))) {
      LookAt<kRows>(row, batch,
                    [texts](size_t begin) { return texts + begin; });
    } else {
      LookAt<kRows>(row, batch, [this](size_t begin) { return TextAt(begin); });
    }
  }
  template <uint32_t kRows, typename At>
  SLUICE_APART SLUICE_AVX512 void LookAt(uint32_t row, Batch<Form>* batch,
                                         At text_at) {
    const char* offsets = column_.offsets.data() + row * sizeof(uint32_t);
    const uint32_t count = batch->count;
    for (uint32_t i = 0; i < count; ++i) {
      const auto begin = LoadLittle<uint32_t>(offsets);
      batch->begins[i] = begin;
      _mm_prefetch(texts_.data() + begin + kBytesAhead, _MM_HINT_T0);
      Form::Look(text_at(begin), i, &batch->signs);
      offsets += kRows * sizeof(uint32_t);
    }
    batch->begins[count] = LoadLittle<uint32_t>(offsets);
  }

  // The offsets from `row` on, where as many as WindowStarts reads may be read.
  template <uint32_t kRows>
  const char* OffsetsAt(uint32_t row) {
    const char* const at = column_.offsets.data() + row * sizeof(uint32_t);
    const size_t count = column_.row_count + size_t{1} - row;
    if (count >= kOffsetsRead<kRows>) return at;
    std::memcpy(last_offsets_.data(), at, count * sizeof(uint32_t));
    return last_offsets_.data();
  }

  // For the windows of `batch`, of which the first text is that of `row`.
  template <uint32_t kRows>
  SLUICE_APART SLUICE_AVX512 void Decide(uint32_t row, Batch<Form>* batch) {
    const __m512i one = _mm512_set1_epi64(1);
    const uint32_t count = batch->count;
    uint32_t wrong_windows = 0;
    for (uint32_t i = 0; i < count; i += kLanes) {
      const __m512i begins = Widened(&batch->begins[i]);
      const __m512i sizes =
          _mm512_sub_epi64(Widened(&batch->begins[i + 1]), begins);
      // No bit if they do not fit in.
      const __m512i behind = _mm512_sllv_epi64(one, sizes);
      const __m512i starts =
          WindowStarts<kRows>(OffsetsAt<kRows>(row + i * kRows), begins);
      const WindowVerdict verdict =
          Form::Decide(batch->signs, i, BitLanes(_mm512_sub_epi64(behind, one)),
                       BitLanes(_mm512_or_si512(starts, behind)));
      const __m512i wrong = _mm512_mask_mov_epi64(
          _mm512_set1_epi64(-1), _mm512_test_epi64_mask(behind, behind),
          __m512i(verdict.wrong));
      _mm512_store_si512(&batch->wrong.of[i], wrong);
      _mm512_store_si512(&batch->hidden.of[i], __m512i(verdict.hidden));
      wrong_windows |= uint32_t{_mm512_test_epi64_mask(wrong, wrong)} << i;
    }
    batch->all_right = _bzhi_u32(wrong_windows, count) == 0;
  }

  SLUICE_AVX512 static void WriteWindow(const char* text, Bits hidden,
                                        __m512i symbols, char* out) {
    _mm512_storeu_si512(
        out, _mm512_mask_mov_epi8(_mm512_loadu_si512(text), hidden, symbols));
  }

  template <uint32_t kRows>
  SLUICE_APART SLUICE_AVX512 void Write(uint32_t row) {
    const __m512i symbols = _mm512_set1_epi8(symbol_);
    const uint32_t count = batch_.count;
    if (batch_.all_right && IsInside(batch_.begins[count - 1])) {
      const char* const texts = texts_.data();
      char* const out = out_ - batch_.begins[0];
      for (uint32_t i = 0; i < count; ++i) {
        const uint32_t begin = batch_.begins[i];
        WriteWindow(texts + begin, batch_.hidden.of[i], symbols, out + begin);
      }
      out_ = out + batch_.begins[count];
      return;
    }
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t begin = batch_.begins[i];
      if (batch_.wrong.of[i] == 0) {
        WriteWindow(TextAt(begin), batch_.hidden.of[i], symbols, out_);
        out_ += batch_.begins[i + 1] - begin;
        continue;
      }
      for (uint32_t j = 0; j < kRows; ++j) MaskRow(row + i * kRows + j);
    }
  }

  // Masks a text by itself.
  SLUICE_AVX512 void MaskRow(uint32_t row) {
    const absl::string_view text = column_.Text(row);
    char* end = nullptr;
    if (text.size() > kFormWindowBytesMax) {
      end = Form::MaskLong(text, symbol_, out_);
    } else {
      if (!alone_) alone_.emplace();
      alone_->count = 1;
      Look<1>(row, &*alone_);
      Decide<1>(row, &*alone_);
      if (alone_->all_right) {
        WriteWindow(TextAt(alone_->begins[0]), alone_->hidden.of[0],
                    _mm512_set1_epi8(symbol_), out_);
        end = out_ + text.size();
      }
    }
    if (end == nullptr) return validity_.ClearRow(row);
    out_ = end;
  }

  const records::Column& column_;
  const absl::string_view texts_;
  const char symbol_;
  records::AlignedBuffer data_;
  char* out_;
  OutputValidity validity_;
  Batch<Form> batch_;
  // Of a row that is looked at while a batch is written.
  std::optional<Batch<Form>> alone_;
  // The last texts of the column; what follows them says nothing.
  std::array<char, kFormVectorBytes> last_ = {};
  // Its last offsets, likewise.
  std::array<char, kOffsetsRead<Form::kWindowRowsMax> * sizeof(uint32_t)>
      last_offsets_ = {};
};

}  // namespace form_windows_internal

// `column` with the form's mask, in a symbol of one byte. Only where the CPU
// has SLUICE_AVX512.
template <typename Form>
SLUICE_AVX512 Treated MaskInWindows(const records::Column& column,
                                    char symbol) {
  form_windows_internal::WindowMask<Form> mask(column, symbol);
  mask.MaskAll();
  return std::move(mask).Finish();
}

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_FORM_WINDOWS_H_
