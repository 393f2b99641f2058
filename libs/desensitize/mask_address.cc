#include <cstring>

#include "absl/strings/string_view.h"
#include "libs/desensitize/mask_operators.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

class AddressMask : public Operator {
 public:
  explicit AddressMask(AddressLevel level) : cut_(level) {}

  Treated Apply(const records::Column& column) const override {
    const AddressCut& cut = cut_;
    return TreatTexts(
        column, column.data.size(),
        [&cut](const char* begin, const char* end, char* out) -> char* {
          const size_t kept = cut.BytesKept(
              absl::string_view(begin, static_cast<size_t>(end - begin)));
          if (kept == 0) return nullptr;
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
