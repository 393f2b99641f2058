#include "libs/predicate/predicate_oracle.h"

#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace sluice::predicate {
namespace {

using agreement::v1::Compare;
using catalog::v1::Field;
using records::PlainCell;
using records::PlainValue;
using Proto = agreement::v1::Predicate;

// Nothing stands for unknown.
using Answer = std::optional<bool>;

template <typename T>
int Order(const T& a, const T& b) {
  if (a < b) return -1;
  return b < a ? 1 : 0;
}

std::u32string CodePoints(const std::string& text) {
  std::u32string points;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xE0 ? 2
                          : lead < 0xF0 ? 3
                                        : 4;
    char32_t point = length == 1 ? lead : lead & (0x7F >> length);
    for (size_t j = 1; j < length; ++j) {
      point = point * 64 + (static_cast<unsigned char>(text[i + j]) & 0x3F);
    }
    points += point;
    i += length;
  }
  return points;
}

absl::int128 Unscaled(std::string text, uint32_t scale) {
  const bool negative = text[0] == '-';
  if (negative) text.erase(0, 1);
  if (text.find('.') == std::string::npos) text += '.';
  while (text.size() - text.find('.') - 1 < scale) text += '0';
  absl::int128 number = 0;
  for (const char c : text) {
    if (c != '.') number = number * 10 + (c - '0');
  }
  return negative ? -number : number;
}

int32_t DaysOf(const std::string& text) {
  absl::CivilDay day;
  absl::ParseCivilTime(text, &day);
  return static_cast<int32_t>(day - absl::CivilDay(1970, 1, 1));
}

int64_t MicrosecondsOf(const std::string& text) {
  absl::Time time;
  std::string error;
  absl::ParseTime(absl::RFC3339_full, text, &time, &error);
  return absl::ToUnixMicros(time);
}

// The order of a value and a written one; nothing where they have none.
std::optional<int> OrderTo(const PlainValue& value, const std::string& text,
                           const Field& field) {
  switch (field.type()) {
    case records::v1::DATA_TYPE_BOOL:
      return Order(std::get<bool>(value), text == "true" || text == "1");
    case records::v1::DATA_TYPE_INT64:
      return Order(std::get<int64_t>(value),
                   int64_t{std::strtoll(text.c_str(), nullptr, 10)});
    case records::v1::DATA_TYPE_DOUBLE: {
      const double number = std::get<double>(value);
      if (std::isnan(number)) return std::nullopt;
      return Order(number, std::strtod(text.c_str(), nullptr));
    }
    case records::v1::DATA_TYPE_DECIMAL128:
      return Order(std::get<absl::int128>(value),
                   Unscaled(text, field.scale()));
    case records::v1::DATA_TYPE_DATE:
      return Order(std::get<int32_t>(value), DaysOf(text));
    case records::v1::DATA_TYPE_TIMESTAMP:
      return Order(std::get<int64_t>(value), MicrosecondsOf(text));
    default:
      return Order(CodePoints(std::get<std::string>(value)), CodePoints(text));
  }
}

class Row {
 public:
  Row(const catalog::v1::Resource& resource, const records::PlainBatch& batch,
      uint32_t row)
      : resource_(resource), batch_(batch), row_(row) {}

  Answer Ask(const Proto& predicate) const {
    switch (predicate.kind_case()) {
      case Proto::kAll:
        return AskAll(predicate.all());
      case Proto::kAny:
        return AskAny(predicate.any());
      case Proto::kNot: {
        const Answer of = Ask(predicate.not_());
        return of ? Answer(!*of) : std::nullopt;
      }
      case Proto::kCompare:
        return AskCompare(predicate.compare());
      case Proto::kIn:
        return AskIn(predicate.in());
      case Proto::kPrefix: {
        const PlainCell cell = CellOf(predicate.prefix().field().id());
        if (!cell) return std::nullopt;
        return std::get<std::string>(*cell).rfind(predicate.prefix().prefix(),
                                                  0) == 0;
      }
      case Proto::kRange:
        return AskRange(predicate.range());
      default:
        return !CellOf(predicate.is_null().field().id()).has_value();
    }
  }

 private:
  PlainCell CellOf(uint32_t field_id) const {
    for (const auto& column : batch_.columns) {
      if (column.field_id == field_id) return column.cells[row_];
    }
    return std::nullopt;
  }

  const Field& FieldOf(uint32_t field_id) const {
    for (const Field& field : resource_.fields()) {
      if (field.id() == field_id) return field;
    }
    std::abort();
  }

  std::optional<int> OrderOf(uint32_t field_id, const std::string& text) const {
    const PlainCell cell = CellOf(field_id);
    if (!cell) return std::nullopt;
    return OrderTo(*cell, text, FieldOf(field_id));
  }

  Answer AskAll(const agreement::v1::Predicates& all) const {
    bool unknown = false;
    for (const Proto& of : all.of()) {
      const Answer answer = Ask(of);
      if (answer == false) return false;
      if (!answer) unknown = true;
    }
    return unknown ? Answer() : Answer(true);
  }

  Answer AskAny(const agreement::v1::Predicates& any) const {
    bool unknown = false;
    for (const Proto& of : any.of()) {
      const Answer answer = Ask(of);
      if (answer == true) return true;
      if (!answer) unknown = true;
    }
    return unknown ? Answer() : Answer(false);
  }

  Answer AskCompare(const Compare& compare) const {
    const auto order = OrderOf(compare.field().id(), compare.value());
    if (!order) return std::nullopt;
    switch (compare.is()) {
      case Compare::NOT_EQUAL:
        return *order != 0;
      case Compare::LESS:
        return *order < 0;
      case Compare::LESS_OR_EQUAL:
        return *order <= 0;
      case Compare::GREATER:
        return *order > 0;
      case Compare::GREATER_OR_EQUAL:
        return *order >= 0;
      default:
        return *order == 0;
    }
  }

  Answer AskIn(const agreement::v1::In& in) const {
    for (const std::string& value : in.values()) {
      const auto order = OrderOf(in.field().id(), value);
      if (!order) return std::nullopt;
      if (*order == 0) return true;
    }
    return false;
  }

  Answer AskRange(const agreement::v1::Range& range) const {
    const uint32_t id = range.field().id();
    bool inside = true;
    if (range.has_from()) {
      const auto order = OrderOf(id, range.from());
      if (!order) return std::nullopt;
      inside = *order >= 0;
    }
    if (range.has_below()) {
      const auto order = OrderOf(id, range.below());
      if (!order) return std::nullopt;
      inside = inside && *order < 0;
    }
    return inside;
  }

  const catalog::v1::Resource& resource_;
  const records::PlainBatch& batch_;
  const uint32_t row_;
};

}  // namespace

Truth TruthSlowly(const Proto& predicate, const catalog::v1::Resource& resource,
                  const records::PlainBatch& batch, uint32_t row) {
  const Answer answer = Row(resource, batch, row).Ask(predicate);
  if (!answer) return Truth::kUnknown;
  return *answer ? Truth::kTrue : Truth::kFalse;
}

}  // namespace sluice::predicate
