#include "libs/desensitize/pseudonym_operator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "libs/base/endian.h"
#include "libs/base/string_view.h"
#include "libs/crypto/sha256.h"
#include "libs/desensitize/pseudonym.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Pseudonym;

// What is digested: the type of the column in one byte, then the value.
void AssignMessage(records::DataType type, absl::string_view value,
                   std::string* message) {
  message->assign(1, static_cast<char>(type));
  message->append(value.data(), value.size());
}

class PseudonymOperator : public Operator {
 public:
  PseudonymOperator(const Pseudonym& resolved, absl::string_view secret)
      : format_(resolved.format()), length_(resolved.length()), hmac_(secret) {}

  Treated Apply(const records::Column& column) const override {
    switch (column.type) {
      case records::v1::DATA_TYPE_INT64:
        return ApplyToIntegers<uint64_t>(column);
      case records::v1::DATA_TYPE_DATE:
        return ApplyToIntegers<uint32_t>(column);
      default:
        return ApplyToTexts(column);
    }
  }

 private:
  Treated ApplyToTexts(const records::Column& column) const {
    std::string message;
    // Every text that is not empty has one byte at least.
    const size_t texts_max = std::min<size_t>(
        column.row_count - column.null_count, column.data.size());
    return TreatTexts(
        column, texts_max * length_,
        [this, &column, &message](const char* begin, const char* end,
                                  char* out) {
          AssignMessage(
              column.type,
              absl::string_view(begin, static_cast<size_t>(end - begin)),
              &message);
          return Write(AsView(message), out);
        });
  }

  // Integers are digested big-endian.
  template <typename Unsigned>
  Treated ApplyToIntegers(const records::Column& column) const {
    const uint32_t rows = column.row_count;
    records::AlignedBuffer offsets((rows + size_t{1}) * sizeof(int32_t));
    records::AlignedBuffer data(size_t{rows - column.null_count} * length_);
    char* out = data.data();
    char* offset_out = offsets.data();
    StoreLittle<int32_t>(0, offset_out);
    std::string message;
    for (uint32_t row = 0; row < rows; ++row) {
      if (!column.IsNull(row)) {
        char big[sizeof(Unsigned)];
        const auto value = column.Value<Unsigned>(row);
        if constexpr (sizeof(Unsigned) == 8) {
          StoreLittle(__builtin_bswap64(value), big);
        } else {
          StoreLittle(__builtin_bswap32(value), big);
        }
        AssignMessage(column.type, absl::string_view(big, sizeof(big)),
                      &message);
        out = Write(AsView(message), out);
      }
      offset_out += sizeof(int32_t);
      StoreLittle(static_cast<int32_t>(out - data.data()), offset_out);
    }
    Treated treated;
    treated.column = column;
    treated.column.type = records::v1::DATA_TYPE_STRING;
    treated.column.offsets = std::move(offsets).Share();
    treated.column.data = std::move(data).Share();
    return treated;
  }

  char* Write(absl::string_view message, char* out) const {
    return WritePseudonym(hmac_.Compute(message), format_, length_, out);
  }

  const Pseudonym::Format format_;
  const size_t length_;
  const crypto::HmacSha256 hmac_;
};

}  // namespace

std::unique_ptr<const Operator> NewPseudonym(const Pseudonym& resolved,
                                             absl::string_view secret) {
  return std::make_unique<PseudonymOperator>(resolved, secret);
}

}  // namespace sluice::desensitize
