#include "libs/desensitize/text_form.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <numeric>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/records/aligned_buffer.h"

namespace sluice::desensitize {
namespace {

// A pattern is of whole texts and of whole vectors, the widest there are, and
// long enough for a loop to be worth starting.
constexpr size_t kVectorBytes = 64;
constexpr size_t kPatternBytesMax = kFormBytesMax * kVectorBytes;
constexpr size_t kPatternBytesMin = 512;

using Pattern = std::array<uint8_t, kPatternBytesMax>;

// The first `length` bytes of `pattern` again and again, up to `size`.
void Repeat(const uint8_t* bytes, size_t length, size_t size,
            Pattern* pattern) {
  uint8_t* const out = pattern->data();
  std::memcpy(out, bytes, length);
  for (size_t done = length; done < size; done *= 2) {
    std::memcpy(out + done, out, std::min(done, size - done));
  }
}

// Whether each length is `length` or 0.
SLUICE_ANY_LEVEL inline bool HaveLength(const char* offsets, uint32_t rows,
                                        uint32_t length) {
  uint32_t others = 0;
  for (uint32_t row = 0; row < rows; ++row) {
    const char* const at = offsets + row * sizeof(uint32_t);
    const uint32_t each =
        LoadLittle<uint32_t>(at + sizeof(uint32_t)) - LoadLittle<uint32_t>(at);
    others |= each != length && each != 0 ? 1u : 0u;
  }
  return others == 0;
}

// Returns what is not 0 if a byte is out of its range.
SLUICE_ANY_LEVEL inline uint8_t MaskBytes(
    const uint8_t* __restrict in, size_t size, const uint8_t* __restrict least,
    const uint8_t* __restrict span, const uint8_t* __restrict kept,
    uint8_t symbol, uint8_t* __restrict out) {
  uint8_t wrong = 0;
  for (size_t i = 0; i < size; ++i) {
    const auto above = static_cast<uint8_t>(in[i] - least[i]);
    wrong |= above > span[i] ? 1 : 0;
    out[i] = static_cast<uint8_t>((in[i] & kept[i]) | (symbol & ~kept[i]));
  }
  return wrong;
}

}  // namespace

size_t CommonTextBytes(const records::Column& column) {
  const char* const offsets = column.offsets.data();
  const uint32_t rows = column.row_count;
  int32_t length = 0;
  for (uint32_t row = 0; row < rows && length == 0; ++row) {
    length = column.Offset(row + 1);
  }
  const auto bytes = static_cast<uint32_t>(length);
  if (bytes == 0 || bytes > kFormBytesMax) return 0;
  const bool common = RunAtUsedCpuLevel(
      [=]() SLUICE_ANY_LEVEL { return HaveLength(offsets, rows, bytes); });
  return common ? bytes : 0;
}

TextForm::TextForm(size_t length) : length_(length) {
  assert(length > 0 && length <= kFormBytesMax);
  least_.fill(0);
  span_.fill(0x7F);
  kept_.fill(0xFF);
}

void TextForm::Require(size_t at, char least, char most) {
  least_[at] = static_cast<uint8_t>(least);
  span_[at] = static_cast<uint8_t>(most - least);
}

void TextForm::RequireDigits() {
  for (size_t i = 0; i < length_; ++i) Require(i, '0', '9');
}

void TextForm::Hide(size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) kept_[i] = 0;
}

std::optional<Treated> MaskInForm(const records::Column& column,
                                  const TextForm& form, char symbol) {
  const size_t size = column.data.size();
  size_t period = std::lcm(form.length_, kVectorBytes);
  while (period < kPatternBytesMin) period *= 2;
  Pattern least_pattern;
  Pattern span_pattern;
  Pattern kept_pattern;
  Repeat(form.least_.data(), form.length_, period, &least_pattern);
  Repeat(form.span_.data(), form.length_, period, &span_pattern);
  Repeat(form.kept_.data(), form.length_, period, &kept_pattern);
  records::AlignedBuffer data(size);
  const auto* const in = reinterpret_cast<const uint8_t*>(column.data.data());
  auto* const out = reinterpret_cast<uint8_t*>(data.data());
  const uint8_t* const least = least_pattern.data();
  const uint8_t* const span = span_pattern.data();
  const uint8_t* const kept = kept_pattern.data();
  const auto hidden = static_cast<uint8_t>(symbol);
  const uint8_t wrong = RunAtUsedCpuLevel([=]() SLUICE_ANY_LEVEL {
    uint8_t found = 0;
    size_t at = 0;
    for (; at + period <= size; at += period) {
      found |= MaskBytes(in + at, period, least, span, kept, hidden, out + at);
    }
    return static_cast<uint8_t>(
        found |
        MaskBytes(in + at, size - at, least, span, kept, hidden, out + at));
  });
  if (wrong != 0) return std::nullopt;
  Treated treated{column, 0};
  treated.column.data = std::move(data).Share();
  return treated;
}

}  // namespace sluice::desensitize
