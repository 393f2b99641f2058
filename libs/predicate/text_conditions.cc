#include "libs/predicate/text_conditions.h"

#include <utility>

#include "absl/strings/match.h"
#include "libs/predicate/fixed_conditions.h"

namespace sluice::predicate {
namespace {

// Calls `is_true(text)` for each row.
template <typename IsTrue>
void TestTexts(const records::Column& column, Truth* truths,
               const IsTrue& is_true) {
  const char* texts = column.data.data();
  int32_t begin = column.Offset(0);
  for (uint32_t row = 0; row < column.row_count; ++row) {
    const int32_t end = column.Offset(row + 1);
    truths[row] =
        TruthOf(is_true(absl::string_view(texts + begin, end - begin)));
    begin = end;
  }
}

}  // namespace

TextWithin::TextWithin(uint32_t field_id, std::optional<TextBound> low,
                       std::optional<TextBound> high, bool negated)
    : FieldCondition(field_id, records::v1::DATA_TYPE_STRING),
      low_(std::move(low)),
      high_(std::move(high)),
      negated_(negated) {}

bool TextWithin::IsWithin(absl::string_view text) const {
  if (low_.has_value()) {
    const int order = text.compare(low_->text);
    if (order < 0 || (order == 0 && !low_->included)) return false;
  }
  if (!high_.has_value()) return true;
  const int order = text.compare(high_->text);
  return order < 0 || (order == 0 && high_->included);
}

void TextWithin::Test(const records::Column& column, Truth* truths) const {
  TestTexts(column, truths, [this](absl::string_view text) {
    return IsWithin(text) != negated_;
  });
}

TextEquals::TextEquals(uint32_t field_id, std::string text, bool negated)
    : FieldCondition(field_id, records::v1::DATA_TYPE_STRING),
      text_(std::move(text)),
      negated_(negated) {}

void TextEquals::Test(const records::Column& column, Truth* truths) const {
  const absl::string_view wanted = text_;
  const bool negated = negated_;
  TestTexts(column, truths, [wanted, negated](absl::string_view text) {
    return (text == wanted) != negated;
  });
}

TextStartsWith::TextStartsWith(uint32_t field_id, std::string prefix)
    : FieldCondition(field_id, records::v1::DATA_TYPE_STRING),
      prefix_(std::move(prefix)) {}

void TextStartsWith::Test(const records::Column& column, Truth* truths) const {
  const absl::string_view prefix = prefix_;
  TestTexts(column, truths, [prefix](absl::string_view text) {
    return absl::StartsWith(text, prefix);
  });
}

TextOneOf::TextOneOf(uint32_t field_id,
                     const std::vector<absl::string_view>& texts)
    : FieldCondition(field_id, records::v1::DATA_TYPE_STRING),
      texts_(texts.begin(), texts.end()) {}

void TextOneOf::Test(const records::Column& column, Truth* truths) const {
  TestTexts(column, truths,
            [this](absl::string_view text) { return texts_.contains(text); });
}

}  // namespace sluice::predicate
