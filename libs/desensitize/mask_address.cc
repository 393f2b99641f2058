#include <array>
#include <cstdint>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "libs/base/endian.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

// What is kept of addresses seen before, for those that begin alike, as most of
// a column do.
class KeptBeginnings {
 public:
  // 0 if none is known that `address` begins with.
  size_t Find(absl::string_view address) const {
    const absl::string_view known = known_[Slot(address)];
    return !known.empty() && absl::StartsWith(address, known) ? known.size()
                                                              : 0;
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
          std::memcpy(out, begin, kept);
          return out + kept;
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
