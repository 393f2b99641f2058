// Conditions on STRING columns. UTF-8 sorts by its bytes as by its code points.
#ifndef SLUICE_LIBS_PREDICATE_TEXT_CONDITIONS_H_
#define SLUICE_LIBS_PREDICATE_TEXT_CONDITIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "libs/predicate/condition.h"

namespace sluice::predicate {

struct TextBound {
  std::string text;
  bool included = true;
};

class TextWithin : public FieldCondition {
 public:
  TextWithin(uint32_t field_id, std::optional<TextBound> low,
             std::optional<TextBound> high, bool negated);

 private:
  void Test(const records::Column& column, Truth* truths) const override;
  bool IsWithin(absl::string_view text) const;

  const std::optional<TextBound> low_;
  const std::optional<TextBound> high_;
  const bool negated_;
};

class TextEquals : public FieldCondition {
 public:
  TextEquals(uint32_t field_id, std::string text, bool negated);

 private:
  void Test(const records::Column& column, Truth* truths) const override;

  const std::string text_;
  const bool negated_;
};

class TextStartsWith : public FieldCondition {
 public:
  TextStartsWith(uint32_t field_id, std::string prefix);

 private:
  void Test(const records::Column& column, Truth* truths) const override;

  const std::string prefix_;
};

class TextOneOf : public FieldCondition {
 public:
  TextOneOf(uint32_t field_id, const std::vector<absl::string_view>& texts);

 private:
  void Test(const records::Column& column, Truth* truths) const override;

  const absl::flat_hash_set<std::string> texts_;
};

}  // namespace sluice::predicate

#endif  // SLUICE_LIBS_PREDICATE_TEXT_CONDITIONS_H_
