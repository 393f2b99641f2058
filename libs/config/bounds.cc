#include "libs/config/bounds.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "sluice/config/v1/bounds.pb.h"

namespace sluice::config {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using v1::Bounds;

// Deeper messages do not come from a parser that limits recursion (protobuf:
// 100).
constexpr int kDepthMax = 100;

// Compiles each pattern once. As many as the protos have, so never emptied.
class PatternCache {
 public:
  const RE2& Get(const std::string& pattern) {
    MutexLock lock(&mutex_);
    std::unique_ptr<RE2>& compiled = compiled_[pattern];
    if (compiled == nullptr) {
      RE2::Options options;
      options.set_log_errors(false);
      compiled = std::make_unique<RE2>(pattern, options);
    }
    return *compiled;
  }

 private:
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<RE2>> compiled_ ABSL_GUARDED_BY(mutex_);
};

PatternCache& Patterns() {
  static auto* const cache = new PatternCache;
  return *cache;
}

// Reads one value of a field, repeated or not, the same way.
struct ValueRef {
  const Message& message;
  const FieldDescriptor* field;
  int index;  // -1: not an element of a repeated field

  template <typename Single, typename Element>
  auto Read(Single single, Element element) const {
    const Reflection* reflection = message.GetReflection();
    return index < 0 ? (reflection->*single)(message, field)
                     : (reflection->*element)(message, field, index);
  }

  std::string Text() const {
    return Read(&Reflection::GetString, &Reflection::GetRepeatedString);
  }
  int EnumNumber() const {
    return Read(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue);
  }
  bool Bool() const {
    return Read(&Reflection::GetBool, &Reflection::GetRepeatedBool);
  }
  const Message& Submessage() const {
    const Reflection* reflection = message.GetReflection();
    return index < 0 ? reflection->GetMessage(message, field)
                     : reflection->GetRepeatedMessage(message, field, index);
  }
  // Integers of every width.
  absl::int128 Integer() const {
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Read(&Reflection::GetInt32, &Reflection::GetRepeatedInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return Read(&Reflection::GetInt64, &Reflection::GetRepeatedInt64);
      case FieldDescriptor::CPPTYPE_UINT32:
        return Read(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32);
      default:
        return Read(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64);
    }
  }
  double Real() const {
    return field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT
               ? Read(&Reflection::GetFloat, &Reflection::GetRepeatedFloat)
               : Read(&Reflection::GetDouble, &Reflection::GetRepeatedDouble);
  }
};

std::string WithUnit(int64_t number, const Bounds& bounds) {
  return bounds.unit().empty() ? absl::StrCat(number)
                               : absl::StrCat(number, " ", bounds.unit());
}

class Checker {
 public:
  explicit Checker(size_t violations_max) : violations_max_(violations_max) {}

  void CheckMessage(const Message& message, const std::string& path,
                    int depth) {
    if (depth > kDepthMax) {
      Report(path, absl::StrCat("is nested deeper than ", kDepthMax,
                                " messages; nest it less deep"));
      return;
    }
    const auto* descriptor = message.GetDescriptor();
    std::vector<const FieldDescriptor*> fields;
    fields.reserve(descriptor->field_count());
    for (int i = 0; i < descriptor->field_count(); ++i) {
      fields.push_back(descriptor->field(i));
    }
    std::sort(fields.begin(), fields.end(), [](const auto* a, const auto* b) {
      return a->number() < b->number();
    });
    for (const FieldDescriptor* field : fields) {
      if (Full()) return;
      CheckField(message, field, FieldPath(path, field->name()), depth);
    }
  }

  std::vector<Violation> Take() { return std::move(violations_); }

 private:
  bool Full() const { return violations_.size() >= violations_max_; }

  void Report(const std::string& path, std::string problem,
              ReasonCode reason = status::v1::REASON_CODE_OUT_OF_BOUNDS) {
    if (!Full()) {
      violations_.push_back({path, std::move(problem), reason});
    }
  }

  void ReportMissing(const std::string& path, std::string problem) {
    Report(path, std::move(problem), status::v1::REASON_CODE_MALFORMED);
  }

  void CheckField(const Message& message, const FieldDescriptor* field,
                  const std::string& path, int depth) {
    const Bounds& bounds = field->options().GetExtension(v1::bounds);
    const Reflection* reflection = message.GetReflection();
    if (field->is_map()) {
      CheckItems(reflection->FieldSize(message, field), bounds, path);
      CheckMap(message, field, bounds, path, depth);
    } else if (field->is_repeated()) {
      const int size = reflection->FieldSize(message, field);
      CheckItems(size, bounds, path);
      for (int i = 0; i < size && !Full(); ++i) {
        CheckValue({message, field, i}, bounds, ElementPath(path, i), depth);
      }
    } else if (!field->has_presence() || reflection->HasField(message, field)) {
      CheckValue({message, field, -1}, bounds, path, depth);
    } else if (bounds.required()) {
      ReportMissing(path, "is missing; add it");
    }
  }

