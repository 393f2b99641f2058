#include "tools/sluicectl/agreement_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/cli/display_width.h"
#include "libs/registry/timestamp.h"
#include "sluice/agreement/v1/predicate.pb.h"
#include "sluice/config/v1/config.pb.h"
#include "tools/sluicectl/names.h"

namespace sluice::sluicectl {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// What does not fit into a line stands on several.
constexpr size_t kLineBytesMax = 90;
constexpr size_t kStep = 2;

// What stands between quotes. Printable's escapes are YAML's too.
std::string Escaped(absl::string_view text) {
  return cli::Printable(
      AsView(absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}})));
}

// In quotes always: a text such as 12 or true is one then.
std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", Escaped(AsView(text)), "\"");
}

// The same with each line of `text`, as of a table in CSV, on one of its own: a
// backslash takes the line break and the spaces behind it away.
std::string QuotedLines(const std::string& text, size_t indent) {
  std::string quoted = "\"";
  absl::string_view rest = AsView(text);
  for (size_t end = rest.find('\n'); end != absl::string_view::npos;
       end = rest.find('\n')) {
    absl::StrAppend(&quoted, Escaped(rest.substr(0, end)), "\\n\\\n",
                    std::string(indent, ' '));
    rest.remove_prefix(end + 1);
    if (absl::ConsumePrefix(&rest, " ")) absl::StrAppend(&quoted, "\\x20");
  }
  return absl::StrCat(quoted, Escaped(rest), "\"");
}

// ON_UNTREATABLE_REFUSE_BATCH as REFUSE_BATCH.
std::string ShortName(const EnumValueDescriptor* value) {
  absl::string_view prefix = AsView(value->type()->value(0)->name());
  absl::ConsumeSuffix(&prefix, "UNSPECIFIED");
  return std::string(absl::StripPrefix(AsView(value->name()), prefix));
}

class Writer {
 public:
  // The fields of `message`, each on a line of its own or several.
  void WriteFields(const Message& message, size_t indent) {
    const Reflection* const reflection = message.GetReflection();
    std::vector<const FieldDescriptor*> set;
    reflection->ListFields(message, &set);
    for (const FieldDescriptor* field : set) {
      if (field->is_map()) {
        WriteMap(message, field, indent);
      } else if (field->is_repeated()) {
        WriteList(message, field, indent);
      } else {
        WriteEntry(AsView(field->name()), message, field, indent);
      }
    }
  }

  std::string Take() { return std::move(text_); }

