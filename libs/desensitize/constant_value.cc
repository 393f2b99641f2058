#include "libs/desensitize/constant_value.h"

#include <cmath>
#include <limits>

#include "libs/base/encoding.h"
#include "libs/base/endian.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/decimal_text.h"
#include "libs/desensitize/treatment_site.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Withhold;
using catalog::v1::Field;

template <typename T>
std::string BytesOf(T value) {
  std::string bytes(sizeof(T), '\0');
  StoreLittle(value, bytes.data());
  return bytes;
}

std::optional<std::string> TextConstant(const std::string& text,
                                        const Field& field) {
  // An empty text is a constant too: every row has it.
  if (text.size() > LengthMaxOf(field) || !IsValidUtf8(AsView(text))) {
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> NumberConstant(const std::string& text,
                                          const Field& field) {
  if (field.type() == records::v1::DATA_TYPE_DOUBLE) {
    const auto number = ParseDouble(AsView(text));
    if (!number || !std::isfinite(*number)) return std::nullopt;
    return BytesOf(*number);
  }
  const bool is_decimal = field.type() == records::v1::DATA_TYPE_DECIMAL128;
  const auto number =
      ParseDecimal(AsView(text), is_decimal ? field.scale() : 0);
  if (!number) return std::nullopt;
  if (is_decimal) return BytesOf(*number);
  if (*number < std::numeric_limits<int64_t>::min() ||
      *number > std::numeric_limits<int64_t>::max()) {
    return std::nullopt;
  }
  return BytesOf(static_cast<int64_t>(*number));
}

std::optional<std::string> DateConstant(const std::string& text) {
  const auto days = ParseDate(AsView(text));
  if (!days) return std::nullopt;
  return BytesOf(static_cast<int32_t>(*days));
}

std::string PlaceholderOf(records::v1::DataType type) {
  switch (type) {
    case records::v1::DATA_TYPE_STRING:
      return "***";
    case records::v1::DATA_TYPE_BOOL:
      return "false";
    case records::v1::DATA_TYPE_DATE:
      return "1970-01-01";
    default:
      return "0";
  }
}

}  // namespace

std::optional<std::string> ConstantOf(const Withhold& withhold,
                                      const Field& field) {
  const std::string text = withhold.has_constant()
                               ? withhold.constant()
                               : PlaceholderOf(field.type());
  switch (field.type()) {
    case records::v1::DATA_TYPE_STRING:
      return TextConstant(text, field);
    case records::v1::DATA_TYPE_INT64:
    case records::v1::DATA_TYPE_DOUBLE:
    case records::v1::DATA_TYPE_DECIMAL128:
      return NumberConstant(text, field);
    case records::v1::DATA_TYPE_DATE:
      return DateConstant(text);
    case records::v1::DATA_TYPE_BOOL:
      if (text != "true" && text != "false") return std::nullopt;
      return std::string(1, text == "true" ? '\1' : '\0');
    case records::v1::DATA_TYPE_TIMESTAMP:
      // Its placeholder is the epoch.
      if (withhold.has_constant()) return std::nullopt;
      return BytesOf(int64_t{0});
    case records::v1::DATA_TYPE_BYTES:
      if (withhold.has_constant()) return std::nullopt;
      return std::string();
    default:
      return std::nullopt;
  }
}

}  // namespace sluice::desensitize
