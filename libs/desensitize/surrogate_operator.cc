#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/endian.h"
#include "libs/crypto/sha256.h"
#include "libs/desensitize/fixed_texts.h"
#include "libs/desensitize/keyed_operators.h"
#include "libs/desensitize/surrogate_texts.h"
#include "libs/desensitize/text_column_writer.h"
#include "libs/desensitize/value_groups.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Surrogate;
using agreement::v1::SurrogateName;

SurrogateSex SexOf(const SurrogateName& name) {
  switch (name.sex()) {
    case SurrogateName::FEMALE:
      return SurrogateSex::kFemale;
    case SurrogateName::MALE:
      return SurrogateSex::kMale;
    default:
      return SurrogateSex::kEither;
  }
}

struct PickName {
  SurrogateSex sex;
  size_t bytes_max = kSurrogateBytesMax;

  char* operator()(const crypto::Digest& digest, char* out) const {
    return WriteSurrogateName(digest, sex, out);
  }
};

struct PickStreet {
  size_t bytes_max = kSurrogateBytesMax;

  char* operator()(const crypto::Digest& digest, char* out) const {
    return WriteSurrogateStreet(digest, out);
  }
};

struct PickCompany {
  size_t bytes_max = kSurrogateBytesMax;

  char* operator()(const crypto::Digest& digest, char* out) const {
    return WriteSurrogateCompany(digest, out);
  }
};

// docs/formats/surrogate.md.
struct PickOneOf {
  std::vector<std::string> values;
  size_t bytes_max = 0;

  char* operator()(const crypto::Digest& digest, char* out) const {
    const std::string& value = values[LoadBig64(digest.data()) % values.size()];
    return out + value.copy(out, value.size());
  }
};

// The text that the digest of a value picks. `pick(digest, out)` writes at most
// `pick.bytes_max` bytes.
template <typename Pick>
class PickedText : public Operator {
 public:
  PickedText(Pick pick, absl::string_view key)
      : pick_(std::move(pick)), digest_(key) {}

  Treated Apply(const records::Column& column) const override {
    TextColumnWriter writer(column.row_count,
                            CountFilled(column) * pick_.bytes_max);
    const auto prefix = static_cast<char>(column.type);
    VisitValueGroups(column, [&](const ValueGroup& group) {
      std::array<crypto::Digest, kValueGroupMax> digests;
      digest_.ComputeMany(prefix, group.bytes.data(), group.size,
                          digests.data());
      for (size_t i = 0; i < group.size; ++i) {
        char* const begin = writer.Begin(group.rows[i]);
        writer.End(pick_(digests[i], begin));
      }
    });
    return Treated{std::move(writer).Finish(column), 0};
  }

 private:
  const Pick pick_;
  const crypto::HmacSha256 digest_;
};

template <typename Pick>
std::unique_ptr<const Operator> New(Pick pick, absl::string_view key) {
  return std::make_unique<PickedText<Pick>>(std::move(pick), key);
}

}  // namespace

std::unique_ptr<const Operator> NewSurrogate(const Surrogate& resolved,
                                             const catalog::v1::Field& field,
                                             absl::string_view key) {
  switch (resolved.kind_case()) {
    case Surrogate::kName:
      return New(PickName{SexOf(resolved.name())}, key);
    case Surrogate::kStreet:
      return New(PickStreet{}, key);
    case Surrogate::kCompany:
      return New(PickCompany{}, key);
    case Surrogate::kOneOf: {
      PickOneOf pick{{resolved.one_of().values().begin(),
                      resolved.one_of().values().end()}};
      for (const std::string& value : pick.values) {
        pick.bytes_max = std::max(pick.bytes_max, value.size());
      }
      return New(std::move(pick), key);
    }
    case Surrogate::kInRange:
      return NewInRangeSurrogate(resolved.in_range(), field, key);
    case Surrogate::kSameForm:
      return NewSameFormSurrogate(key);
    case Surrogate::KIND_NOT_SET:
      break;
  }
  return nullptr;
}

}  // namespace sluice::desensitize
