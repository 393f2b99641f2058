// What a ReasonCode means to a gRPC client: its status code, and whether the
// same call may succeed later. The one table; everything else asks it.
#ifndef SLUICE_LIBS_BASE_REASON_H_
#define SLUICE_LIBS_BASE_REASON_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sluice/status/v1/reason.pb.h"

namespace sluice {

using status::v1::ReasonCode;

struct ReasonTraits {
  absl::StatusCode code;
  // Whether the same call may succeed later without anyone changing anything.
  bool retriable;
};

// Traits of `reason`; INTERNAL and not retriable for a value this build does
// not know.
ReasonTraits TraitsOf(ReasonCode reason);

// The name without its prefix: "AGREEMENT_REVOKED". "UNKNOWN" for a value this
// build does not know.
absl::string_view ReasonName(ReasonCode reason);

// The reverse of ReasonName; REASON_CODE_UNSPECIFIED if there is none.
ReasonCode ReasonFromName(absl::string_view name);

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_REASON_H_
