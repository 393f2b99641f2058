#include "tools/audit_query/entry_text.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/audit/entry_filter.h"
#include "libs/base/encoding.h"
#include "libs/base/reason.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/registry/timestamp.h"

namespace sluice::audit_query {
namespace {

using audit::v1::Entry;
using cli::Cell;

std::string TimeText(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ",
                          registry::FromTimestamp(timestamp),
                          absl::UTCTimeZone());
}

Cell TextOrNull(absl::string_view text) {
  return text.empty() ? Cell() : Cell::Text(text);
}

const audit::v1::Peer& PeerOf(const Entry& entry) {
  switch (entry.body_case()) {
    case Entry::kDisclosure:
      return entry.disclosure().peer();
    case Entry::kReceipt:
      return entry.receipt().peer();
    case Entry::kRefusal:
      return entry.refusal().peer();
    case Entry::kAuditAccess:
      return entry.audit_access().peer();
    case Entry::kTrailStarted:
    case Entry::BODY_NOT_SET:
      break;
  }
  return audit::v1::Peer::default_instance();
}

std::string AgreementText(const Entry& entry) {
  switch (entry.body_case()) {
    case Entry::kDisclosure:
      return absl::StrCat(entry.disclosure().agreement(), "@",
                          entry.disclosure().agreement_version());
    case Entry::kReceipt:
      return entry.receipt().agreement();
    case Entry::kRefusal:
      return entry.refusal().agreement();
    default:
      return "";
  }
}

// What else there is to say in one cell.
std::string DetailText(const Entry& entry) {
  switch (entry.body_case()) {
    case Entry::kDisclosure:
      return TreatmentSummary(entry.disclosure());
    case Entry::kReceipt:
      return absl::StrCat("stream ", entry.receipt().stream_id(),
                          " up to delivery ", entry.receipt().delivery_id());
    case Entry::kRefusal: {
      const auto& refusal = entry.refusal();
      return absl::StrCat(ReasonName(refusal.reason()), " in ",
                          refusal.method(), ", ", refusal.count(), "x");
    }
    case Entry::kAuditAccess:
      return absl::StrCat(entry.audit_access().method(), " from ",
                          entry.audit_access().first_index(), ", ",
                          entry.audit_access().count());
    case Entry::kTrailStarted:
      return absl::StrCat("version ", entry.trail_started().software_version(),
                          " found ", entry.trail_started().tree_size(),
                          " entries");
    case Entry::BODY_NOT_SET:
      break;
  }
  return "";
}

// Appends facts; empty texts are left out by who writes them.
class FactList {
 public:
  void Add(const char* name, absl::string_view text) {
    facts_.emplace_back(name, Cell::Text(text));
  }
  void Add(const char* name, uint64_t number) {
    facts_.emplace_back(name, Cell::Number(number));
  }
  void AddHex(const char* name, const std::string& bytes) {
    Add(name, AsView(HexEncode(AsView(bytes))));
  }
  void AddPeer(const audit::v1::Peer& peer) {
    Add("peer", AsView(peer.spiffe_id()));
    Add("department", AsView(peer.department()));
    AddHex("certificate_digest", peer.certificate_digest());
  }
  void AddAsserted(const audit::v1::Asserted& asserted) {
    Add("asserted_official", AsView(asserted.acting_official()));
    Add("asserted_case_number", AsView(asserted.case_number()));
    Add("asserted_legal_basis", AsView(asserted.legal_basis()));
  }
  cli::Facts Take() { return std::move(facts_); }

 private:
  cli::Facts facts_;
};

void AddDisclosure(const audit::v1::Disclosure& disclosure, FactList* facts) {
  facts->AddPeer(disclosure.peer());
  facts->AddAsserted(disclosure.asserted());
  facts->Add("agreement", AsView(disclosure.agreement()));
  facts->Add("agreement_version", uint64_t{disclosure.agreement_version()});
  facts->Add("purpose", AsView(disclosure.purpose()));
  facts->Add("resource", AsView(disclosure.resource()));
  facts->Add("schema_version", uint64_t{disclosure.schema_version()});
  facts->Add("partition", uint64_t{disclosure.partition()});
  facts->Add("generation", disclosure.generation());
  facts->Add("sequence", disclosure.sequence());
  facts->Add("records", uint64_t{disclosure.row_count()});
  if (disclosure.source_row_count() > 0) {
    facts->Add("records_filtered", uint64_t{disclosure.source_row_count()});
  }
  facts->Add("bytes", disclosure.byte_count());
  facts->AddHex("digest", disclosure.digest());
  facts->AddHex("source_digest", disclosure.source_digest());
  facts->Add("stream_id", AsView(disclosure.stream_id()));
  facts->Add("delivery_id", disclosure.delivery_id());
}

void AddRefusal(const audit::v1::Refusal& refusal, FactList* facts) {
  facts->AddPeer(refusal.peer());
  facts->AddAsserted(refusal.asserted());
  facts->Add("method", AsView(refusal.method()));
  facts->Add("agreement", AsView(refusal.agreement()));
  facts->Add("purpose", AsView(refusal.purpose()));
  facts->Add("reason", ReasonName(refusal.reason()));
  facts->Add("message", AsView(refusal.message()));
  facts->Add("count", uint64_t{refusal.count()});
}

}  // namespace

