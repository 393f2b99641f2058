#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

// Addresses are so short that a call of memcpy or memcmp costs more than what
// it does. Two pieces of one size that overlap need none: calls `piece(at,
// size)` with a size that the compiler knows, for each.
template <size_t kSize, typename Piece>
bool InTwo(size_t bytes, Piece piece) {
  return piece(0, std::integral_constant<size_t, kSize>()) &&
         piece(bytes - kSize, std::integral_constant<size_t, kSize>());
}

template <typename Piece>
bool InPieces(size_t bytes, Piece piece) {
  if (bytes < 8 || bytes > 64) return piece(0, bytes);
  if (bytes <= 16) return InTwo<8>(bytes, piece);
  return bytes <= 32 ? InTwo<16>(bytes, piece) : InTwo<32>(bytes, piece);
}

// Whether the `bytes` at both are the same.
bool AreSame(const char* a, const char* b, size_t bytes) {
  return InPieces(bytes, [a, b](size_t at, auto size) {
    return std::memcmp(a + at, b + at, size) == 0;
  });
}

char* Copy(const char* text, size_t bytes, char* out) {
  InPieces(bytes, [text, out](size_t at, auto size) {
    std::memcpy(out + at, text + at, size);
    return true;
  });
  return out + bytes;
}

// What is kept of addresses seen before, for those that begin alike, as most of
// a column do.
class KeptBeginnings {
 public:
  // AddressCut::BytesKept. `address` lives as long as this object.
  size_t BytesKept(const AddressCut& cut, absl::string_view address) {
    absl::string_view& known = known_[Slot(address)];
    if (!known.empty() && known.size() <= address.size() &&
        AreSame(address.data(), known.data(), known.size())) {
      return known.size();
    }
    bool holds = false;
    const size_t kept = cut.BytesKept(address, &holds);
    if (kept != 0 && holds) known = address.substr(0, kept);
    return kept;
  }

  // What is known there; empty if nothing is.
  absl::string_view At(size_t slot) const { return known_[slot]; }

  static constexpr size_t kSlots = 64;

  // By the characters where most addresses have their county's name.
  static size_t Slot(absl::string_view address) {
    constexpr size_t kAt = 18;
    if (address.size() < kAt + sizeof(uint64_t)) return 0;
    const auto bytes = LoadLittle<uint64_t>(address.data() + kAt);
    return static_cast<size_t>(bytes * 0x9E3779B97F4A7C15u >> 58);
  }

 private:
  std::array<absl::string_view, kSlots> known_;
};

#if defined(__x86_64__)

constexpr size_t kVectorBytes = 64;
constexpr size_t kHalfBytes = kVectorBytes / 2;

SLUICE_AVX2 inline __m256i LoadHalf(const char* bytes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
}

SLUICE_AVX2 inline void StoreHalf(__m256i bytes, char* out) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), bytes);
}

// A column on its way, where what is kept of an address is compared and written
// in one vector, or in two halves of one, if it is known and fits in.
class AddressRows {
 public:
  AddressRows(const records::Column& column, const AddressCut& cut)
      : column_(column),
        cut_(cut),
        offsets_((column.row_count + size_t{1}) * sizeof(uint32_t)),
        data_(column.data.size() + kVectorBytes),
        validity_(column) {}

  Treated Mask() && {
    const uint32_t rows = column_.row_count;
    const bool whole = UsedCpuLevel() == CpuLevel::kAvx512;
    StoreLittle<uint32_t>(0, offsets_.data());
    for (uint32_t row = 0; row < rows;) {
      if (whole) {
        row = MaskKnown(row);
      } else {
        row = head_bytes_max_ <= kHalfBytes ? MaskKnownInHalves<1>(row)
                                            : MaskKnownInHalves<2>(row);
      }
      if (row < rows) MaskRow(row++);
    }
    Treated treated{column_, validity_.cleared()};
    treated.column.offsets = std::move(offsets_).Share();
    treated.column.data = std::move(data_).Share().Slice(0, size_);
    std::move(validity_).MoveTo(&treated.column);
    return treated;
  }

 private:
  // What is known, with zeros behind it.
  struct alignas(kVectorBytes) Head {
    std::array<char, kVectorBytes> bytes = {};
  };

  // From `row` on, up to the first of which nothing is known. Returns it.
  SLUICE_AVX512 uint32_t MaskKnown(uint32_t row) {
    const uint32_t rows = column_.row_count;
    const char* const texts = column_.data.data();
    const char* const offsets = column_.offsets.data();
    const size_t bytes = column_.data.size();
    char* const out = data_.data();
    char* const offsets_out = offsets_.data();
    size_t size = size_;
    auto begin = static_cast<uint32_t>(column_.Offset(row));
    for (; row < rows && begin + kVectorBytes <= bytes; ++row) {
      const size_t at = (row + size_t{1}) * sizeof(uint32_t);
      const auto end = LoadLittle<uint32_t>(offsets + at);
      const absl::string_view address(texts + begin, end - begin);
      const size_t slot = KeptBeginnings::Slot(address);
      const uint32_t kept = head_bytes_[slot];
      const __m512i head = _mm512_load_si512(heads_[slot].bytes.data());
      const uint64_t others =
          _mm512_cmpneq_epi8_mask(_mm512_loadu_si512(address.data()), head);
      // A vector of the column may reach into the next address.
      if (kept == 0 || kept > address.size() || _bzhi_u64(others, kept) != 0) {
        break;
      }
      _mm512_storeu_si512(out + size, head);
      size += kept;
      StoreLittle(static_cast<uint32_t>(size), offsets_out + at);
      begin = end;
    }
    size_ = size;
    return row;
  }

