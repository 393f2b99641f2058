// Deny by default: the decisions about a request, and again before each write.
#ifndef SLUICE_LIBS_DELIVERY_ADMISSION_H_
#define SLUICE_LIBS_DELIVERY_ADMISSION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/delivery/caller.h"
#include "libs/registry/registry.h"
#include "sluice/exchange/v1/exchange_service.pb.h"

namespace sluice::delivery {

// What a request may go on with.
struct Grant {
  registry::Registry::AgreementPtr agreement;
  // Newest version of the resource.
  registry::Registry::ResourcePtr resource;
};

// Whether `caller` may subscribe as `start` asks. The refusals, in the order
// they are looked for: CERTIFICATE_EXPIRED, ROLE_NOT_ALLOWED, NO_AGREEMENT
// (also for one of another department, so that ids cannot be guessed),
// AGREEMENT_* as CheckLive, PURPOSE_MISSING, PURPOSE_MISMATCH,
// MODE_NOT_GRANTED.
absl::StatusOr<Grant> Admit(const registry::Registry& registry,
                            const Caller& caller,
                            const exchange::v1::Start& start);

// Whether this very version of the agreement is in force at `now`:
// AGREEMENT_NOT_ACTIVE, AGREEMENT_REVOKED, AGREEMENT_SUSPENDED,
// AGREEMENT_EXPIRED or AGREEMENT_NOT_YET_VALID.
absl::Status CheckLive(const agreement::v1::AgreementRecord& agreement,
                       absl::Time now);

// Whether the catalog entry, as it stands now, still lets the agreement be
// served: NOT_SHARED, UNKNOWN_FIELD for a field that is granted or filtered by
// and is gone, TREATMENT_TOO_WEAK for a granted one that has become more
// sensitive and for a filter over one that has become core data. An approved
// agreement stays approved when the entry changes; this is what keeps records
// in.
absl::Status CheckEntry(const agreement::v1::Agreement& agreement,
                        const catalog::v1::Resource& newest);

// AGREEMENT_SUSPENDED for the version named.
absl::Status SuspendedError(const std::string& agreement, uint32_t version,
                            const std::string& reason);

// CERTIFICATE_EXPIRED once the caller's certificate is not valid any more.
absl::Status CheckCertificate(const Caller& caller, absl::Time now);

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_ADMISSION_H_
