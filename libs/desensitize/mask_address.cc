#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "libs/base/endian.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/treat_texts.h"
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
  // 0 if none is known that `address` begins with.
  size_t Find(absl::string_view address) const {
    const absl::string_view known = known_[Slot(address)];
    const bool begins = !known.empty() && known.size() <= address.size() &&
                        AreSame(address.data(), known.data(), known.size());
    return begins ? known.size() : 0;
  }

  // `kept`, not empty, begins `address` and lives as long as this object.
  void Add(absl::string_view address, absl::string_view kept) {
    known_[Slot(address)] = kept;
  }

 private:
  static constexpr size_t kSlots = 64;

  // By the characters where most addresses have their county's name.
  static size_t Slot(absl::string_view address) {
    constexpr size_t kAt = 18;
    if (address.size() < kAt + sizeof(uint64_t)) return 0;
    const auto bytes = LoadLittle<uint64_t>(address.data() + kAt);
    return static_cast<size_t>(bytes * 0x9E3779B97F4A7C15u >> 58);
  }

  std::array<absl::string_view, kSlots> known_;
};

class AddressMask : public Operator {
 public:
  explicit AddressMask(AddressLevel level) : cut_(level) {}

  Treated Apply(const records::Column& column) const override {
    const AddressCut& cut = cut_;
    KeptBeginnings beginnings;
    return TreatTexts(
        column, column.data.size(),
        [&](const char* begin, const char* end, char* out) -> char* {
          const absl::string_view address(begin,
                                          static_cast<size_t>(end - begin));
          size_t kept = beginnings.Find(address);
          if (kept == 0) {
            bool holds = false;
            kept = cut.BytesKept(address, &holds);
            if (kept == 0) return nullptr;
            if (holds) beginnings.Add(address, address.substr(0, kept));
          }
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
