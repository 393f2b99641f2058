#include "libs/desensitize/code_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kShortBytesMax = 7;
constexpr size_t kLongBytesMax = 15;
constexpr size_t kTextBytesMax = 32;
static_assert(kTextBytesMax <= CodeIndex::kBytesWritten);
constexpr int kLengthShift = 56;
constexpr int kPoolShift = 32;
// The length of no code: of a slot that is free.
constexpr uint64_t kFree = uint64_t{0xFF} << kLengthShift;

// Odd, and as good as drawn.
constexpr uint64_t kLowFactor = 0x9E37'79B9'7F4A'7C15;
constexpr uint64_t kHighFactor = 0xC2B2'AE3D'27D4'EB4F;
constexpr uint64_t kSlotFactor = 0xD6E8'FEB8'6659'FD93;

constexpr size_t kCodesOfBucket = 4;
// No bucket needs nearly as many.
constexpr uint64_t kDisplacementsMax = 1 << 16;

// Which of sixteen bytes a code of some length has.
struct Masks {
  std::array<std::array<uint64_t, 2>, kLongBytesMax + 1> of_length = {};

  constexpr Masks() {
    for (size_t length = 0; length <= kLongBytesMax; ++length) {
      for (size_t at = 0; at < length; ++at) {
        of_length[length][at / 8] |= uint64_t{0xFF} << at % 8 * 8;
      }
    }
  }
};
constexpr Masks kMasks;

template <bool kShort>
SLUICE_ANY_LEVEL inline uint64_t LowKey(const char* code, uint32_t length) {
  const auto bytes = LoadLittle<uint64_t>(code);
  return kShort ? (bytes & ((uint64_t{1} << length % 8 * 8) - 1)) |
                      uint64_t{length} << kLengthShift
                : bytes & kMasks.of_length[length % 16][0];
}

template <bool kShort>
SLUICE_ANY_LEVEL inline uint64_t HighKey(const char* code, uint32_t length) {
  return kShort ? 0
                : (LoadLittle<uint64_t>(code + 8) &
                   kMasks.of_length[length % 16][1]) |
                      uint64_t{length} << kLengthShift;
}

SLUICE_ANY_LEVEL inline uint64_t HashOf(uint64_t low, uint64_t high) {
  return low * kLowFactor + high * kHighFactor;
}

SLUICE_ANY_LEVEL inline size_t SlotOf(uint64_t hash, uint64_t displacement,
                                      int shift) {
  return ((hash ^ displacement) * kSlotFactor) >> shift;
}

// How far a number of 64 bits is shifted to have `count` values at least.
int ShiftFor(size_t count) {
  return 64 - std::max(1, static_cast<int>(std::bit_width(count - 1)));
}

}  // namespace

CodeIndex::CodeIndex(
    const std::vector<std::pair<std::string, std::string>>& texts_of_codes) {
  const std::vector<Entry> entries = EntriesOf(texts_of_codes);
  // With an eighth of the slots free, else the last entries find none.
  slot_shift_ = ShiftFor(entries.size() + entries.size() / 8);
  bucket_shift_ = ShiftFor(entries.size() / kCodesOfBucket + 1);
  displacements_.assign(size_t{1} << (64 - bucket_shift_), 0);
  const size_t words = is_short_ ? 2 : 3;
  slots_.assign(words << (64 - slot_shift_), 0);
  FreeSlots();
  if (!PlaceEntries(entries)) FreeSlots();
  if (is_short_) dense_ = DenseCodes::Of(texts_of_codes);
}

void CodeIndex::FreeSlots() {
  const size_t words = is_short_ ? 2 : 3;
  std::fill(slots_.begin(), slots_.end(), 0);
  for (size_t at = words - 2; at < slots_.size(); at += words) {
    slots_[at] = kFree;
  }
}

std::vector<CodeIndex::Entry> CodeIndex::EntriesOf(
    const std::vector<std::pair<std::string, std::string>>& texts_of_codes) {
  std::vector<const std::pair<std::string, std::string>*> taken;
  taken.reserve(texts_of_codes.size());
  for (const auto& each : texts_of_codes) {
    const auto& [code, text] = each;
    if (code.size() > kLongBytesMax || text.size() > kTextBytesMax) continue;
    taken.push_back(&each);
    is_short_ = is_short_ && code.size() <= kShortBytesMax &&
                text.size() <= kShortBytesMax;
  }
  std::vector<Entry> entries;
  entries.reserve(taken.size() + 1);
  const auto add = [&](const std::string& code, const std::string& text) {
    std::array<char, kBytesRead> padded = {};
    std::copy(code.begin(), code.end(), padded.begin());
    const auto length = static_cast<uint32_t>(code.size());
    Entry entry;
    if (is_short_) {
      std::array<char, 8> bytes = {};
      std::copy(text.begin(), text.end(), bytes.begin());
      entry.key = {LowKey<true>(padded.data(), length), 0};
      entry.text = LoadLittle<uint64_t>(bytes.data()) | uint64_t{text.size()}
                                                            << kLengthShift;
    } else {
      entry.key = {LowKey<false>(padded.data(), length),
                   HighKey<false>(padded.data(), length)};
      entry.text = pool_.size() | uint64_t{text.size()} << kPoolShift;
      pool_ += text;
    }
    entry.hash = HashOf(entry.key.low, entry.key.high);
    entries.push_back(entry);
  };
  // What has no text is looked up like all else.
  add("", "");
  for (const auto* each : taken) add(each->first, each->second);
  pool_.append(kTextBytesMax, '\0');
  return entries;
}

