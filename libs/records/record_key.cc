#include "libs/records/record_key.h"

#include <xxhash.h>

#include <bit>
#include <cassert>
#include <limits>

#include "absl/numeric/int128.h"
#include "libs/base/endian.h"

namespace sluice::records {
namespace {

constexpr char kNullTag = 0;
constexpr char kValueTag = 1;

// Two's complement with the sign bit flipped sorts as unsigned bytes.
void AppendInt64(int64_t value, std::string* key) {
  AppendBig64(static_cast<uint64_t>(value) ^ (1ull << 63), key);
}

void AppendDouble(double value, std::string* key) {
  if (value == 0) value = 0;  // -0.0 equals 0.0 and must be the same key
  if (value != value) value = std::numeric_limits<double>::quiet_NaN();
  const auto bits = std::bit_cast<uint64_t>(value);
  // Magnitudes of negative numbers grow downwards: flip them as well.
  AppendBig64((bits >> 63) != 0 ? ~bits : bits | (1ull << 63), key);
}

void AppendText(absl::string_view text, std::string* key) {
  for (;;) {
    const size_t zero = text.find('\0');
    if (zero == absl::string_view::npos) break;
    key->append(text.data(), zero + 1);
    key->push_back('\xFF');
    text.remove_prefix(zero + 1);
  }
  key->append(text.data(), text.size());
  key->append(2, '\0');
}

void AppendValue(const Column& column, uint32_t row, std::string* key) {
  switch (column.type) {
    case v1::DATA_TYPE_BOOL:
      key->push_back(column.Bool(row) ? 1 : 0);
      return;
    case v1::DATA_TYPE_INT64:
    case v1::DATA_TYPE_TIMESTAMP:
      AppendInt64(column.Value<int64_t>(row), key);
      return;
    case v1::DATA_TYPE_DOUBLE:
      AppendDouble(column.Value<double>(row), key);
      return;
    case v1::DATA_TYPE_DECIMAL128: {
      const auto value = column.Value<absl::int128>(row);
      AppendInt64(absl::Int128High64(value), key);
      AppendBig64(absl::Int128Low64(value), key);
      return;
    }
    case v1::DATA_TYPE_DATE:
      AppendBig32(
          static_cast<uint32_t>(column.Value<int32_t>(row)) ^ (1u << 31), key);
      return;
    case v1::DATA_TYPE_STRING:
    case v1::DATA_TYPE_BYTES:
      AppendText(column.Text(row), key);
      return;
    default:
      assert(false && "a column that was not validated");
  }
}

}  // namespace

std::string RecordKey(const std::vector<const Column*>& columns, uint32_t row) {
  std::string key;
  key.reserve(32 * columns.size());
  AppendRecordKey(columns, row, &key);
  return key;
}

void AppendRecordKey(const std::vector<const Column*>& columns, uint32_t row,
                     std::string* key) {
  for (const Column* column : columns) {
    if (column == nullptr || column->IsNull(row)) {
      key->push_back(kNullTag);
    } else {
      key->push_back(kValueTag);
      AppendValue(*column, row, key);
    }
  }
}

uint32_t PartitionOf(absl::string_view key, uint32_t partitions) {
  assert(partitions != 0);
  return static_cast<uint32_t>(XXH64(key.data(), key.size(), 0) % partitions);
}

}  // namespace sluice::records