  // A bit for each byte of `text` that is not that of `head`.
  SLUICE_AVX2 static uint64_t OtherBytes(const char* text, __m256i head) {
    return ~static_cast<uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(LoadHalf(text), head)));
  }

  // The same with vectors of half the size, of which each known head fits in
  // `kHalves`.
  template <size_t kHalves>
  SLUICE_AVX2 uint32_t MaskKnownInHalves(uint32_t row) {
    const uint32_t rows = column_.row_count;
    const char* const texts = column_.data.data();
    const char* const offsets = column_.offsets.data();
    const size_t bytes = column_.data.size();
    char* const out = data_.data();
    char* const offsets_out = offsets_.data();
    size_t size = size_;
    auto begin = static_cast<uint32_t>(column_.Offset(row));
    for (; row < rows && begin + kHalves * kHalfBytes <= bytes; ++row) {
      const size_t at = (row + size_t{1}) * sizeof(uint32_t);
      const auto end = LoadLittle<uint32_t>(offsets + at);
      const absl::string_view address(texts + begin, end - begin);
      const size_t slot = KeptBeginnings::Slot(address);
      const uint32_t kept = head_bytes_[slot];
      const char* const head = heads_[slot].bytes.data();
      const __m256i first = LoadHalf(head);
      uint64_t others = OtherBytes(address.data(), first);
      StoreHalf(first, out + size);
      if constexpr (kHalves == 2) {
        const __m256i second = LoadHalf(head + kHalfBytes);
        others |= OtherBytes(address.data() + kHalfBytes, second) << kHalfBytes;
        StoreHalf(second, out + size + kHalfBytes);
      }
      if (kept == 0 || kept > address.size() || _bzhi_u64(others, kept) != 0) {
        break;
      }
      size += kept;
      StoreLittle(static_cast<uint32_t>(size), offsets_out + at);
      begin = end;
    }
    size_ = size;
    return row;
  }

  void MaskRow(uint32_t row) {
    const absl::string_view address = column_.Text(row);
    if (!address.empty()) {
      const size_t kept = beginnings_.BytesKept(cut_, address);
      if (kept == 0) validity_.ClearRow(row);
      Copy(address.data(), kept, data_.data() + size_);
      size_ += kept;
      SetHead(KeptBeginnings::Slot(address));
    }
    StoreLittle(static_cast<uint32_t>(size_),
                offsets_.data() + (row + size_t{1}) * sizeof(uint32_t));
  }

  void SetHead(size_t slot) {
    const absl::string_view known = beginnings_.At(slot);
    if (known.empty() || known.size() > kVectorBytes) return;
    heads_[slot] = {};
    Copy(known.data(), known.size(), heads_[slot].bytes.data());
    head_bytes_[slot] = static_cast<uint32_t>(known.size());
    head_bytes_max_ = std::max(head_bytes_max_, head_bytes_[slot]);
  }

  const records::Column& column_;
  const AddressCut& cut_;
  records::AlignedBuffer offsets_;
  records::AlignedBuffer data_;
  // Of what is written so far.
  size_t size_ = 0;
  OutputValidity validity_;
  KeptBeginnings beginnings_;
  // Those of them that fit in a vector.
  std::array<Head, KeptBeginnings::kSlots> heads_ = {};
  std::array<uint32_t, KeptBeginnings::kSlots> head_bytes_ = {};
  uint32_t head_bytes_max_ = 0;
};

#endif

class AddressMask : public Operator {
 public:
  explicit AddressMask(AddressLevel level) : cut_(level) {}

  Treated Apply(const records::Column& column) const override {
    const AddressCut& cut = cut_;
#if defined(__x86_64__)
    if (UsedCpuLevel() != CpuLevel::kPortable) {
      return AddressRows(column, cut).Mask();
    }
#endif
    KeptBeginnings beginnings;
    return TreatTexts(
        column, column.data.size(),
        [&](const char* begin, const char* end, char* out) -> char* {
          const absl::string_view address(begin,
                                          static_cast<size_t>(end - begin));
          const size_t kept = beginnings.BytesKept(cut, address);
          if (kept == 0) return nullptr;
          return Copy(begin, kept, out);
        });
  }

 private:
  const AddressCut cut_;
};

}  // namespace

std::unique_ptr<const Operator> NewAddressMask(AddressLevel level) {
  return std::make_unique<AddressMask>(level);
}

}  // namespace sluice::desensitize