  void CheckItems(int size, const Bounds& bounds, const std::string& path) {
    if (size == 0 && bounds.required()) {
      ReportMissing(path, "is empty; give at least one entry");
    }
    if (bounds.has_items_max() &&
        static_cast<uint32_t>(size) > bounds.items_max()) {
      Report(path, absl::StrCat("has ", size, " entries; use at most ",
                                bounds.items_max()));
    }
  }

  void CheckMap(const Message& message, const FieldDescriptor* field,
                const Bounds& bounds, const std::string& path, int depth) {
    const Reflection* reflection = message.GetReflection();
    const FieldDescriptor* key = field->message_type()->map_key();
    const FieldDescriptor* value = field->message_type()->map_value();
    // A map has no order of its own; errors come in the order of the keys.
    std::map<std::string, const Message*> entries;
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      const Message& entry = reflection->GetRepeatedMessage(message, field, i);
      const ValueRef key_ref{entry, key, -1};
      std::string name;
      if (key->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        name = key_ref.Text();
      } else if (key->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
        name = key_ref.Bool() ? "true" : "false";
      } else {
        name = absl::StrCat(static_cast<int64_t>(key_ref.Integer()));
      }
      entries.emplace(std::move(name), &entry);
    }
    for (const auto& [name, entry] : entries) {
      if (Full()) return;
      CheckValue({*entry, value, -1}, bounds, EntryPath(path, name), depth);
    }
  }

  // One value that is there (or a scalar that cannot say whether it is).
  void CheckValue(const ValueRef& value, const Bounds& bounds,
                  const std::string& path, int depth) {
    switch (value.field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        CheckMessage(value.Submessage(), path, depth + 1);
        return;
      case FieldDescriptor::CPPTYPE_STRING:
        CheckText(value.Text(), bounds, path);
        return;
      case FieldDescriptor::CPPTYPE_ENUM:
        CheckEnum(value.EnumNumber(), value.field->enum_type(), bounds, path);
        return;
      case FieldDescriptor::CPPTYPE_BOOL:
        if (bounds.required() && !value.Bool()) {
          ReportMissing(path, "is missing; set it to true");
        }
        return;
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE:
        CheckNumber(value.Real(), bounds, path);
        return;
      default:
        CheckNumber(value.Integer(), bounds, path);
    }
  }

  void CheckText(const std::string& text, const Bounds& bounds,
                 const std::string& path) {
    if (text.empty() && bounds.required()) {
      ReportMissing(path, "is missing; give it a value");
      return;
    }
    if (bounds.has_length_max() && text.size() > bounds.length_max()) {
      Report(path, absl::StrCat("has ", text.size(), " bytes; use at most ",
                                bounds.length_max()));
      return;
    }
    if (!text.empty() && text.size() < bounds.length_min()) {
      Report(path, absl::StrCat("has ", text.size(), " bytes; use at least ",
                                bounds.length_min()));
      return;
    }
    if (!bounds.pattern().empty() &&
        !RE2::FullMatch(text, Patterns().Get(bounds.pattern()))) {
      Report(path, absl::StrCat("does not have the right form; write ",
                                bounds.pattern_hint().empty()
                                    ? "what matches " + bounds.pattern()
                                    : bounds.pattern_hint()));
    }
  }

  void CheckEnum(int number, const EnumDescriptor* type, const Bounds& bounds,
                 const std::string& path) {
    if (number == 0 && bounds.required()) {
      ReportMissing(path, "is missing; choose a value");
    } else if (type->FindValueByNumber(number) == nullptr) {
      Report(path, absl::StrCat("is ", number, ", which ", type->name(),
                                " does not have; use a known value"));
    }
  }

  template <typename Number>
  void CheckNumber(Number number, const Bounds& bounds,
                   const std::string& path) {
    if (number == Number(0)) {
      if (bounds.required()) {
        ReportMissing(path, "is missing or 0; give it a value");
      }
      return;
    }
    // Written so that NaN, which compares with nothing, is outside.
    if (bounds.has_min() && !(number >= Number(bounds.min()))) {
      Report(path, absl::StrCat("is too small; use at least ",
                                WithUnit(bounds.min(), bounds)));
    } else if (bounds.has_max() && !(number <= Number(bounds.max()))) {
      Report(path, absl::StrCat("is too large; use at most ",
                                WithUnit(bounds.max(), bounds)));
    }
  }

  const size_t violations_max_;
  std::vector<Violation> violations_;
};

}  // namespace

std::vector<Violation> FindViolations(const Message& message,
                                      size_t violations_max) {
  Checker checker(violations_max);
  checker.CheckMessage(message, "", 0);
  return checker.Take();
}

absl::Status CheckBounds(const Message& message) {
  const std::vector<Violation> violations = FindViolations(message, 1);
  if (violations.empty()) return absl::OkStatus();
  const Violation& first = violations.front();
  return FieldError(first.reason, first.field, first.problem);
}

std::string FieldPath(absl::string_view parent, absl::string_view name) {
  return parent.empty() ? std::string(name) : absl::StrCat(parent, ".", name);
}

std::string ElementPath(absl::string_view list, size_t index) {
  return absl::StrCat(list, "[", index, "]");
}

std::string EntryPath(absl::string_view map, absl::string_view key) {
  return absl::StrCat(map, "[\"", absl::Utf8SafeCEscape(key), "\"]");
}

}  // namespace sluice::config
