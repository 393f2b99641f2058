#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/fixed_texts.h"
#include "libs/desensitize/keyed_operators.h"
#include "libs/desensitize/text_column_writer.h"
#include "libs/desensitize/token_text.h"
#include "libs/desensitize/value_groups.h"

namespace sluice::desensitize {
namespace {

class TokenOperator : public Operator {
 public:
  TokenOperator(absl::string_view key, uint32_t version)
      : siv_(key), head_(version == 0 ? "" : absl::StrCat(version, ".")) {}

  Treated Apply(const records::Column& column) const override {
    const crypto::CipherBlock header = TokenHeader(siv_, column.type);
    const size_t filled = CountFilled(column);
    // Each value's last characters stand for less than three bytes.
    const size_t bytes_max =
        filled * (head_.size() + 2) +
        Base64UrlLength(filled * crypto::kSivBytes + column.data.size());
    TextColumnWriter writer(column.row_count, bytes_max);
    // Grows to the longest value of the column.
    std::string sealed;
    VisitValueGroups(column, [&](const ValueGroup& group) {
      for (size_t i = 0; i < group.size; ++i) {
        const absl::string_view value = group.bytes[i];
        sealed.resize(crypto::kSivBytes + value.size());
        siv_.Seal(header, value, sealed.data());
        char* const begin = writer.Begin(group.rows[i]);
        head_.copy(begin, head_.size());
        writer.End(WriteBase64Url(AsView(sealed), begin + head_.size()));
      }
    });
    return Treated{std::move(writer).Finish(column), 0};
  }

 private:
  const crypto::AesSiv siv_;
  // The key's version and a point.
  const std::string head_;
};

}  // namespace

std::unique_ptr<const Operator> NewToken(absl::string_view key,
                                         uint32_t version) {
  return std::make_unique<TokenOperator>(key, version);
}

}  // namespace sluice::desensitize
