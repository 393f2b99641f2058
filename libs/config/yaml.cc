#include "libs/config/yaml.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/rpc/error_details.pb.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/config/bounds.h"
#include "libs/config/spelling.h"
#include "libs/config/yaml_tree.h"
#include "sluice/config/v1/bounds.pb.h"

namespace sluice::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;
using Kind = YamlNode::Kind;

// Bytes of a value or name of the file that an error shows.
constexpr size_t kShownBytesMax = 40;

struct Problem {
  Mark mark;
  std::string field;
  std::string text;
  ReasonCode reason = status::v1::REASON_CODE_MALFORMED;
};

// `text` in quotes, cut where it is long.
std::string Show(absl::string_view text) {
  std::string shown;
  while (!text.empty() && shown.size() < kShownBytesMax) {
    // yaml-cpp's escapes can make what is no UTF-8 (a lone surrogate).
    const size_t length = std::max<size_t>(1, Utf8CharacterLength(text));
    absl::StrAppend(&shown, text.substr(0, length));
    text.remove_prefix(length);
  }
  return absl::StrCat("\"", absl::Utf8SafeCEscape(shown),
                      text.empty() ? "\"" : "...\"");
}

absl::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "a single value";
    case Kind::kList:
      return "a list";
    case Kind::kMapping:
      return "a mapping";
  }
  return "nothing";
}

// "LOG_LEVEL_" for LogLevel.
std::string EnumPrefix(const EnumDescriptor* type) {
  std::string prefix;
  for (const char c : type->name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix.push_back('_');
    prefix.push_back(absl::ascii_toupper(c));
  }
  return prefix + "_";
}

// The spelling that errors suggest: without prefix, in lower case.
std::string ShortName(const EnumValueDescriptor* value) {
  const std::string prefix = EnumPrefix(value->type());
  return absl::AsciiStrToLower(absl::StripPrefix(value->name(), prefix));
}

const EnumValueDescriptor* FindEnumValue(const EnumDescriptor* type,
                                         const std::string& text) {
  for (int i = 0; i < type->value_count(); ++i) {
    const EnumValueDescriptor* value = type->value(i);
    const std::string name = ShortName(value);
    if (text == value->name() || text == name ||
        text == absl::AsciiStrToUpper(name)) {
      return value;
    }
  }
  return nullptr;
}

// Digits with an optional minus, as a person writes a number: no leading zeros,
// which mean octal to some, and nothing of YAML's 0x, 0o, 1_000 or 12:30.
bool IsPlainInteger(absl::string_view text) {
  absl::ConsumePrefix(&text, "-");
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

bool IsPlainReal(absl::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789+-.eE") == absl::string_view::npos;
}

// RFC 3339 with seconds and an offset; absl alone would also take spaces and
// "infinite-future".
bool ParseRfc3339(const std::string& text, absl::Time* time) {
  const absl::string_view allowed = "0123456789-:.+TZ";
  return text.size() >= 20 && text[10] == 'T' &&
         text.find_first_not_of(std::string(allowed)) == std::string::npos &&
         absl::ParseTime(absl::RFC3339_full, text, time, nullptr);
}

std::string IntegerRange(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(std::numeric_limits<int32_t>::min(), " to ",
                          std::numeric_limits<int32_t>::max());
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat("0 to ", std::numeric_limits<uint32_t>::max());
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(std::numeric_limits<int64_t>::min(), " to ",
                          std::numeric_limits<int64_t>::max());
    default:
      return absl::StrCat("0 to ", std::numeric_limits<uint64_t>::max());
  }
}

// Sets or, for a repeated field, adds one value.
template <typename T, typename Set, typename Add>
void Store(Message* message, const FieldDescriptor* field, Set set, Add add,
           T value) {
  const Reflection* reflection = message->GetReflection();
  if (field->is_repeated()) {
    (reflection->*add)(message, field, std::move(value));
  } else {
    (reflection->*set)(message, field, std::move(value));
  }
}

// The field for which a single value may stand in place of a message; null:
// none.
const FieldDescriptor* SingleValueOf(const Descriptor* type) {
  return type->FindFieldByName(type->options().GetExtension(v1::single_value));
}