absl::StatusOr<AuditId> ParseAuditId(absl::string_view text) {
  AuditId id;
  const size_t slash = text.rfind('/');
  const absl::string_view index =
      slash == absl::string_view::npos ? text : text.substr(slash + 1);
  if (slash != absl::string_view::npos) {
    id.origin = std::string(text.substr(0, slash));
  }
  const bool digits =
      index.find_first_not_of("0123456789") == absl::string_view::npos;
  if (!digits || !absl::SimpleAtoi(index, &id.index) || slash == 0) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat(text,
                              " is no audit id: use an index such as 17, or "
                              "one with its origin, as deliveries name it"));
  }
  return id;
}

std::string FormatAuditId(absl::string_view origin, uint64_t index) {
  return absl::StrCat(origin, "/", index);
}

std::vector<cli::ColumnSpec> EntryColumns() {
  return {{"audit_id"},      {"time"},        {"kind"},
          {"who"},           {"agreement"},   {"resource"},
          {"records", true}, {"bytes", true}, {"detail"}};
}

cli::Row EntryRow(absl::string_view origin, uint64_t index,
                  const Entry& entry) {
  const bool disclosed = entry.has_disclosure();
  return {Cell::Text(AsView(FormatAuditId(origin, index))),
          Cell::Text(AsView(TimeText(entry.time()))),
          Cell::Text(audit::KindOf(entry)),
          TextOrNull(AsView(PeerOf(entry).spiffe_id())),
          TextOrNull(AsView(AgreementText(entry))),
          TextOrNull(AsView(entry.disclosure().resource())),
          disclosed ? Cell::Number(uint64_t{entry.disclosure().row_count()})
                    : Cell(),
          disclosed ? Cell::Number(entry.disclosure().byte_count()) : Cell(),
          TextOrNull(AsView(DetailText(entry)))};
}

cli::Facts EntryFacts(const Entry& entry) {
  FactList facts;
  facts.Add("time", AsView(TimeText(entry.time())));
  facts.Add("kind", audit::KindOf(entry));
  facts.Add("registry_offset", entry.registry_offset());
  switch (entry.body_case()) {
    case Entry::kDisclosure:
      AddDisclosure(entry.disclosure(), &facts);
      break;
    case Entry::kReceipt:
      facts.AddPeer(entry.receipt().peer());
      facts.Add("agreement", AsView(entry.receipt().agreement()));
      facts.Add("stream_id", AsView(entry.receipt().stream_id()));
      facts.Add("delivery_id", entry.receipt().delivery_id());
      break;
    case Entry::kRefusal:
      AddRefusal(entry.refusal(), &facts);
      break;
    case Entry::kAuditAccess:
      facts.AddPeer(entry.audit_access().peer());
      facts.Add("method", AsView(entry.audit_access().method()));
      facts.Add("first_index", entry.audit_access().first_index());
      facts.Add("count", entry.audit_access().count());
      break;
    case Entry::kTrailStarted:
      facts.Add("origin", AsView(entry.trail_started().origin()));
      facts.Add("software_version",
                AsView(entry.trail_started().software_version()));
      facts.Add("tree_size", entry.trail_started().tree_size());
      break;
    case Entry::BODY_NOT_SET:
      break;
  }
  return facts.Take();
}

std::string TreatmentSummary(const audit::v1::Disclosure& disclosure) {
  std::string summary;
  for (const audit::v1::FieldTreated& field : disclosure.fields()) {
    absl::StrAppend(&summary, summary.empty() ? "" : ", ", field.field_name(),
                    " ", field.treatment());
    if (field.key_version() > 0) {
      absl::StrAppend(&summary, " (key ", field.key_version(), ")");
    }
    if (field.untreatable_values() > 0) {
      absl::StrAppend(&summary, " (", field.untreatable_values(),
                      " untreatable)");
    }
  }
  return summary;
}

}  // namespace sluice::audit_query
