#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/endian.h"
#include "libs/base/string_view.h"
#include "libs/crypto/sha256.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/decimal_text.h"
#include "libs/desensitize/digest_draw.h"
#include "libs/desensitize/keyed_operators.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/record_operator.h"
#include "libs/desensitize/value_groups.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/record_key.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Perturb;

__extension__ using Int128 = __int128;

// What the digests of some values of a column are of: field, record and value,
// as docs/formats/perturb.md has it. Its memory is used again.
class Messages {
 public:
  Messages(uint32_t field_id, std::vector<const records::Column*> record_key)
      : field_id_(field_id), record_key_(std::move(record_key)) {
    bytes_.reserve(kValueGroupMax * kTypicalBytes);
  }

  // A message for each value of `group`, which live until the next call.
  const absl::string_view* Of(const ValueGroup& group,
                              const BatchRows& records) {
    bytes_.clear();
    std::array<size_t, kValueGroupMax> ends;
    for (size_t i = 0; i < group.size; ++i) {
      AppendBig32(field_id_, &bytes_);
      records::AppendRecordKey(record_key_, records.Of(group.rows[i]), &bytes_);
      bytes_.append(group.bytes[i].data(), group.bytes[i].size());
      ends[i] = bytes_.size();
    }
    const absl::string_view all = AsView(bytes_);
    size_t begin = 0;
    for (size_t i = 0; i < group.size; ++i) {
      texts_[i] = all.substr(begin, ends[i] - begin);
      begin = ends[i];
    }
    return texts_.data();
  }

 private:
  static constexpr size_t kTypicalBytes = 64;

  const uint32_t field_id_;
  const std::vector<const records::Column*> record_key_;
  std::string bytes_;
  std::array<absl::string_view, kValueGroupMax> texts_;
};

// A digest for each value, under a key.
class PerturbOperator : public RecordOperator {
 public:
  PerturbOperator(uint32_t field_id, std::vector<uint32_t> record_key,
                  absl::string_view key)
      : field_id_(field_id), record_key_(std::move(record_key)), digest_(key) {}