// Reads a tree into a message and collects what is wrong with it.
class Reader {
 public:
  void ReadMessage(const YamlNode& node, const std::string& path,
                   Message* message) {
    if (!Expect(node, Kind::kMapping, path,
                "write fields as `name: value`, or {} for none")) {
      return;
    }
    std::map<std::string, Mark> seen;
    for (const YamlEntry& entry : node.entries) {
      const std::string entry_path = FieldPath(path, PathName(entry.key));
      if (!entry.value.fault.empty()) {
        Report(entry.value.mark, entry_path, entry.value.fault);
        continue;
      }
      const auto* field = message->GetDescriptor()->FindFieldByName(entry.key);
      if (field == nullptr) {
        ReportUnknownField(entry, entry_path, message->GetDescriptor());
        continue;
      }
      const auto [earlier, is_new] = seen.emplace(entry.key, entry.key_mark);
      if (!is_new) {
        ReportDuplicate(entry, entry_path, earlier->second);
        continue;
      }
      if (OneofIsFree(entry, entry_path, field, *message)) {
        ReadField(entry.value, entry_path, field, message);
      }
    }
  }

  std::vector<Problem> Take() { return std::move(problems_); }

 private:
  void Report(Mark mark, const std::string& path, std::string text,
              ReasonCode reason = status::v1::REASON_CODE_MALFORMED) {
    if (problems_.size() <= kYamlProblemsMax) {
      problems_.push_back({mark, path, std::move(text), reason});
    }
  }

  // Names that are no identifiers are shown in quotes.
  static std::string PathName(const std::string& key) {
    const bool plain = !key.empty() && key.size() <= kShownBytesMax &&
                       std::all_of(key.begin(), key.end(), [](char c) {
                         return absl::ascii_isalnum(c) || c == '_' || c == '-';
                       });
    return plain ? key : Show(key);
  }

  bool Expect(const YamlNode& node, Kind kind, const std::string& path,
              absl::string_view remedy) {
    if (!node.fault.empty()) {
      Report(node.mark, path, node.fault);
      return false;
    }
    if (node.kind == kind) return true;
    if (node.kind == Kind::kNull) {
      Report(node.mark, path, absl::StrCat("has no value; ", remedy));
    } else {
      Report(node.mark, path,
             absl::StrCat("is ", KindName(node.kind), ", not ", KindName(kind),
                          "; ", remedy));
    }
    return false;
  }

  void ReportUnknownField(const YamlEntry& entry, const std::string& path,
                          const Descriptor* type) {
    std::vector<std::string> names;
    names.reserve(type->field_count());
    for (int i = 0; i < type->field_count(); ++i) {
      names.push_back(type->field(i)->name());
    }
    const std::string nearest = NearestName(entry.key, names);
    std::string remedy;
    if (!nearest.empty()) {
      remedy = absl::StrCat("did you mean ", nearest, "?");
    } else if (names.empty()) {
      remedy = "remove it, nothing may stand here";
    } else {
      remedy = absl::StrCat("use one of ", absl::StrJoin(names, ", "));
    }
    Report(entry.key_mark, path, absl::StrCat("is not a known field; ", remedy),
           status::v1::REASON_CODE_UNKNOWN_FIELD);
  }

  void ReportDuplicate(const YamlEntry& entry, const std::string& path,
                       Mark earlier) {
    Report(entry.key_mark, path,
           absl::StrCat("is there already in line ", earlier.line,
                        "; remove one of the two"));
  }

  bool OneofIsFree(const YamlEntry& entry, const std::string& path,
                   const FieldDescriptor* field, const Message& message) {
    const auto* oneof = field->real_containing_oneof();
    if (oneof == nullptr) return true;
    const auto* other =
        message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
    if (other == nullptr) return true;
    Report(entry.key_mark, path,
           absl::StrCat("cannot stand beside ", other->name(),
                        "; keep one of the two"));
    return false;
  }

