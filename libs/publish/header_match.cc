#include "libs/publish/header_match.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"
#include "libs/config/spelling.h"

namespace sluice::publish {
namespace {

// Named at once; a file with other columns altogether has hundreds.
constexpr size_t kProblemsMax = 20;
constexpr size_t kNone = static_cast<size_t>(-1);

std::string UnknownColumn(size_t column, const std::string& name,
                          const std::vector<std::string>& missing) {
  std::string problem =
      absl::StrCat("column ", column + 1, " is no field of the resource");
  const std::string near = config::NearestName(name, missing);
  if (!near.empty()) absl::StrAppend(&problem, " (did you mean ", near, "?)");
  return problem;
}

}  // namespace

absl::StatusOr<std::vector<size_t>> MatchHeader(
    const std::vector<std::string>& columns,
    const std::vector<std::string>& fields) {
  std::vector<size_t> matches(columns.size(), kNone);
  std::vector<size_t> column_of(fields.size(), kNone);
  std::vector<std::string> problems;
  for (size_t column = 0; column < columns.size(); ++column) {
    const auto found = std::find(fields.begin(), fields.end(), columns[column]);
    if (found == fields.end()) continue;
    const size_t field = found - fields.begin();
    matches[column] = field;
    if (column_of[field] == kNone) {
      column_of[field] = column;
    } else {
      problems.push_back(absl::StrCat("columns ", column_of[field] + 1, " and ",
                                      column + 1, " are both named ",
                                      fields[field]));
    }
  }
  std::vector<std::string> missing;
  for (size_t field = 0; field < fields.size(); ++field) {
    if (column_of[field] == kNone) missing.push_back(fields[field]);
  }
  if (missing.size() == fields.size()) {
    return Error(
        status::v1::REASON_CODE_MALFORMED,
        "its first line names no field of the resource: the first line "
        "must be a header with the fields' names, in the encoding that "
        "the source states, separated by commas");
  }
  for (const std::string& field : missing) {
    problems.push_back(absl::StrCat("no column is named ", field));
  }
  for (size_t column = 0; column < columns.size(); ++column) {
    if (matches[column] == kNone) {
      problems.push_back(UnknownColumn(column, columns[column], missing));
    }
  }
  if (problems.empty()) return matches;
  if (problems.size() > kProblemsMax) {
    const size_t left_out = problems.size() - kProblemsMax;
    problems.resize(kProblemsMax);
    problems.push_back(absl::StrCat("and ", left_out, " more"));
  }
  return Error(status::v1::REASON_CODE_MALFORMED,
               absl::StrCat("its header does not fit the resource: ",
                            absl::StrJoin(problems, "; "),
                            ": correct the header line, or the fields in the "
                            "resource file"));
}

}  // namespace sluice::publish
