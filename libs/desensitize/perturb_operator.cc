#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <utility>

#include "libs/base/endian.h"
#include "libs/base/string_view.h"
#include "libs/crypto/sha256.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/decimal_text.h"
#include "libs/desensitize/keyed_operators.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/value_groups.h"
#include "libs/records/aligned_buffer.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Perturb;

__extension__ using Int128 = __int128;

// Above 0 and below 1.
double Uniform(const uint8_t* bytes) {
  constexpr double kSteps = 9007199254740992.0;  // 2^53
  return (static_cast<double>(LoadBig64(bytes) >> 11) + 0.5) / kSteps;
}

// `value` plus what `Offset` makes of a digest of it: `offset_of(digest)` as a
// T, or false where the sum is none of the type.
template <typename T, typename AddOffset>
Treated TreatByDigest(const records::Column& column,
                      const crypto::KeyedDigest& digest, AddOffset add) {
  records::AlignedBuffer data(column.row_count * sizeof(T));
  std::memset(data.data(), 0, data.size());
  OutputValidity validity(column);
  const auto prefix = static_cast<char>(column.type);
  VisitValueGroups(column, [&](const ValueGroup& group) {
    std::array<crypto::Digest, kValueGroupMax> digests;
    digest.ComputeMany(prefix, group.bytes.data(), group.size, digests.data());
    for (size_t i = 0; i < group.size; ++i) {
      const uint32_t row = group.rows[i];
      T sum = 0;
      if (add(column.Value<T>(row), digests[i], &sum)) {
        StoreLittle(sum, data.data() + row * sizeof(T));
      } else {
        validity.ClearRow(row);
      }
    }
  });
  Treated treated{column, validity.cleared()};
  treated.column.data = std::move(data).Share();
  std::move(validity).MoveTo(&treated.column);
  return treated;
}

class DateShiftOperator : public Operator {
 public:
  DateShiftOperator(uint32_t days_max, absl::string_view key)
      : days_max_(days_max), digest_(key) {}

  Treated Apply(const records::Column& column) const override {
    if (column.type == records::v1::DATA_TYPE_DATE) {
      return TreatByDigest<int32_t>(
          column, digest_,
          [this](int32_t days, const crypto::Digest& digest, int32_t* out) {
            return !__builtin_add_overflow(days, ShiftOf(digest), out);
          });
    }
    return TreatByDigest<int64_t>(
        column, digest_,
        [this](int64_t time, const crypto::Digest& digest, int64_t* out) {
          return !__builtin_add_overflow(
              time, ShiftOf(digest) * kMicrosecondsPerDay, out);
        });
  }

 private:
  int64_t ShiftOf(const crypto::Digest& digest) const {
    return static_cast<int64_t>(LoadBig64(digest.data()) %
                                (2 * uint64_t{days_max_} + 1)) -
           int64_t{days_max_};
  }

  const uint32_t days_max_;
  const crypto::HmacSha256 digest_;
};

class NoiseOperator : public Operator {
 public:
  // `unit`: what 1 is in the column's numbers.
  NoiseOperator(bool laplace, double scale, double unit, absl::string_view key)
      : laplace_(laplace), scale_(scale), unit_(unit), digest_(key) {}

  Treated Apply(const records::Column& column) const override {
    switch (column.type) {
      case records::v1::DATA_TYPE_DOUBLE:
        return TreatByDigest<double>(
            column, digest_,
            [this](double value, const crypto::Digest& digest, double* out) {
              *out = value + NoiseOf(digest);
              return std::isfinite(*out);
            });
      case records::v1::DATA_TYPE_DECIMAL128:
        return ApplyToIntegers<Int128>(column);
      default:
        return ApplyToIntegers<int64_t>(column);
    }
  }

 private:
  template <typename T>
  Treated ApplyToIntegers(const records::Column& column) const {
    // Far within the type, so that the conversion is defined.
    constexpr double kNoiseMax = sizeof(T) == sizeof(int64_t) ? 4e18 : 8e37;
    return TreatByDigest<T>(
        column, digest_, [this](T value, const crypto::Digest& digest, T* out) {
          const double noise = std::round(NoiseOf(digest) * unit_);
          return std::abs(noise) <= kNoiseMax &&
                 !__builtin_add_overflow(value, static_cast<T>(noise), out);
        });
  }

  double NoiseOf(const crypto::Digest& digest) const {
    const double u = Uniform(digest.data());
    if (laplace_) {
      const double centered = u - 0.5;
      const double size = -std::log1p(-2 * std::abs(centered));
      return std::copysign(scale_ * size, centered);
    }
    return scale_ * std::sqrt(-2 * std::log(u)) *
           std::cos(2 * std::numbers::pi * Uniform(&digest[8]));
  }

  const bool laplace_;
  const double scale_;
  const double unit_;
  const crypto::HmacSha256 digest_;
};

}  // namespace

std::unique_ptr<const Operator> NewPerturb(const Perturb& resolved,
                                           uint32_t scale,
                                           absl::string_view key) {
  if (resolved.has_date_shift()) {
    return std::make_unique<DateShiftOperator>(resolved.date_shift().days_max(),
                                               key);
  }
  const bool laplace = resolved.has_laplace();
  const std::string& deviation =
      laplace ? resolved.laplace().scale() : resolved.gaussian().scale();
  return std::make_unique<NoiseOperator>(
      laplace, ParseDouble(AsView(deviation)).value_or(0),
      std::pow(10.0, scale), key);
}

}  // namespace sluice::desensitize
