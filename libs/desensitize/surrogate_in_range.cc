#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "libs/base/endian.h"
#include "libs/base/string_view.h"
#include "libs/crypto/sha256.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/decimal_text.h"
#include "libs/desensitize/digest_draw.h"
#include "libs/desensitize/keyed_operators.h"
#include "libs/desensitize/value_groups.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::SurrogateInRange;

__extension__ using Int128 = __int128;

// One of `count` values from `min` on.
template <typename T>
struct DrawInteger {
  using Value = T;
  T min;
  uint64_t count;

  T operator()(const crypto::Digest& digest) const {
    return static_cast<T>(static_cast<Int128>(min) +
                          static_cast<Int128>(DrawBelow(count, digest)));
  }
};

struct DrawDouble {
  using Value = double;
  double min;
  double max;

  double operator()(const crypto::Digest& digest) const {
    // Rounding may lead beyond.
    return std::min(min + DrawUniform(digest.data()) * (max - min), max);
  }
};

template <typename Draw>
class InRangeSurrogate : public Operator {
 public:
  InRangeSurrogate(Draw draw, absl::string_view key)
      : draw_(draw), digest_(key) {}

  Treated Apply(const records::Column& column) const override {
    using Value = typename Draw::Value;
    records::AlignedBuffer data(column.row_count * sizeof(Value));
    std::memset(data.data(), 0, data.size());
    const auto prefix = static_cast<char>(column.type);
    VisitValueGroups(column, [&](const ValueGroup& group) {
      std::array<crypto::Digest, kValueGroupMax> digests;
      digest_.ComputeMany(prefix, group.bytes.data(), group.size,
                          digests.data());
      for (size_t i = 0; i < group.size; ++i) {
        StoreLittle<Value>(draw_(digests[i]),
                           data.data() + group.rows[i] * sizeof(Value));
      }
    });
    Treated treated{column, 0};
    treated.column.data = std::move(data).Share();
    return treated;
  }

 private:
  const Draw draw_;
  const crypto::HmacSha256 digest_;
};

template <typename Draw>
std::unique_ptr<const Operator> New(Draw draw, absl::string_view key) {
  return std::make_unique<InRangeSurrogate<Draw>>(draw, key);
}

template <typename T>
std::unique_ptr<const Operator> NewBetween(T min, T max,
                                           absl::string_view key) {
  return New(DrawInteger<T>{min, static_cast<uint64_t>(max - min) + 1}, key);
}

int64_t DayOf(const std::string& date) {
  return ParseDate(AsView(date)).value_or(0);
}

template <typename T>
T NumberOf(const std::string& text, uint32_t scale) {
  return static_cast<T>(
      ParseDecimal(AsView(text), scale).value_or(absl::int128(0)));
}

}  // namespace

std::unique_ptr<const Operator> NewInRangeSurrogate(
    const SurrogateInRange& range, const catalog::v1::Field& field,
    absl::string_view key) {
  switch (field.type()) {
    case records::v1::DATA_TYPE_DATE:
      return NewBetween(static_cast<int32_t>(DayOf(range.min())),
                        static_cast<int32_t>(DayOf(range.max())), key);
    case records::v1::DATA_TYPE_TIMESTAMP:
      return NewBetween(DayOf(range.min()) * kMicrosecondsPerDay,
                        (DayOf(range.max()) + 1) * kMicrosecondsPerDay - 1,
                        key);
    case records::v1::DATA_TYPE_DOUBLE:
      return New(DrawDouble{ParseDouble(AsView(range.min())).value_or(0),
                            ParseDouble(AsView(range.max())).value_or(0)},
                 key);
    case records::v1::DATA_TYPE_DECIMAL128:
      return NewBetween(NumberOf<Int128>(range.min(), field.scale()),
                        NumberOf<Int128>(range.max(), field.scale()), key);
    default:
      return NewBetween(NumberOf<int64_t>(range.min(), 0),
                        NumberOf<int64_t>(range.max(), 0), key);
  }
}

}  // namespace sluice::desensitize
