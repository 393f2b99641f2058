// Text out of a source as a typed value.
#ifndef SLUICE_LIBS_RECORDS_TEXT_VALUE_H_
#define SLUICE_LIBS_RECORDS_TEXT_VALUE_H_

#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "libs/records/batch.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::records {

// What a field asks of its values.
struct ValueRule {
  explicit ValueRule(const catalog::v1::Field& field);

  std::string name;
  DataType type;
  uint32_t scale;
  uint32_t bytes_max;
  bool required;
};

// One value of a row. Which member counts is the field's type to say.
struct Value {
  bool is_null = true;
  union {
    bool boolean;
    int64_t integer;  // INT64; TIMESTAMP in microseconds; DATE in days
    double real;
    absl::int128 decimal = 0;  // unscaled
  };
  // STRING and BYTES; into what was parsed, or into memory that its parser
  // owns.
  absl::string_view text;
};

// Parses valid UTF-8 `text` as `rule` asks; STRING keeps it as it is. Returns
// null, or what is wrong and how to write it right, without a byte of the
// value:
//
//   INT64       digits, with - before them
//   DOUBLE      decimal or scientific notation; finite
//   DECIMAL128  digits with a point, no more places than the field's scale
//   BOOL        true, false, 1 or 0
//   DATE        YYYY-MM-DD, years 0001 to 9999
//   TIMESTAMP   RFC 3339, or YYYY-MM-DD HH:MM:SS; at most six places of a
//               second; without Z or an offset it is UTC
//   BYTES       base64 with padding
//
// `bytes` gets what BYTES decodes to, at its end.
const char* ParseValue(const ValueRule& rule, absl::string_view text,
                       std::string* bytes, Value* value);

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_TEXT_VALUE_H_
