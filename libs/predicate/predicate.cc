#include "libs/predicate/predicate.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/predicate/condition.h"
#include "libs/predicate/value_conditions.h"
#include "libs/records/text_value.h"

namespace sluice::predicate {
namespace {

using ConditionPtr = std::unique_ptr<const Condition>;
using agreement::v1::Compare;
using agreement::v1::FieldRef;
using catalog::v1::Field;
using catalog::v1::Resource;
using records::Value;
using Proto = agreement::v1::Predicate;

// `all`, the least, or `any`, the greatest of its conditions, of which there is
// one at least.
class Junction : public Condition {
 public:
  Junction(bool is_all, std::vector<ConditionPtr> of)
      : is_all_(is_all), of_(std::move(of)) {}

  void Evaluate(const records::Batch& batch, Truth* truths) const override {
    of_.front()->Evaluate(batch, truths);
    std::vector<Truth> others(of_.size() > 1 ? batch.row_count : 0);
    for (size_t i = 1; i < of_.size(); ++i) {
      of_[i]->Evaluate(batch, others.data());
      if (is_all_) {
        for (uint32_t row = 0; row < batch.row_count; ++row) {
          truths[row] = std::min(truths[row], others[row]);
        }
      } else {
        for (uint32_t row = 0; row < batch.row_count; ++row) {
          truths[row] = std::max(truths[row], others[row]);
        }
      }
    }
  }

 private:
  const bool is_all_;
  const std::vector<ConditionPtr> of_;
};

class NotCondition : public Condition {
 public:
  explicit NotCondition(ConditionPtr of) : of_(std::move(of)) {}

  void Evaluate(const records::Batch& batch, Truth* truths) const override {
    of_->Evaluate(batch, truths);
    for (uint32_t row = 0; row < batch.row_count; ++row) {
      truths[row] = static_cast<Truth>(2 - static_cast<uint8_t>(truths[row]));
    }
  }

 private:
  const ConditionPtr of_;
};

class CompiledPredicate : public Predicate {
 public:
  explicit CompiledPredicate(ConditionPtr condition)
      : condition_(std::move(condition)) {}

  void Evaluate(const records::Batch& batch,
                std::vector<Truth>* truths) const override {
    truths->resize(batch.row_count);
    condition_->Evaluate(batch, truths->data());
  }

 private:
  const ConditionPtr condition_;
};

// ---------------------------------------------------------------- compiling

absl::Status Unfit(absl::string_view path, absl::string_view message) {
  return FieldError(status::v1::REASON_CODE_PREDICATE_UNFIT, path, message);
}

std::string TypeName(records::DataType type) {
  return std::string(
      absl::StripPrefix(records::v1::DataType_Name(type), "DATA_TYPE_"));
}

absl::Status DoesNotTake(const std::string& path, const Field& field,
                         absl::string_view what, absl::string_view instead) {
  return Unfit(
      path, absl::StrCat("field ", field.name(), " is ", TypeName(field.type()),
                         ", which has no ", what, ": ", instead));
}

// The field that `ref`, which stands at `path`, refers to.
absl::StatusOr<const Field*> FindField(const Resource& resource,
                                       const FieldRef& ref,
                                       const std::string& path) {
  for (const Field& field : resource.fields()) {
    if (field.id() != ref.id()) continue;
    if (field.name() == ref.name()) {
      if (field.sensitivity() != catalog::v1::SENSITIVITY_CORE) return &field;
      return FieldError(
          status::v1::REASON_CODE_TREATMENT_TOO_WEAK, path,
          absl::StrCat("field ", field.name(), " of ", resource.id(),
                       " is core data, which never leaves its department, and "
                       "which records meet a condition on it would tell: use "
                       "another field"));
    }
    return FieldError(
        status::v1::REASON_CODE_UNKNOWN_FIELD, path,
        absl::StrCat("field ", ref.id(), " of ", resource.id(), " is named ",
                     field.name(), ", not as written here: name it so, or ",
                     "give the id of the field that is meant"));
  }
  return FieldError(
      status::v1::REASON_CODE_UNKNOWN_FIELD, path,
      absl::StrCat("schema ", resource.schema_version(), " of ", resource.id(),
                   " has no field ", ref.id(), ": name one that it has"));
}

class Compiler {
 public:
  explicit Compiler(const Resource& resource) : resource_(resource) {}

