#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/text_format.h"
#include "libs/base/encoding.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/treatment.h"
#include "libs/predicate/describe.h"

namespace sluice::desensitize {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// What is longer is cut; `sluicectl agreement show --yaml` has it whole.
constexpr int kValuesShown = 8;
constexpr size_t kTextBytesShown = 40;

// A text as it is where it can be taken for nothing else, or in quotes.
std::string Shown(absl::string_view text) {
  const bool plain =
      !text.empty() && text.size() <= kTextBytesShown &&
      std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
      });
  if (plain) return std::string(text);
  size_t end = 0;
  while (end < text.size() && end < kTextBytesShown) {
    end += std::max<size_t>(1, Utf8CharacterLength(text.substr(end)));
  }
  const std::string quoted =
      absl::StrCat("\"", absl::Utf8SafeCEscape(text.substr(0, end)), "\"");
  return end == text.size()
             ? quoted
             : absl::StrCat(quoted, " and ", text.size() - end, " bytes more");
}

// What is set in a treatment, as "name value", but for what its name says.
class Parameters {
 public:
  explicit Parameters(const std::string& name)
      : said_(absl::StrSplit(name, absl::ByAnyChar(".@"))) {}

  void Add(const Message& message) {
    std::vector<const FieldDescriptor*> set;
    message.GetReflection()->ListFields(message, &set);
    for (const FieldDescriptor* field : set) {
      if (field->is_repeated()) {
        AddList(message, field);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Add(message.GetReflection()->GetMessage(message, field));
      } else if (!IsSaid(message, field)) {
        parts_.push_back(
            absl::StrCat(field->name(), " ", ValueOf(message, field, -1)));
      }
    }
  }

  std::string Take() { return absl::StrJoin(parts_, ", "); }

 private:
  static std::string ValueOf(const Message& message,
                             const FieldDescriptor* field, int index) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const auto* const reflection = message.GetReflection();
      return Shown(AsView(
          index < 0 ? reflection->GetString(message, field)
                    : reflection->GetRepeatedString(message, field, index)));
    }
    std::string text;
    google::protobuf::TextFormat::PrintFieldValueToString(message, field, index,
                                                          &text);
    return field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM
               ? absl::AsciiStrToLower(AsView(text))
               : text;
  }

  void AddList(const Message& message, const FieldDescriptor* field) {
    const int size = message.GetReflection()->FieldSize(message, field);
    std::vector<std::string> values;
    values.reserve(kValuesShown + 1);
    for (int i = 0; i < std::min(size, kValuesShown); ++i) {
      values.push_back(ValueOf(message, field, i));
    }
    if (size > kValuesShown) {
      values.push_back(absl::StrCat("and ", size - kValuesShown, " more"));
    }
    parts_.push_back(
        absl::StrCat(field->name(), " [", absl::StrJoin(values, ", "), "]"));
  }

  // The symbol that everybody expects goes without saying.
  bool IsSaid(const Message& message, const FieldDescriptor* field) const {
    const std::string value = ValueOf(message, field, -1);
    if (field->name() == "symbol") {
      return message.GetReflection()->GetString(message, field) == "*";
    }
    const bool is_named = field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM ||
                          field->name() == "domain";
    return is_named &&
           std::find(said_.begin(), said_.end(), value) != said_.end();
  }

  const std::vector<std::string> said_;
  std::vector<std::string> parts_;
};

// Of neither chain nor conditional.
std::string DescribeOne(const Treatment& resolved) {
  std::string name = TreatmentName(resolved);
  Parameters parameters(name);
  parameters.Add(resolved);
  const std::string told = parameters.Take();
  return told.empty() ? name : absl::StrCat(name, " (", told, ")");
}

}  // namespace

std::string DescribeTreatment(const Treatment& resolved) {
  if (resolved.has_chain()) {
    std::vector<std::string> steps;
    steps.reserve(static_cast<size_t>(resolved.chain().steps_size()));
    for (const Treatment& step : resolved.chain().steps()) {
      steps.push_back(DescribeTreatment(step));
    }
    return absl::StrJoin(steps, ", then ");
  }
  if (!resolved.has_conditional()) return DescribeOne(resolved);
  const auto& conditional = resolved.conditional();
  return absl::StrCat(DescribeTreatment(conditional.then()), " where ",
                      predicate::Describe(conditional.when()), ", else ",
                      DescribeTreatment(conditional.otherwise()));
}

}  // namespace sluice::desensitize
