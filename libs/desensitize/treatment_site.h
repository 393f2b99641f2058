// Where a treatment stands, and on what: makes the errors of all that checks
// treatments. Internal to libs/desensitize.
#ifndef SLUICE_LIBS_DESENSITIZE_TREATMENT_SITE_H_
#define SLUICE_LIBS_DESENSITIZE_TREATMENT_SITE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sluice/agreement/v1/treatment.pb.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::desensitize {

// What a value's length is bounded by where the field does not say.
inline constexpr uint32_t kFieldLengthMaxDefault = 4096;
// What the schema of any field can promise at most.
inline constexpr uint32_t kFieldLengthMax = 65'536;

// The longest value of `field` in bytes.
uint32_t LengthMaxOf(const catalog::v1::Field& field);

// The longest token of a value of `field`.
uint64_t TokenLengthMax(const catalog::v1::Field& field);

// "INT64".
std::string TypeName(records::v1::DataType type);

bool IsNumber(records::v1::DataType type);
bool IsMoment(records::v1::DataType type);

// All three outlive this object.
class TreatmentSite {
 public:
  TreatmentSite(const catalog::v1::Field& field,
                const catalog::v1::Resource& resource, absl::string_view path)
      : field_(field), resource_(resource), path_(path) {}

  const catalog::v1::Field& field() const { return field_; }
  const catalog::v1::Resource& resource() const { return resource_; }
  records::v1::DataType type() const { return field_.type(); }
  absl::string_view path() const { return path_; }

  // TREATMENT_UNFIT: `what` is wrong at `part` below the path. Says which
  // treatments would fit.
  absl::Status Unfit(absl::string_view part, absl::string_view what) const;

  // Unfit unless `fits`: the part takes fields of the types `takes`.
  absl::Status CheckType(bool fits, absl::string_view part,
                         absl::string_view takes) const;

  // Unfit unless `text` is a decimal that a value of the field's type can be,
  // and above 0 if `positive`.
  absl::Status CheckNumber(const std::string& text, absl::string_view part,
                           bool positive) const;

  // Unfit unless `text` is above one unit of the field's last decimal, of which
  // every INT64 and DECIMAL128 is a multiple. A DOUBLE has no such unit: above
  // 0 is enough, and whether that hides anything people must judge.
  absl::Status CheckStep(const std::string& text, absl::string_view part) const;

  // Unfit unless `text` is at least that unit, however fine: rounding would
  // take smaller noise away. For a DOUBLE above 0.
  absl::Status CheckNoise(const std::string& text,
                          absl::string_view part) const;

  // `text` in that unit, of an INT64 or DECIMAL128.
  std::optional<absl::int128> UnitsOf(const std::string& text) const;

 private:
  const catalog::v1::Field& field_;
  const catalog::v1::Resource& resource_;
  const absl::string_view path_;
};

// Each checks one kind of treatment against its field and replaces what it
// leaves to defaults. The mask names a rule.
absl::Status ResolveMask(const TreatmentSite& site, agreement::v1::Mask* mask);
absl::Status ResolvePseudonym(const TreatmentSite& site,
                              agreement::v1::Pseudonym* pseudonym);
absl::Status CheckGeneralize(const TreatmentSite& site,
                             const agreement::v1::Generalize& generalize);
absl::Status ResolveFpe(const TreatmentSite& site, agreement::v1::Fpe* fpe);
absl::Status CheckPerturb(const TreatmentSite& site,
                          const agreement::v1::Perturb& perturb);
absl::Status CheckSurrogate(const TreatmentSite& site,
                            const agreement::v1::Surrogate& surrogate);
absl::Status ResolveConditional(const TreatmentSite& site,
                                agreement::v1::Conditional* conditional);

// ResolveTreatment, for treatments inside others.
absl::StatusOr<agreement::v1::Treatment> ResolveAt(
    const TreatmentSite& site, const agreement::v1::Treatment& treatment);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TREATMENT_SITE_H_