bool CodeIndex::PlaceEntries(const std::vector<Entry>& entries) {
  std::vector<std::vector<const Entry*>> buckets(displacements_.size());
  for (const Entry& entry : entries) {
    buckets[entry.hash >> bucket_shift_].push_back(&entry);
  }
  std::vector<size_t> order(buckets.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  // The largest while there is most place.
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return buckets[a].size() > buckets[b].size();
  });
  for (const size_t bucket : order) {
    uint64_t tried = 0;
    uint64_t displacement = 0;
    while (!PlaceTogether(buckets[bucket], displacement)) {
      if (++tried == kDisplacementsMax) return false;
      displacement += kHighFactor;
    }
    displacements_[bucket] = displacement;
  }
  return true;
}

bool CodeIndex::PlaceTogether(const std::vector<const Entry*>& entries,
                              uint64_t displacement) {
  const size_t words = is_short_ ? 2 : 3;
  const auto slot_of = [&](const Entry* entry) {
    return &slots_[words * SlotOf(entry->hash, displacement, slot_shift_)];
  };
  for (size_t i = 0; i < entries.size(); ++i) {
    uint64_t* const slot = slot_of(entries[i]);
    if (slot[words - 2] != kFree) {
      // What was placed goes again.
      for (size_t j = 0; j < i; ++j) {
        uint64_t* const placed = slot_of(entries[j]);
        std::fill_n(placed, words, 0);
        placed[words - 2] = kFree;
      }
      return false;
    }
    slot[0] = entries[i]->key.low;
    if (!is_short_) slot[1] = entries[i]->key.high;
    slot[words - 1] = entries[i]->text;
  }
  return true;
}

template <bool kShort>
CodePlace CodeIndex::TranslateAs(const char* offsets, const char* texts,
                                 CodePlace from, uint32_t last, char* out,
                                 char* out_offsets) const {
  constexpr size_t kWords = kShort ? 2 : 3;
  constexpr uint32_t kLengthMax = kShort ? kShortBytesMax : kLongBytesMax;
  const uint64_t* const displacements = displacements_.data();
  const uint64_t* const slots = slots_.data();
  const char* const pool = pool_.data();
  const int bucket_shift = bucket_shift_;
  const int slot_shift = slot_shift_;
  return RunAtUsedCpuLevel([=]() SLUICE_ANY_LEVEL {
    constexpr size_t kOffset = sizeof(uint32_t);
    const char* in = offsets + from.row * kOffset;
    const char* const in_last = offsets + last * kOffset;
    char* ends = out_offsets + from.row * kOffset;
    size_t end = from.end;
    auto text_begin = LoadLittle<uint32_t>(in);
    for (; in < in_last; in += kOffset) {
      const auto text_end = LoadLittle<uint32_t>(in + kOffset);
      const uint32_t length = text_end - text_begin;
      const char* const text = texts + text_begin;
      const uint64_t low = LowKey<kShort>(text, length);
      const uint64_t high = HighKey<kShort>(text, length);
      const uint64_t hash = HashOf(low, high);
      const uint64_t* const slot =
          slots + kWords * SlotOf(hash, displacements[hash >> bucket_shift],
                                  slot_shift);
      uint64_t wrong = slot[0] ^ low;
      if (!kShort) wrong |= slot[1] ^ high;
      if (wrong != 0 || length > kLengthMax) break;
      text_begin = text_end;
      const uint64_t found = slot[kWords - 1];
      if (kShort) {
        StoreLittle(found, out + end);
        end += found >> kLengthShift;
      } else {
        const size_t where = found & ((uint64_t{1} << kPoolShift) - 1);
        std::memcpy(out + end, pool + where, kTextBytesMax);
        end += found >> kPoolShift;
      }
      ends += kOffset;
      StoreLittle(static_cast<uint32_t>(end), ends);
    }
    return CodePlace{static_cast<uint32_t>((in - offsets) / kOffset), end};
  });
}

CodePlace CodeIndex::TranslateSparse(const char* offsets, const char* texts,
                                     CodePlace from, uint32_t last, char* out,
                                     char* out_offsets) const {
  return is_short_
             ? TranslateAs<true>(offsets, texts, from, last, out, out_offsets)
             : TranslateAs<false>(offsets, texts, from, last, out, out_offsets);
}

CodePlace CodeIndex::Translate(
    const char* offsets, absl::string_view texts, CodePlace from, uint32_t last,
    char* out, char* out_offsets,
    absl::FunctionRef<void(uint32_t row)> unknown) const {
  if (!dense_ || UsedCpuLevel() == CpuLevel::kPortable) {
    return TranslateSparse(offsets, texts.data(), from, last, out, out_offsets);
  }
  // Where rows cannot be looked up together each of them is.
  constexpr uint32_t kRows = 8;
  CodePlace at = from;
  while (at.row < last) {
    at = dense_->Translate(offsets, texts, at, last, out, out_offsets, unknown);
    const uint32_t until = std::min(last, at.row + kRows);
    at = TranslateSparse(offsets, texts.data(), at, until, out, out_offsets);
    if (at.row != until) break;
  }
  return at;
}

}  // namespace sluice::desensitize