 private:
  // One value on one line; `index` -1: of a field that is not repeated.
  static std::string Flow(const Message& message, const FieldDescriptor* field,
                          int index) {
    const Reflection* const reflection = message.GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return FlowMessage(MessageAt(message, field, index));
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      return Quoted(index < 0
                        ? reflection->GetString(message, field)
                        : reflection->GetRepeatedString(message, field, index));
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      return ShortName(
          index < 0 ? reflection->GetEnum(message, field)
                    : reflection->GetRepeatedEnum(message, field, index));
    }
    std::string number;
    google::protobuf::TextFormat::PrintFieldValueToString(message, field, index,
                                                          &number);
    return number;
  }

  static std::string FlowMessage(const Message& message) {
    // A field goes by its name.
    if (message.GetDescriptor() == agreement::v1::FieldRef::descriptor()) {
      return Quoted(
          static_cast<const agreement::v1::FieldRef&>(message).name());
    }
    const Reflection* const reflection = message.GetReflection();
    std::vector<const FieldDescriptor*> set;
    reflection->ListFields(message, &set);
    std::vector<std::string> entries;
    entries.reserve(set.size());
    for (const FieldDescriptor* field : set) {
      entries.push_back(absl::StrCat(field->name(), ": ",
                                     field->is_repeated()
                                         ? FlowList(message, field)
                                         : Flow(message, field, -1)));
    }
    return absl::StrCat("{", absl::StrJoin(entries, ", "), "}");
  }

  static std::string FlowList(const Message& message,
                              const FieldDescriptor* field) {
    std::vector<std::string> values;
    const int size = message.GetReflection()->FieldSize(message, field);
    values.reserve(static_cast<size_t>(size));
    for (int i = 0; i < size; ++i) values.push_back(Flow(message, field, i));
    return absl::StrCat("[", absl::StrJoin(values, ", "), "]");
  }

  static const Message& MessageAt(const Message& message,
                                  const FieldDescriptor* field, int index) {
    const Reflection* const reflection = message.GetReflection();
    return index < 0 ? reflection->GetMessage(message, field)
                     : reflection->GetRepeatedMessage(message, field, index);
  }

  // Whether `flow` stands on the line that `indent` and `name` begin.
  static bool Fits(absl::string_view name, const std::string& flow,
                   size_t indent) {
    return indent + name.size() + flow.size() <= kLineBytesMax;
  }

  // Of a message that is no single value.
  static bool IsNested(const std::string& flow) { return flow[0] == '{'; }

  void WriteEntry(absl::string_view name, const Message& message,
                  const FieldDescriptor* field, size_t indent) {
    const std::string flow = Flow(message, field, -1);
    if (Fits(name, flow, indent)) {
      WriteLine(indent, absl::StrCat(name, ": ", flow));
      return;
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const std::string& text =
          message.GetReflection()->GetString(message, field);
      WriteLine(indent,
                absl::StrCat(name, ": ", QuotedLines(text, indent + kStep)));
      return;
    }
    if (!IsNested(flow)) {
      WriteLine(indent, absl::StrCat(name, ": ", flow));
      return;
    }
    WriteLine(indent, absl::StrCat(name, ":"));
    WriteFields(MessageAt(message, field, -1), indent + kStep);
  }

  void WriteList(const Message& message, const FieldDescriptor* field,
                 size_t indent) {
    const std::string flow = FlowList(message, field);
    if (Fits(AsView(field->name()), flow, indent)) {
      WriteLine(indent, absl::StrCat(field->name(), ": ", flow));
      return;
    }
    WriteLine(indent, absl::StrCat(field->name(), ":"));
    const int size = message.GetReflection()->FieldSize(message, field);
    for (int i = 0; i < size; ++i) WriteItem(message, field, i, indent);
  }

  void WriteItem(const Message& message, const FieldDescriptor* field,
                 int index, size_t indent) {
    const std::string flow = Flow(message, field, index);
    if (!IsNested(flow) || Fits("", flow, indent + kStep)) {
      WriteLine(indent, absl::StrCat("- ", flow));
      return;
    }
    // The item's first line begins behind the dash.
    Writer item;
    item.WriteFields(MessageAt(message, field, index), indent + kStep);
    std::string lines = item.Take();
    lines[indent] = '-';
    text_.append(lines);
  }

  // In the order of the names.
  void WriteMap(const Message& message, const FieldDescriptor* field,
                size_t indent) {
    WriteLine(indent, absl::StrCat(field->name(), ":"));
    const Reflection* const reflection = message.GetReflection();
    const FieldDescriptor* const key = field->message_type()->map_key();
    std::vector<std::pair<std::string, int>> entries;
    const int size = reflection->FieldSize(message, field);
    entries.reserve(static_cast<size_t>(size));
    for (int i = 0; i < size; ++i) {
      const Message& pair = reflection->GetRepeatedMessage(message, field, i);
      entries.emplace_back(pair.GetReflection()->GetString(pair, key), i);
    }
    std::sort(entries.begin(), entries.end());
    for (const auto& [name, index] : entries) {
      const Message& pair =
          reflection->GetRepeatedMessage(message, field, index);
      WriteEntry(AsView(Quoted(name)), pair, field->message_type()->map_value(),
                 indent + kStep);
    }
  }

  void WriteLine(size_t indent, const std::string& line) {
    text_.append(indent, ' ');
    absl::StrAppend(&text_, line, "\n");
  }

  std::string text_;
};

// The day of `timestamp`, and in `comments` what it leaves out.
std::string DayText(const char* name,
                    const google::protobuf::Timestamp& timestamp,
                    std::string* comments) {
  const absl::Time time = registry::FromTimestamp(timestamp);
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilDay day = absl::ToCivilDay(time, utc);
  if (absl::FromCivil(day, utc) != time) {
    absl::StrAppend(comments, "# ", name, " is ", TimeText(timestamp),
                    "; a file says whole days alone.\n");
  }
  return absl::FormatCivilTime(day);
}

}  // namespace

std::string AgreementYaml(const agreement::v1::Agreement& agreement) {
  config::v1::AgreementFile file;
  file.set_id(agreement.id());
  file.set_resource(agreement.resource());
  file.set_purpose(agreement.purpose());
  file.set_legal_basis(agreement.legal_basis());
  std::string comments =
      absl::StrCat("# Version ", agreement.version(), ", for department ",
                   cli::Printable(AsView(agreement.consumer())), ".\n");
  file.set_valid_from(DayText("valid_from", agreement.valid_from(), &comments));
  file.set_valid_until(
      DayText("valid_until", agreement.valid_until(), &comments));
  *file.mutable_modes() = agreement.modes();
  for (const agreement::v1::FieldGrant& grant : agreement.fields()) {
    (*file.mutable_fields())[grant.field_name()] = grant.treatment();
  }
  file.set_on_untreatable(agreement.on_untreatable());
  if (agreement.has_limits()) *file.mutable_limits() = agreement.limits();
  if (agreement.has_row_filter()) {
    *file.mutable_row_filter() = agreement.row_filter();
  }
  Writer writer;
  writer.WriteFields(file, 0);
  return comments + writer.Take();
}

absl::StatusOr<std::string> AgreementJson(
    const agreement::v1::AgreementRecord& record) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (google::protobuf::util::MessageToJsonString(record, &json, options)
          .ok()) {
    return cli::Printable(AsView(json));
  }
  return Error(status::v1::REASON_CODE_INTERNAL,
               absl::StrCat("agreement ", record.agreement().id(),
                            " cannot be written as JSON: use table or --yaml"));
}

}  // namespace sluice::sluicectl
