#include "tests/integration/canary.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "libs/base/encoding.h"

namespace sluice::integration {
namespace {

using records::v1::DataType;

constexpr uint64_t kVaried = uint64_t{1} << 21;
// The shortest decimal prefix that shows a number: not met by chance in a log.
constexpr size_t kDigitsMin = 9;

std::string CommonPrefix(const std::string& a, const std::string& b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return {a.begin(), end};
}

std::string Decimal(uint64_t value) {
  return absl::StrCat(static_cast<int64_t>(value));
}

// 17 digits read back as the same.
std::string Real(uint64_t bits) {
  return absl::StrFormat("%.17g", std::bit_cast<double>(bits));
}

// The bytes of `base` + x that are the same for every x below 2^21: in memory,
// backwards, and in a varint.
std::vector<std::string> FixedBytes(uint64_t base) {
  std::string little;
  for (int at = 3; at < 8; ++at) {
    little.push_back(static_cast<char>(base >> (8 * at)));
  }
  std::string varint;
  for (uint64_t rest = base >> 21; rest != 0; rest >>= 7) {
    varint.push_back(
        static_cast<char>((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0)));
  }
  return {little, std::string(little.rbegin(), little.rend()), varint};
}

bool Holds(const std::string& bytes, const std::string& part) {
  return bytes.find(part) != std::string::npos;
}

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

}  // namespace

const CanaryKind& CanaryKind::Secret() {
  static const CanaryKind kind({.int64 = 0x075CA39ED1000000,
                                .real = 0x42D6A7C59E000000,
                                .decimal = 0x05E1D7A94B000000,
                                .timestamp = 0xFFE0553E4B000000,
                                .date = 0xFFFE6D00,
                                .plane = '\xA0',
                                .bytes = "\xDE\xAD\xFA\xCE\xD0\x0D",
                                .dates = {"1687-0", "1687-1"},
                                .moment = "1687-07-17"});
  return kind;
}

const CanaryKind& CanaryKind::Open() {
  static const CanaryKind kind({.int64 = 0x068B3F5E27000000,
                                .real = 0x42D5B3E87A000000,
                                .decimal = 0x0493C6B85D000000,
                                .timestamp = 0xFFDF613A27000000,
                                .date = 0xFFFE6F00,
                                .plane = '\xA1',
                                .bytes = "\xC0\xFF\xEE\xB0\xBA\xFE",
                                .dates = {"1688-1", "1689-0"},
                                .moment = "1679-01-15"});
  return kind;
}

CanaryKind::CanaryKind(Bases bases) : bases_(std::move(bases)) {
  const auto add_number = [this](DataType type, uint64_t base,
                                 std::string (*text)(uint64_t)) {
    marks_[type] = FixedBytes(base);
    const std::string digits = CommonPrefix(text(base), text(base + kVaried));
    if (digits.size() >= kDigitsMin) marks_[type].push_back(digits);
  };
  add_number(records::v1::DATA_TYPE_INT64, bases_.int64, Decimal);
  add_number(records::v1::DATA_TYPE_DECIMAL128, bases_.decimal, Decimal);
  add_number(records::v1::DATA_TYPE_DOUBLE, bases_.real, Real);
  add_number(records::v1::DATA_TYPE_TIMESTAMP, bases_.timestamp, Decimal);
  marks_[records::v1::DATA_TYPE_TIMESTAMP].push_back(bases_.moment);
  marks_[records::v1::DATA_TYPE_DATE] = bases_.dates;
  marks_[records::v1::DATA_TYPE_BYTES] = {bases_.bytes, HexEncode(bases_.bytes),
                                          Base64Encode(bases_.bytes)};
  // Bytes of a character in hex, and as C and JSON escape them.
  const std::string hex = HexEncode(std::string(1, bases_.plane));
  marks_[records::v1::DATA_TYPE_STRING] = {
      absl::StrFormat("\\360\\%03o\\", static_cast<uint8_t>(bases_.plane)),
      absl::StrCat("\\xf0\\x", hex), absl::StrCat("\\xF0\\x", hex)};
  for (int i = 0; i < 4; ++i) {
    const int surrogate = 0xD840 + (bases_.plane == '\xA0' ? 0 : 4) + i;
    marks_[records::v1::DATA_TYPE_STRING].push_back(
        absl::StrFormat("\\u%04x", surrogate));
    marks_[records::v1::DATA_TYPE_STRING].push_back(
        absl::StrFormat("\\u%04X", surrogate));
  }
}

std::string CanaryKind::Value(DataType type, std::mt19937_64* random) const {
  const uint64_t low = (*random)() % kVaried;
  switch (type) {
    case records::v1::DATA_TYPE_INT64:
      return Decimal(bases_.int64 + low);
    case records::v1::DATA_TYPE_DOUBLE:
      return Real(bases_.real + low);
    case records::v1::DATA_TYPE_DECIMAL128:
      return Decimal(bases_.decimal + low).insert(16, ".");
    case records::v1::DATA_TYPE_DATE: {
      const auto days = static_cast<int32_t>(bases_.date + low % 128);
      return absl::FormatTime("%Y-%m-%d",
                              absl::UnixEpoch() + days * absl::Hours(24),
                              absl::UTCTimeZone());
    }
    case records::v1::DATA_TYPE_TIMESTAMP:
      return absl::FormatTime(
          "%Y-%m-%dT%H:%M:%E6SZ",
          absl::FromUnixMicros(static_cast<int64_t>(bases_.timestamp + low)),
          absl::UTCTimeZone());
    case records::v1::DATA_TYPE_BYTES:
      return Base64Encode(absl::StrCat(bases_.bytes, low));
    default:
      break;
  }
  std::string text;
  for (uint64_t left = 3 + low % 8; left > 0; --left) {
    const uint64_t point = (*random)();
    text += {'\xF0', bases_.plane, static_cast<char>(0x80 | (point & 0x3F)),
             static_cast<char>(0x80 | (point >> 6 & 0x3F))};
  }
  return text;
}

std::vector<DataType> CanaryKind::FindIn(const std::string& bytes) const {
  std::vector<DataType> found;
  for (const auto& [type, marks] : marks_) {
    bool here = std::any_of(
        marks.begin(), marks.end(),
        [&](const std::string& mark) { return Holds(bytes, mark); });
    if (type == records::v1::DATA_TYPE_STRING) here = here || HasText(bytes);
    if (type == records::v1::DATA_TYPE_DATE) here = here || HasDates(bytes);
    if (here) found.push_back(type);
  }
  return found;
}

// One character alone would be met by chance among signatures and digests.
bool CanaryKind::HasText(const std::string& bytes) const {
  const std::string lead = {'\xF0', bases_.plane};
  const auto is_character = [&](size_t at) {
    return bytes.compare(at, 2, lead) == 0 && at + 4 <= bytes.size() &&
           IsContinuation(bytes[at + 2]) && IsContinuation(bytes[at + 3]);
  };
  for (size_t at = bytes.find(lead); at != std::string::npos;
       at = bytes.find(lead, at + 1)) {
    if (is_character(at) && at + 8 <= bytes.size() && is_character(at + 4)) {
      return true;
    }
  }
  // In hex: f0a0xxxxf0a0.
  const std::string hex = HexEncode(lead);
  for (size_t at = bytes.find(hex); at != std::string::npos;
       at = bytes.find(hex, at + 1)) {
    if (at + 12 <= bytes.size() && bytes.compare(at + 8, 4, hex) == 0) {
      return true;
    }
  }
  return false;
}

// Two of a column, side by side.
bool CanaryKind::HasDates(const std::string& bytes) const {
  std::string high;
  for (int at = 1; at < 4; ++at) {
    high.push_back(static_cast<char>(bases_.date >> (8 * at)));
  }
  for (size_t at = bytes.find(high); at != std::string::npos;
       at = bytes.find(high, at + 1)) {
    if (at + 7 <= bytes.size() && bytes.compare(at + 4, 3, high) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace sluice::integration
