#include "libs/publish/semantic_check.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "libs/desensitize/semantics.h"

namespace sluice::publish {
namespace {

using catalog::v1::Field;

const char* Explain(Misfit misfit) {
  switch (misfit) {
    case Misfit::kFullWidth:
      return "it is written in characters of full width";
    case Misfit::kSpaces:
      return "there are spaces around it";
    case Misfit::kLowerCase:
      return "it has letters in lower case";
    case Misfit::kOldForm:
      return "it has the 15 digits of before 1999";
    case Misfit::kCheckCharacter:
      return "its check character is wrong";
    case Misfit::kDate:
      return "its date does not exist, or is before 1850 or in the future";
    case Misfit::kRange:
      return "it is out of range";
    case Misfit::kForm:
      break;
  }
  return "it has another form";
}

}  // namespace

SemanticCheck::SemanticCheck(const catalog::v1::Resource& resource,
                             absl::CivilDay today)
    : today_(today) {
  for (const Field& field : resource.fields()) {
    if (!IsChecked(field)) continue;
    CheckedField checked;
    checked.field = &field;
    checked.slot = static_cast<size_t>(std::count_if(
        resource.fields().begin(), resource.fields().end(),
        [&](const Field& other) { return other.id() < field.id(); }));
    checked.is_text = field.type() == records::v1::DATA_TYPE_STRING;
    fields_.push_back(checked);
  }
}

bool SemanticCheck::Check(const std::vector<records::Value>& values) {
  bool all_fit = true;
  for (CheckedField& checked : fields_) {
    const records::Value& value = values[checked.slot];
    if (value.is_null || (checked.is_text && value.text.empty())) continue;
    const std::optional<Misfit> misfit =
        FindMisfit(*checked.field, value, today_);
    if (!misfit) continue;
    ++checked.counts[static_cast<size_t>(*misfit)];
    if (all_fit) {
      first_field_ = checked.field;
      first_misfit_ = *misfit;
    }
    all_fit = false;
  }
  return all_fit;
}

std::string SemanticCheck::Problem() const {
  return absl::StrCat(
      "field ", first_field_->name(), " is no ",
      desensitize::SemanticTypeName(first_field_->semantic_type()), ": ",
      Explain(first_misfit_),
      "; correct it at its source, or let such records pass with on_misfit: "
      "COUNT");
}

std::vector<MisfitCount> SemanticCheck::counts() const {
  std::vector<MisfitCount> counts;
  for (const CheckedField& checked : fields_) {
    for (size_t reason = 0; reason < checked.counts.size(); ++reason) {
      if (checked.counts[reason] == 0) continue;
      counts.push_back({checked.field->name(), static_cast<Misfit>(reason),
                        checked.counts[reason]});
    }
  }
  return counts;
}

}  // namespace sluice::publish
