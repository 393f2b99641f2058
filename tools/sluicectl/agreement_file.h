// From the file in which a consumer writes what it asks for to the terms that
// the registry takes.
#ifndef SLUICE_TOOLS_SLUICECTL_AGREEMENT_FILE_H_
#define SLUICE_TOOLS_SLUICECTL_AGREEMENT_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sluice/agreement/v1/agreement.pb.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::sluicectl {

struct AgreementFile {
  std::string path;
  // The YAML, for the places in errors.
  std::string text;
  config::v1::AgreementFile content;
};

// The errors of ReadYamlConfig.
absl::StatusOr<AgreementFile> ReadAgreementFile(const std::string& path);

// Version `version` of the agreement that `file` asks for, with field names
// resolved to the ids of `resource`, and treatments spelled out: what is
// approved is then what flows, whatever the catalog says of the field later.
// Every problem that shows before the
// registry is asked, each as "<file>:<line>:<column>: ...": UNKNOWN_FIELD with
// the name that may have been meant, TREATMENT_UNFIT, TREATMENT_TOO_WEAK,
// PREDICATE_UNFIT,
// OUT_OF_BOUNDS for dates that do not make a period and for an on_limit without
// the limit that it is about; NOT_SHARED if the resource
// is not shared at all. `now` says what today is.
absl::StatusOr<agreement::v1::Agreement> ResolveAgreement(
    const AgreementFile& file, const catalog::v1::Resource& resource,
    absl::string_view consumer, uint32_t version, absl::Time now);

// The limits for people: "100000 records a day (from midnight at +08:00) ...";
// "none" where there are none.
std::string DescribeLimits(const agreement::v1::Limits& limits);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_AGREEMENT_FILE_H_