 protected:
  // Each value of `column`, which holds Ts, with its digest:
  // `add(value, digest, &sum)`, which is false where the sum is no T.
  template <typename T, typename AddOffset>
  Treated TreatByDigest(const records::Column& column, const BatchRows& records,
                        AddOffset add) const {
    records::AlignedBuffer data(column.row_count * sizeof(T));
    std::memset(data.data(), 0, data.size());
    OutputValidity validity(column);
    const auto prefix = static_cast<char>(column.type);
    Messages messages(field_id_, KeyColumns(records.batch));
    VisitValueGroups(column, [&](const ValueGroup& group) {
      std::array<crypto::Digest, kValueGroupMax> digests;
      digest_.ComputeMany(prefix, messages.Of(group, records), group.size,
                          digests.data());
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

 private:
  std::vector<const records::Column*> KeyColumns(
      const records::Batch& batch) const {
    std::vector<const records::Column*> columns;
    columns.reserve(record_key_.size());
    for (const uint32_t id : record_key_) {
      columns.push_back(batch.FindColumn(id));
    }
    return columns;
  }

  const uint32_t field_id_;
  const std::vector<uint32_t> record_key_;
  const crypto::HmacSha256 digest_;
};

class DateShiftOperator : public PerturbOperator {
 public:
  DateShiftOperator(uint32_t days_max, uint32_t field_id,
                    std::vector<uint32_t> record_key, absl::string_view key)
      : PerturbOperator(field_id, std::move(record_key), key),
        days_max_(days_max) {}

  Treated ApplyIn(const records::Column& column,
                  const BatchRows& records) const override {
    if (column.type == records::v1::DATA_TYPE_DATE) {
      return TreatByDigest<int32_t>(
          column, records,
          [this](int32_t days, const crypto::Digest& digest, int32_t* out) {
            return !__builtin_add_overflow(days, ShiftOf(digest), out);
          });
    }
    return TreatByDigest<int64_t>(
        column, records,
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
};

class NoiseOperator : public PerturbOperator {
 public:
  // `unit`: what 1 is in the column's numbers.
  NoiseOperator(bool laplace, double scale, double unit, uint32_t field_id,
                std::vector<uint32_t> record_key, absl::string_view key)
      : PerturbOperator(field_id, std::move(record_key), key),
        laplace_(laplace),
        scale_(scale),
        unit_(unit) {}

  Treated ApplyIn(const records::Column& column,
                  const BatchRows& records) const override {
    switch (column.type) {
      case records::v1::DATA_TYPE_DOUBLE:
        return TreatByDigest<double>(
            column, records,
            [this](double value, const crypto::Digest& digest, double* out) {
              *out = value + NoiseOf(digest);
              // A value so large that it swallows the noise does not pass.
              return std::isfinite(*out) && *out != value;
            });
      case records::v1::DATA_TYPE_DECIMAL128:
        return ApplyToIntegers<Int128>(column, records);
      default:
        return ApplyToIntegers<int64_t>(column, records);
    }
  }

 private:
  template <typename T>
  Treated ApplyToIntegers(const records::Column& column,
                          const BatchRows& records) const {
    // Far within the type, so that the conversion is defined.
    constexpr double kNoiseMax = sizeof(T) == sizeof(int64_t) ? 4e18 : 8e37;
    return TreatByDigest<T>(
        column, records, [this](T value, const crypto::Digest& digest, T* out) {
          const double noise = std::round(NoiseOf(digest) * unit_);
          return std::abs(noise) <= kNoiseMax &&
                 !__builtin_add_overflow(value, static_cast<T>(noise), out);
        });
  }

  double NoiseOf(const crypto::Digest& digest) const {
    const double u = DrawUniform(digest.data());
    if (laplace_) {
      const double centered = u - 0.5;
      const double size = -std::log1p(-2 * std::abs(centered));
      return std::copysign(scale_ * size, centered);
    }
    return scale_ * std::sqrt(-2 * std::log(u)) *
           std::cos(2 * std::numbers::pi * DrawUniform(&digest[8]));
  }

  const bool laplace_;
  const double scale_;
  const double unit_;
};

class UniformOperator : public PerturbOperator {
 public:
  // `within` of DOUBLEs; of other types `steps`, units of their last decimal.
  UniformOperator(double within, uint64_t steps, uint32_t field_id,
                  std::vector<uint32_t> record_key, absl::string_view key)
      : PerturbOperator(field_id, std::move(record_key), key),
        within_(within),
        steps_(steps) {}

  Treated ApplyIn(const records::Column& column,
                  const BatchRows& records) const override {
    switch (column.type) {
      case records::v1::DATA_TYPE_DOUBLE:
        return TreatByDigest<double>(
            column, records,
            [this](double value, const crypto::Digest& digest, double* out) {
              *out = value + within_ * (2 * DrawUniform(digest.data()) - 1);
              return std::isfinite(*out) && *out != value;
            });
      case records::v1::DATA_TYPE_DECIMAL128:
        return ApplyToIntegers<Int128>(column, records);
      default:
        return ApplyToIntegers<int64_t>(column, records);
    }
  }

 private:
  template <typename T>
  Treated ApplyToIntegers(const records::Column& column,
                          const BatchRows& records) const {
    return TreatByDigest<T>(
        column, records, [this](T value, const crypto::Digest& digest, T* out) {
          const auto drawn =
              static_cast<Int128>(DrawBelow(2 * steps_ + 1, digest));
          return !__builtin_add_overflow(
              value, static_cast<T>(drawn - static_cast<Int128>(steps_)), out);
        });
  }

  const double within_;
  const uint64_t steps_;
};

}  // namespace

std::unique_ptr<const Operator> NewPerturb(const Perturb& resolved,
                                           const catalog::v1::Field& field,
                                           std::vector<uint32_t> record_key,
                                           absl::string_view key) {
  if (resolved.has_date_shift()) {
    return std::make_unique<DateShiftOperator>(resolved.date_shift().days_max(),
                                               field.id(),
                                               std::move(record_key), key);
  }
  if (resolved.has_uniform()) {
    const absl::string_view within = AsView(resolved.uniform().within());
    return std::make_unique<UniformOperator>(
        ParseDouble(within).value_or(0),
        static_cast<uint64_t>(ParseDecimal(within, field.scale()).value_or(0)),
        field.id(), std::move(record_key), key);
  }
  const bool laplace = resolved.has_laplace();
  const std::string& deviation =
      laplace ? resolved.laplace().scale() : resolved.gaussian().scale();
  return std::make_unique<NoiseOperator>(
      laplace, ParseDouble(AsView(deviation)).value_or(0),
      std::pow(10.0, field.scale()), field.id(), std::move(record_key), key);
}

}  // namespace sluice::desensitize
