// A treatment at work on columns.
#ifndef SLUICE_LIBS_DESENSITIZE_OPERATOR_H_
#define SLUICE_LIBS_DESENSITIZE_OPERATOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/desensitize/treatment.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// A column after its treatment.
struct Treated {
  records::Column column;
  // Values the treatment could not take; they are null in `column`.
  uint64_t untreatable = 0;
};

// Which records the rows of a column are of.
struct BatchRows {
  // Those of its columns that FieldsLookedAt names are of their fields' types,
  // or left out.
  const records::Batch& batch;
  // Row i of the column is row rows[i] of the batch; null: row i.
  const uint32_t* rows = nullptr;

  uint32_t Of(uint32_t row) const { return rows == nullptr ? row : rows[row]; }
};

// Immutable and thread-safe. Null stays null; an empty text stays empty; a
// value it cannot treat becomes null and is counted; no value ever passes
// through by mistake. The output is a valid column of FieldAfter's type. It
// shares with the input those buffers alone that stay as they are: all of them
// under `keep`, else validity and offsets at most.
class Operator {
 public:
  virtual ~Operator() = default;

  // `column` is validated and of the type the operator was compiled for. An
  // operator that looks at more of a record than this column sees one that has
  // nothing else.
  virtual Treated Apply(const records::Column& column) const = 0;

  // The same with the records that the values are of. What delivers records
  // calls this one.
  virtual Treated ApplyIn(const records::Column& column,
                          const BatchRows& /*records*/) const {
    return Apply(column);
  }
};

// What keyed operators need. Secrets are copied.
struct OperatorKeys {
  // DerivePseudonymSecret of the agreement's domain: 32 bytes (pseudonym.h).
  // All keys but the tokens' are it or are derived from it. May be empty where
  // nothing is keyed.
  std::string pseudonym_secret;
  // Of the root that it, and every shared domain's, was derived from.
  uint32_t pseudonym_version = 0;
  // The same of a shared domain that a treatment names. Without it such a
  // treatment is refused.
  std::function<absl::StatusOr<std::string>(absl::string_view domain)>
      shared_domain;
  // The newest token key of the agreement's domain, 32 bytes. Empty, as a
  // broker holds none of its own making: a token is refused.
  std::string token_secret;
  uint32_t token_version = 0;

  // For trying a treatment on published test vectors: `key` is the operator's
  // key itself, nothing is derived, and `tweak` is that of `fpe` over an
  // alphabet.
  struct Trial {
    std::string key;
    std::string tweak;
  };
  std::optional<Trial> trial;
};

// The version of the key that a treatment makes values under:
// `keys.pseudonym_version` where any part of it makes pseudonyms, encrypts,
// perturbs or makes surrogates, else 0. A token names its key's version itself.
uint32_t KeyVersionOf(const Treatment& resolved, const OperatorKeys& keys);

// The operator of a resolved treatment for values of `field` of `resource`. The
// errors of ResolveTreatment; TREATMENT_UNFIT if it needs a token key that is
// not there; INTERNAL if another key it needs is missing or has a wrong length;
// else what `shared_domain` says.
absl::StatusOr<std::unique_ptr<const Operator>> CompileOperator(
    const Treatment& resolved, const Field& field, const Resource& resource,
    const OperatorKeys& keys);

// The same for values that are of no record.
absl::StatusOr<std::unique_ptr<const Operator>> CompileOperator(
    const Treatment& resolved, const Field& field, const OperatorKeys& keys);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_OPERATOR_H_