  absl::StatusOr<ConditionPtr> Build(const Proto& predicate,
                                     const std::string& path, int depth);

 private:
  absl::StatusOr<ConditionPtr> BuildJunction(
      const agreement::v1::Predicates& of, bool is_all, const std::string& path,
      int depth);
  absl::StatusOr<ConditionPtr> BuildCompare(const Compare& compare,
                                            const std::string& path);
  absl::StatusOr<ConditionPtr> BuildIn(const agreement::v1::In& in,
                                       const std::string& path);
  absl::StatusOr<ConditionPtr> BuildPrefix(const agreement::v1::Prefix& prefix,
                                           const std::string& path);
  absl::StatusOr<ConditionPtr> BuildRange(const agreement::v1::Range& range,
                                          const std::string& path);
  absl::StatusOr<ConditionPtr> BuildIsNull(const agreement::v1::IsNull& is_null,
                                           const std::string& path);

  // The field that the condition at `path` is about.
  absl::StatusOr<const Field*> FindField(const FieldRef& ref,
                                         const std::string& path) const {
    return predicate::FindField(resource_, ref, absl::StrCat(path, ".field"));
  }

  const Resource& resource_;
  int conditions_ = 0;
};

// A value as its field's type is written; texts refer to `text`.
absl::StatusOr<Value> ParseValueOf(const Field& field, const std::string& text,
                                   const std::string& path) {
  if (field.type() == records::v1::DATA_TYPE_BYTES) {
    return DoesNotTake(path, field, "comparison", "use is_null alone");
  }
  if (!IsValidUtf8(AsView(text))) {
    return Unfit(path, "is no valid UTF-8: write the text in UTF-8");
  }
  Value value;
  std::string bytes;
  const char* wrong = records::ParseValue(records::ValueRule(field),
                                          AsView(text), &bytes, &value);
  if (wrong != nullptr) {
    return Unfit(
        path, absl::StrCat("field ", field.name(), " is ",
                           TypeName(field.type()), " and this value ", wrong));
  }
  return value;
}

FieldSite SiteOf(const Field& field) { return {field.id(), field.type()}; }

absl::StatusOr<ConditionPtr> Compiler::Build(const Proto& predicate,
                                             const std::string& path,
                                             int depth) {
  if (depth > kDepthMax) {
    return Unfit(path, absl::StrCat("conditions stand more than ", kDepthMax,
                                    " deep in each other: write it flatter"));
  }
  if (++conditions_ > kConditionsMax) {
    return Unfit(
        path, absl::StrCat("more than ", kConditionsMax,
                           " conditions: put values of one field into `in`"));
  }
  switch (predicate.kind_case()) {
    case Proto::kAll:
      return BuildJunction(predicate.all(), true, absl::StrCat(path, ".all"),
                           depth);
    case Proto::kAny:
      return BuildJunction(predicate.any(), false, absl::StrCat(path, ".any"),
                           depth);
    case Proto::kNot: {
      ASSIGN_OR_RETURN(
          ConditionPtr of,
          Build(predicate.not_(), absl::StrCat(path, ".not"), depth + 1));
      return std::make_unique<NotCondition>(std::move(of));
    }
    case Proto::kCompare:
      return BuildCompare(predicate.compare(), absl::StrCat(path, ".compare"));
    case Proto::kIn:
      return BuildIn(predicate.in(), absl::StrCat(path, ".in"));
    case Proto::kPrefix:
      return BuildPrefix(predicate.prefix(), absl::StrCat(path, ".prefix"));
    case Proto::kRange:
      return BuildRange(predicate.range(), absl::StrCat(path, ".range"));
    case Proto::kIsNull:
      return BuildIsNull(predicate.is_null(), absl::StrCat(path, ".is_null"));
    case Proto::KIND_NOT_SET:
      break;
  }
  return Unfit(path,
               "says no condition: write all, any, not, compare, in, prefix, "
               "range or is_null");
}

absl::StatusOr<ConditionPtr> Compiler::BuildJunction(
    const agreement::v1::Predicates& of, bool is_all, const std::string& path,
    int depth) {
  if (of.of().empty()) {
    return Unfit(absl::StrCat(path, ".of"),
                 "lists no condition: give one at least");
  }
  std::vector<ConditionPtr> conditions;
  conditions.reserve(of.of_size());
  for (int i = 0; i < of.of_size(); ++i) {
    ASSIGN_OR_RETURN(
        ConditionPtr condition,
        Build(of.of(i), absl::StrCat(path, ".of[", i, "]"), depth + 1));
    conditions.push_back(std::move(condition));
  }
  return std::make_unique<Junction>(is_all, std::move(conditions));
}

// What `compare` says, with `value` on its right side.
Interval IntervalOf(Compare::Operator is, const Value& value) {
  Interval interval;
  switch (is) {
    case Compare::LESS:
      interval.high = Bound{value, false};
      break;
    case Compare::LESS_OR_EQUAL:
      interval.high = Bound{value, true};
      break;
    case Compare::GREATER:
      interval.low = Bound{value, false};
      break;
    case Compare::GREATER_OR_EQUAL:
      interval.low = Bound{value, true};
      break;
    default:
      interval.low = Bound{value, true};
      interval.high = Bound{value, true};
      interval.negated = is == Compare::NOT_EQUAL;
  }
  return interval;
}

absl::StatusOr<ConditionPtr> Compiler::BuildCompare(const Compare& compare,
                                                    const std::string& path) {
  ASSIGN_OR_RETURN(const Field* field, FindField(compare.field(), path));
  if (!Compare::Operator_IsValid(compare.is())) {
    return Unfit(absl::StrCat(path, ".is"),
                 "is no operator: write EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, "
                 "GREATER or GREATER_OR_EQUAL");
  }
  ASSIGN_OR_RETURN(
      const Value value,
      ParseValueOf(*field, compare.value(), absl::StrCat(path, ".value")));
  if (field->type() == records::v1::DATA_TYPE_BOOL) {
    const bool wants_other = compare.is() == Compare::NOT_EQUAL;
    if (wants_other || compare.is() == Compare::EQUAL ||
        compare.is() == Compare::OPERATOR_UNSPECIFIED) {
      return BoolIs(SiteOf(*field), value.boolean != wants_other);
    }
    return DoesNotTake(absl::StrCat(path, ".is"), *field, "order",
                       "write EQUAL or NOT_EQUAL");
  }
  return WithinInterval(SiteOf(*field), IntervalOf(compare.is(), value));
}

absl::StatusOr<ConditionPtr> Compiler::BuildIn(const agreement::v1::In& in,
                                               const std::string& path) {
  ASSIGN_OR_RETURN(const Field* field, FindField(in.field(), path));
  const std::string values_path = absl::StrCat(path, ".values");
  if (in.values().empty()) {
    return Unfit(values_path, "lists no value: give one at least");
  }
  if (in.values_size() > kInValuesMax) {
    return Unfit(values_path, absl::StrCat("lists ", in.values_size(),
                                           " values, of which ", kInValuesMax,
                                           " are allowed: use a prefix or a "
                                           "range, or several lists"));
  }
  std::vector<Value> values;
  values.reserve(in.values_size());
  for (int i = 0; i < in.values_size(); ++i) {
    ASSIGN_OR_RETURN(Value value,
                     ParseValueOf(*field, in.values(i),
                                  absl::StrCat(values_path, "[", i, "]")));
    values.push_back(value);
  }
  return OneOf(SiteOf(*field), values);
}

absl::StatusOr<ConditionPtr> Compiler::BuildPrefix(
    const agreement::v1::Prefix& prefix, const std::string& path) {
  ASSIGN_OR_RETURN(const Field* field, FindField(prefix.field(), path));
  if (field->type() != records::v1::DATA_TYPE_STRING) {
    return DoesNotTake(path, *field, "prefix", "use compare, in or range");
  }
  const std::string prefix_path = absl::StrCat(path, ".prefix");
  if (prefix.prefix().empty()) {
    return Unfit(prefix_path,
                 "is empty, and every text starts so: write `not` with is_null "
                 "if that is meant");
  }
  RETURN_IF_ERROR(ParseValueOf(*field, prefix.prefix(), prefix_path).status());
  return StartsWith(SiteOf(*field), prefix.prefix());
}

absl::StatusOr<ConditionPtr> Compiler::BuildRange(
    const agreement::v1::Range& range, const std::string& path) {
  ASSIGN_OR_RETURN(const Field* field, FindField(range.field(), path));
  if (!range.has_from() && !range.has_below()) {
    return Unfit(path, "has no end: give from, below or both");
  }
  if (!IsOrdered(field->type())) {
    return DoesNotTake(path, *field, "order",
                       field->type() == records::v1::DATA_TYPE_BOOL
                           ? "use compare"
                           : "use is_null alone");
  }
  Interval interval;
  if (range.has_from()) {
    ASSIGN_OR_RETURN(
        const Value from,
        ParseValueOf(*field, range.from(), absl::StrCat(path, ".from")));
    interval.low = Bound{from, true};
  }
  if (range.has_below()) {
    ASSIGN_OR_RETURN(
        const Value below,
        ParseValueOf(*field, range.below(), absl::StrCat(path, ".below")));
    interval.high = Bound{below, false};
  }
  if (interval.low.has_value() && interval.high.has_value() &&
      !IsLess(field->type(), interval.low->value, interval.high->value)) {
    return Unfit(path,
                 "is empty, because `from` is not less than `below`: it holds "
                 "what is at least `from` and less than `below`");
  }
  return WithinInterval(SiteOf(*field), interval);
}

absl::StatusOr<ConditionPtr> Compiler::BuildIsNull(
    const agreement::v1::IsNull& is_null, const std::string& path) {
  ASSIGN_OR_RETURN(const Field* field, FindField(is_null.field(), path));
  return std::make_unique<IsNullCondition>(field->id(), field->type());
}

// ------------------------------------------------------------------- fields

void CollectFields(const Proto& predicate, std::vector<const FieldRef*>* refs) {
  switch (predicate.kind_case()) {
    case Proto::kAll:
      for (const Proto& of : predicate.all().of()) CollectFields(of, refs);
      break;
    case Proto::kAny:
      for (const Proto& of : predicate.any().of()) CollectFields(of, refs);
      break;
    case Proto::kNot:
      CollectFields(predicate.not_(), refs);
      break;
    case Proto::kCompare:
      refs->push_back(&predicate.compare().field());
      break;
    case Proto::kIn:
      refs->push_back(&predicate.in().field());
      break;
    case Proto::kPrefix:
      refs->push_back(&predicate.prefix().field());
      break;
    case Proto::kRange:
      refs->push_back(&predicate.range().field());
      break;
    case Proto::kIsNull:
      refs->push_back(&predicate.is_null().field());
      break;
    case Proto::KIND_NOT_SET:
      break;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Predicate>> Compile(
    const Proto& predicate, const Resource& resource, absl::string_view path) {
  Compiler compiler(resource);
  ASSIGN_OR_RETURN(ConditionPtr condition,
                   compiler.Build(predicate, std::string(path), 1));
  return std::make_unique<CompiledPredicate>(std::move(condition));
}

absl::Status CheckFields(const Proto& predicate, const Resource& resource,
                         absl::string_view path) {
  std::vector<const FieldRef*> refs;
  CollectFields(predicate, &refs);
  for (const FieldRef* ref : refs) {
    RETURN_IF_ERROR(FindField(resource, *ref, std::string(path)).status());
  }
  return absl::OkStatus();
}

std::vector<uint32_t> FieldsOf(const Proto& predicate) {
  std::vector<const FieldRef*> refs;
  CollectFields(predicate, &refs);
  std::vector<uint32_t> ids;
  ids.reserve(refs.size());
  for (const FieldRef* ref : refs) ids.push_back(ref->id());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace sluice::predicate