  void ReadField(const YamlNode& node, const std::string& path,
                 const FieldDescriptor* field, Message* message) {
    if (field->is_map()) {
      ReadMap(node, path, field, message);
    } else if (field->is_repeated()) {
      if (!Expect(node, Kind::kList, path,
                  "write [a, b], or each entry on a line behind a dash")) {
        return;
      }
      for (size_t i = 0; i < node.items.size(); ++i) {
        ReadValue(node.items[i], ElementPath(path, i), field, message);
      }
    } else {
      ReadValue(node, path, field, message);
    }
  }

  void ReadMap(const YamlNode& node, const std::string& path,
               const FieldDescriptor* field, Message* message) {
    if (!Expect(node, Kind::kMapping, path, "write entries as `name: value`")) {
      return;
    }
    const Descriptor* type = field->message_type();
    std::map<std::string, Mark> seen;
    for (const YamlEntry& entry : node.entries) {
      const std::string entry_path =
          entry.key.size() <= kShownBytesMax
              ? EntryPath(path, entry.key)
              : absl::StrCat(path, "[", Show(entry.key), "]");
      if (!entry.value.fault.empty()) {
        Report(entry.value.mark, entry_path, entry.value.fault);
        continue;
      }
      const auto [earlier, is_new] = seen.emplace(entry.key, entry.key_mark);
      if (!is_new) {
        ReportDuplicate(entry, entry_path, earlier->second);
        continue;
      }
      YamlNode key;
      key.kind = Kind::kScalar;
      key.mark = entry.key_mark;
      key.text = entry.key;
      Message* pair = message->GetReflection()->AddMessage(message, field);
      ReadValue(key, entry_path, type->map_key(), pair);
      ReadValue(entry.value, entry_path, type->map_value(), pair);
    }
  }

