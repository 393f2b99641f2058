// Audit entries as a person reads them.
#ifndef SLUICE_TOOLS_AUDIT_QUERY_ENTRY_TEXT_H_
#define SLUICE_TOOLS_AUDIT_QUERY_ENTRY_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/cli/facts.h"
#include "libs/cli/table.h"
#include "sluice/audit/v1/entry.pb.h"

namespace sluice::audit_query {

// Where an entry stands: `<origin>/<index>`, or the index alone.
struct AuditId {
  // Empty if not given.
  std::string origin;
  uint64_t index = 0;
};

// MALFORMED unless `text` is one.
absl::StatusOr<AuditId> ParseAuditId(absl::string_view text);

std::string FormatAuditId(absl::string_view origin, uint64_t index);

// The columns of a list, and an entry's row in it.
std::vector<cli::ColumnSpec> EntryColumns();
cli::Row EntryRow(absl::string_view origin, uint64_t index,
                  const audit::v1::Entry& entry);

// Everything an entry holds but for the treatment of its fields.
cli::Facts EntryFacts(const audit::v1::Entry& entry);

// "id_number pseudonym.hex, name mask.name (3 untreatable)".
std::string TreatmentSummary(const audit::v1::Disclosure& disclosure);

}  // namespace sluice::audit_query

#endif  // SLUICE_TOOLS_AUDIT_QUERY_ENTRY_TEXT_H_
