#include "libs/predicate/describe.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/encoding.h"
#include "libs/base/string_view.h"

namespace sluice::predicate {
namespace {

using agreement::v1::Compare;
using Proto = agreement::v1::Predicate;

constexpr int kValuesShown = 8;

bool IsPlain(const std::string& text) {
  const auto is_plain = [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.' ||
           c == ':';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_plain);
}

std::string Shown(const std::string& text) {
  if (IsPlain(text)) return text;
  return absl::StrCat("\"",
                      IsValidUtf8(AsView(text)) ? absl::Utf8SafeCEscape(text)
                                                : absl::CEscape(text),
                      "\"");
}

std::string Sign(Compare::Operator is) {
  switch (is) {
    case Compare::NOT_EQUAL:
      return " <> ";
    case Compare::LESS:
      return " < ";
    case Compare::LESS_OR_EQUAL:
      return " <= ";
    case Compare::GREATER:
      return " > ";
    case Compare::GREATER_OR_EQUAL:
      return " >= ";
    default:
      return " = ";
  }
}

std::string DescribeIn(const agreement::v1::In& in) {
  std::vector<std::string> values;
  for (const std::string& value : in.values()) {
    if (values.size() == kValuesShown) break;
    values.push_back(Shown(value));
  }
  if (in.values_size() > kValuesShown) {
    values.push_back(
        absl::StrCat("and ", in.values_size() - kValuesShown, " more"));
  }
  return absl::StrCat(Shown(in.field().name()), " in (",
                      absl::StrJoin(values, ", "), ")");
}

std::string DescribeRange(const agreement::v1::Range& range) {
  const std::string field = Shown(range.field().name());
  if (!range.has_from())
    return absl::StrCat(field, " < ", Shown(range.below()));
  if (!range.has_below()) {
    return absl::StrCat(field, " >= ", Shown(range.from()));
  }
  return absl::StrCat(Shown(range.from()), " <= ", field, " < ",
                      Shown(range.below()));
}

// `inside`: in another condition, where `and` and `or` need parentheses.
std::string DescribePart(const Proto& predicate, bool inside);

std::string DescribeJunction(const agreement::v1::Predicates& of,
                             absl::string_view word, bool inside) {
  std::vector<std::string> parts;
  parts.reserve(of.of_size());
  for (const Proto& part : of.of()) {
    parts.push_back(DescribePart(part, of.of_size() > 1));
  }
  const std::string joined = absl::StrJoin(parts, word);
  return inside && of.of_size() > 1 ? absl::StrCat("(", joined, ")") : joined;
}

std::string DescribePart(const Proto& predicate, bool inside) {
  switch (predicate.kind_case()) {
    case Proto::kAll:
      return DescribeJunction(predicate.all(), " and ", inside);
    case Proto::kAny:
      return DescribeJunction(predicate.any(), " or ", inside);
    case Proto::kNot:
      return absl::StrCat("not (", DescribePart(predicate.not_(), false), ")");
    case Proto::kCompare:
      return absl::StrCat(Shown(predicate.compare().field().name()),
                          Sign(predicate.compare().is()),
                          Shown(predicate.compare().value()));
    case Proto::kIn:
      return DescribeIn(predicate.in());
    case Proto::kPrefix:
      return absl::StrCat(Shown(predicate.prefix().field().name()),
                          " starts with ", Shown(predicate.prefix().prefix()));
    case Proto::kRange:
      return DescribeRange(predicate.range());
    case Proto::kIsNull:
      return absl::StrCat(Shown(predicate.is_null().field().name()),
                          " is null");
    case Proto::KIND_NOT_SET:
      break;
  }
  return "?";
}

}  // namespace

std::string Describe(const Proto& predicate) {
  return DescribePart(predicate, false);
}

}  // namespace sluice::predicate
