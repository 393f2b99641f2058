#include "libs/desensitize/pseudonym_operator.h"

#include <array>
#include <utility>

#include "libs/crypto/keyed_digest.h"
#include "libs/crypto/sha256.h"
#include "libs/crypto/sm3.h"
#include "libs/desensitize/fixed_texts.h"
#include "libs/desensitize/pseudonym.h"
#include "libs/desensitize/value_groups.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Pseudonym;

std::unique_ptr<const crypto::KeyedDigest> NewDigest(Pseudonym::Hash hash,
                                                     absl::string_view secret) {
  if (hash == Pseudonym::SM3) return std::make_unique<crypto::HmacSm3>(secret);
  return std::make_unique<crypto::HmacSha256>(secret);
}

class PseudonymOperator : public Operator {
 public:
  PseudonymOperator(const Pseudonym& resolved, absl::string_view secret)
      : format_(resolved.format()),
        length_(resolved.length()),
        digest_(NewDigest(resolved.hash(), secret)) {}

  Treated Apply(const records::Column& column) const override {
    const size_t size = size_t{CountFilled(column)} * length_;
    records::AlignedBuffer data(size + kPseudonymRoom);
    char* out = data.data();
    // The type of the column is digested before each value.
    const auto prefix = static_cast<char>(column.type);
    VisitValueGroups(column, [&](const ValueGroup& group) {
      std::array<crypto::Digest, kValueGroupMax> digests;
      digest_->ComputeMany(prefix, group.bytes.data(), group.size,
                           digests.data());
      for (size_t i = 0; i < group.size; ++i) {
        out = WritePseudonym(digests[i], format_, length_, out);
      }
    });
    Treated treated{column, 0};
    treated.column.type = records::v1::DATA_TYPE_STRING;
    treated.column.offsets = FixedOffsets(column, length_);
    treated.column.data = std::move(data).Share().Slice(0, size);
    return treated;
  }

 private:
  const Pseudonym::Format format_;
  const size_t length_;
  const std::unique_ptr<const crypto::KeyedDigest> digest_;
};

}  // namespace

std::unique_ptr<const Operator> NewPseudonym(const Pseudonym& resolved,
                                             absl::string_view secret) {
  return std::make_unique<PseudonymOperator>(resolved, secret);
}

}  // namespace sluice::desensitize