  // One value of `field`: the field itself, or one more element of it.
  void ReadValue(const YamlNode& node, const std::string& path,
                 const FieldDescriptor* field, Message* message) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const Reflection* reflection = message->GetReflection();
      Message* child = field->is_repeated()
                           ? reflection->AddMessage(message, field)
                           : reflection->MutableMessage(message, field);
      if (child->GetDescriptor() == Timestamp::descriptor()) {
        ReadTimestamp(node, path, static_cast<Timestamp*>(child));
      } else if (const auto* single = SingleValueOf(child->GetDescriptor());
                 single != nullptr && node.kind == Kind::kScalar) {
        ReadValue(node, path, single, child);
      } else {
        ReadMessage(node, path, child);
      }
      return;
    }
    const bool is_text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (!Expect(node, Kind::kScalar, path,
                is_text ? "write one text, \"\" for an empty one"
                        : "write one value")) {
      return;
    }
    if (node.quoted && !is_text &&
        field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM) {
      Report(node.mark, path,
             absl::StrCat(Show(node.text),
                          " in quotes is a text; write it without quotes"));
      return;
    }
    ReadScalar(node, path, field, message);
  }

  void ReadScalar(const YamlNode& node, const std::string& path,
                  const FieldDescriptor* field, Message* message) {
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        ReadText(node, path, field, message);
        return;
      case FieldDescriptor::CPPTYPE_BOOL:
        ReadBool(node, path, field, message);
        return;
      case FieldDescriptor::CPPTYPE_ENUM:
        ReadEnum(node, path, field, message);
        return;
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE:
        ReadReal(node, path, field, message);
        return;
      case FieldDescriptor::CPPTYPE_INT32:
        ReadInteger<int32_t>(node, path, field, message, &Reflection::SetInt32,
                             &Reflection::AddInt32);
        return;
      case FieldDescriptor::CPPTYPE_INT64:
        ReadInteger<int64_t>(node, path, field, message, &Reflection::SetInt64,
                             &Reflection::AddInt64);
        return;
      case FieldDescriptor::CPPTYPE_UINT32:
        ReadInteger<uint32_t>(node, path, field, message,
                              &Reflection::SetUInt32, &Reflection::AddUInt32);
        return;
      default:
        ReadInteger<uint64_t>(node, path, field, message,
                              &Reflection::SetUInt64, &Reflection::AddUInt64);
    }
  }

  void ReadText(const YamlNode& node, const std::string& path,
                const FieldDescriptor* field, Message* message) {
    std::string value = node.text;
    if (field->type() == FieldDescriptor::TYPE_BYTES) {
      auto bytes = Base64Decode(node.text);
      if (!bytes.ok()) {
        Report(node.mark, path,
               "is not base64 with padding; encode it with `base64`");
        return;
      }
      value = *std::move(bytes);
    } else if (!IsValidUtf8(value)) {
      Report(node.mark, path,
             "has an escape that is no character; write the character itself");
      return;
    }
    Store(message, field, &Reflection::SetString, &Reflection::AddString,
          std::move(value));
  }

  void ReadBool(const YamlNode& node, const std::string& path,
                const FieldDescriptor* field, Message* message) {
    if (node.text != "true" && node.text != "false") {
      Report(node.mark, path,
             absl::StrCat(Show(node.text),
                          " is neither true nor false; write one of them"));
      return;
    }
    Store(message, field, &Reflection::SetBool, &Reflection::AddBool,
          node.text == "true");
  }

  void ReadEnum(const YamlNode& node, const std::string& path,
                const FieldDescriptor* field, Message* message) {
    const EnumDescriptor* type = field->enum_type();
    const EnumValueDescriptor* value = FindEnumValue(type, node.text);
    if (value != nullptr && value->number() != 0) {
      Store(message, field, &Reflection::SetEnum, &Reflection::AddEnum, value);
      return;
    }
    std::vector<std::string> names;
    for (int i = 0; i < type->value_count(); ++i) {
      if (type->value(i)->number() != 0) {
        names.push_back(ShortName(type->value(i)));
      }
    }
    const std::string nearest =
        value == nullptr ? NearestName(node.text, names) : "";
    Report(node.mark, path,
           absl::StrCat(Show(node.text), " is not one of ",
                        absl::StrJoin(names, ", "), "; ",
                        nearest.empty()
                            ? "use one of them"
                            : absl::StrCat("did you mean ", nearest, "?")));
  }

  void ReadReal(const YamlNode& node, const std::string& path,
                const FieldDescriptor* field, Message* message) {
    double value = 0;
    if (!IsPlainReal(node.text) || !absl::SimpleAtod(node.text, &value) ||
        value > std::numeric_limits<double>::max() ||
        value < std::numeric_limits<double>::lowest()) {
      Report(node.mark, path,
             absl::StrCat(Show(node.text),
                          " is not a number; write one such as 1.5"));
      return;
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
      Store(message, field, &Reflection::SetFloat, &Reflection::AddFloat,
            static_cast<float>(value));
    } else {
      Store(message, field, &Reflection::SetDouble, &Reflection::AddDouble,
            value);
    }
  }

  template <typename Number, typename Set, typename Add>
  void ReadInteger(const YamlNode& node, const std::string& path,
                   const FieldDescriptor* field, Message* message, Set set,
                   Add add) {
    Number value = 0;
    if (!IsPlainInteger(node.text)) {
      Report(node.mark, path,
             absl::StrCat(Show(node.text),
                          " is not a whole number; write one from ",
                          IntegerRange(field)));
    } else if (!absl::SimpleAtoi(node.text, &value)) {
      Report(
          node.mark, path,
          absl::StrCat(Show(node.text), " does not fit; write a number from ",
                       IntegerRange(field)),
          status::v1::REASON_CODE_OUT_OF_BOUNDS);
    } else {
      Store(message, field, set, add, value);
    }
  }

  void ReadTimestamp(const YamlNode& node, const std::string& path,
                     Timestamp* timestamp) {
    constexpr char kRemedy[] = "write one such as 2026-03-31T08:00:00Z";
    if (!Expect(node, Kind::kScalar, path, kRemedy)) return;
    absl::Time time;
    if (!ParseRfc3339(node.text, &time)) {
      Report(node.mark, path,
             absl::StrCat(Show(node.text), " is not a time; ", kRemedy));
      return;
    }
    const int64_t seconds = absl::ToUnixSeconds(time);
    timestamp->set_seconds(seconds);
    timestamp->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  }

  std::vector<Problem> problems_;
};

