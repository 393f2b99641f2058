#include <array>

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

class SurrogateOperator : public Operator {
 public:
  SurrogateOperator(const Surrogate& resolved, absl::string_view key)
      : is_street_(resolved.has_street()),
        sex_(SexOf(resolved.name())),
        digest_(key) {}

  Treated Apply(const records::Column& column) const override {
    TextColumnWriter writer(column.row_count,
                            CountFilled(column) * kSurrogateBytesMax);
    const auto prefix = static_cast<char>(column.type);
    VisitValueGroups(column, [&](const ValueGroup& group) {
      std::array<crypto::Digest, kValueGroupMax> digests;
      digest_.ComputeMany(prefix, group.bytes.data(), group.size,
                          digests.data());
      for (size_t i = 0; i < group.size; ++i) {
        char* const begin = writer.Begin(group.rows[i]);
        writer.End(is_street_ ? WriteSurrogateStreet(digests[i], begin)
                              : WriteSurrogateName(digests[i], sex_, begin));
      }
    });
    return Treated{std::move(writer).Finish(column), 0};
  }

 private:
  const bool is_street_;
  const SurrogateSex sex_;
  const crypto::HmacSha256 digest_;
};

}  // namespace

std::unique_ptr<const Operator> NewSurrogate(const Surrogate& resolved,
                                             absl::string_view key) {
  return std::make_unique<SurrogateOperator>(resolved, key);
}

}  // namespace sluice::desensitize
