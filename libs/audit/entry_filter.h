// Which entries a query asks for.
#ifndef SLUICE_LIBS_AUDIT_ENTRY_FILTER_H_
#define SLUICE_LIBS_AUDIT_ENTRY_FILTER_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sluice/audit/v1/audit_service.pb.h"
#include "sluice/audit/v1/entry.pb.h"

namespace sluice::audit {

// MALFORMED if a kind is unknown or `from` is not before `until`.
absl::Status CheckFilter(const v1::EntryFilter& filter);

// Whether `entry` meets every condition that is set.
bool Matches(const v1::EntryFilter& filter, const v1::Entry& entry);

// "disclosure", "receipt", "refusal", "audit_access", "trail_started";
// "unknown" for an entry of a kind this build does not know.
absl::string_view KindOf(const v1::Entry& entry);

}  // namespace sluice::audit

#endif  // SLUICE_LIBS_AUDIT_ENTRY_FILTER_H_