// The place of the field that `path` names below `node`, or of the nearest
// message around it that the file has: `around`.
Mark Locate(const YamlNode& node, absl::string_view path, Mark around) {
  if (path.empty()) return node.mark;
  for (const YamlEntry& entry : node.entries) {
    absl::string_view rest = path;
    const std::string quoted = EntryPath("", entry.key);
    if (!absl::ConsumePrefix(&rest, quoted) &&
        (entry.key.empty() || !absl::ConsumePrefix(&rest, entry.key))) {
      continue;
    }
    if (rest.empty() || rest[0] == '.' || rest[0] == '[') {
      absl::ConsumePrefix(&rest, ".");
      return Locate(entry.value, rest, entry.key_mark);
    }
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    absl::string_view rest = path;
    if (absl::ConsumePrefix(&rest, ElementPath("", i))) {
      absl::ConsumePrefix(&rest, ".");
      return Locate(node.items[i], rest, node.items[i].mark);
    }
  }
  return around;
}

std::string Line(const std::string& file, const Problem& problem) {
  return absl::StrCat(file, ":", problem.mark.line, ":", problem.mark.column,
                      ": ", problem.field, problem.field.empty() ? "" : ": ",
                      problem.text);
}

// One status for all problems, in the order of the file.
absl::Status ToStatus(const std::string& file, std::vector<Problem> problems) {
  // Of problems in one place the first found comes first.
  std::multimap<std::pair<int, int>, Problem> by_place;
  for (Problem& problem : problems) {
    const std::pair<int, int> place(problem.mark.line, problem.mark.column);
    by_place.emplace(place, std::move(problem));
  }
  problems.clear();
  for (auto& [place, problem] : by_place)
    problems.push_back(std::move(problem));
  const bool more = problems.size() > kYamlProblemsMax;
  if (more) problems.resize(kYamlProblemsMax);
  std::vector<std::string> lines;
  google::rpc::BadRequest details;
  for (const Problem& problem : problems) {
    lines.push_back(Line(file, problem));
    auto* violation = details.add_field_violations();
    violation->set_field(problem.field);
    violation->set_description(problem.text);
  }
  if (more) {
    lines.push_back(
        absl::StrCat(file, ": has more problems; correct these first"));
  }
  absl::Status status =
      Error(problems.front().reason, absl::StrJoin(lines, "\n"));
  status.SetPayload(kBadRequestUrl, absl::Cord(details.SerializeAsString()));
  return status;
}

std::vector<Problem> LocateAll(const YamlNode& root,
                               std::vector<Violation> violations) {
  std::vector<Problem> problems;
  for (Violation& violation : violations) {
    const Mark mark = Locate(root, violation.field, Mark{});
    problems.push_back({mark, std::move(violation.field),
                        std::move(violation.problem), violation.reason});
  }
  return problems;
}

}  // namespace

absl::Status ReadYamlConfig(const std::string& path, Message* out) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseYamlConfig(text, path, out);
}

absl::Status ParseYamlConfig(absl::string_view text, const std::string& name,
                             Message* out) {
  out->Clear();
  if (text.size() > kYamlBytesMax) {
    return Error(
        status::v1::REASON_CODE_TOO_LARGE,
        absl::StrCat(name, ":1:1: has ", text.size(),
                     " bytes; a configuration has at most ", kYamlBytesMax));
  }
  YamlNode root;
  YamlSyntaxError error;
  if (!ParseYamlTree(text, &root, &error)) {
    return ToStatus(name, {Problem{error.mark, "", error.problem}});
  }
  Reader reader;
  reader.ReadMessage(root, "", out);
  std::vector<Problem> problems = reader.Take();
  // Bounds of what could not be read would only repeat the problem.
  if (problems.empty()) {
    problems = LocateAll(root, FindViolations(*out, kYamlProblemsMax + 1));
  }
  if (!problems.empty()) return ToStatus(name, std::move(problems));
  return absl::OkStatus();
}

absl::Status YamlProblems(absl::string_view text, const std::string& name,
                          const std::vector<Violation>& violations) {
  assert(!violations.empty());
  YamlNode root;
  YamlSyntaxError error;
  // The text was read before; should it not be YAML, the places are its start.
  ParseYamlTree(text, &root, &error);
  return ToStatus(name, LocateAll(root, violations));
}

}  // namespace sluice::config
