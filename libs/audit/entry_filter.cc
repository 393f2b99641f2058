#include "libs/audit/entry_filter.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::audit {
namespace {

constexpr absl::string_view kKinds[] = {"disclosure", "receipt", "refusal",
                                        "audit_access", "trail_started"};

// What a query can ask of an entry, whatever its kind; null where the kind has
// no such thing.
struct Subject {
  const v1::Peer* peer = nullptr;
  const std::string* agreement = nullptr;
  const std::string* resource = nullptr;
};

Subject SubjectOf(const v1::Entry& entry) {
  switch (entry.body_case()) {
    case v1::Entry::kDisclosure:
      return {&entry.disclosure().peer(), &entry.disclosure().agreement(),
              &entry.disclosure().resource()};
    case v1::Entry::kReceipt:
      return {&entry.receipt().peer(), &entry.receipt().agreement(), nullptr};
    case v1::Entry::kRefusal:
      return {&entry.refusal().peer(), &entry.refusal().agreement(), nullptr};
    case v1::Entry::kAuditAccess:
      return {&entry.audit_access().peer(), nullptr, nullptr};
    default:
      return {};
  }
}

bool Meets(const std::string& asked, const std::string* found) {
  return asked.empty() || (found != nullptr && *found == asked);
}

bool Before(const google::protobuf::Timestamp& a,
            const google::protobuf::Timestamp& b) {
  return std::tuple(a.seconds(), a.nanos()) <
         std::tuple(b.seconds(), b.nanos());
}

}  // namespace

absl::Status CheckFilter(const v1::EntryFilter& filter) {
  for (int i = 0; i < filter.kinds_size(); ++i) {
    const absl::string_view kind = filter.kinds(i);
    if (std::find(std::begin(kKinds), std::end(kKinds), kind) ==
        std::end(kKinds)) {
      return FieldError(status::v1::REASON_CODE_MALFORMED,
                        absl::StrCat("filter.kinds[", i, "]"),
                        "no kind of audit entry: use disclosure, receipt, "
                        "refusal, audit_access or trail_started");
    }
  }
  if (filter.has_from() && filter.has_until() &&
      !Before(filter.from(), filter.until())) {
    return FieldError(status::v1::REASON_CODE_MALFORMED, "filter.from",
                      "not before filter.until, so that nothing can match: "
                      "the range is from <= time < until");
  }
  return absl::OkStatus();
}

bool Matches(const v1::EntryFilter& filter, const v1::Entry& entry) {
  if (filter.has_from() && Before(entry.time(), filter.from())) return false;
  if (filter.has_until() && !Before(entry.time(), filter.until())) return false;
  if (!filter.kinds().empty() &&
      std::find(filter.kinds().begin(), filter.kinds().end(), KindOf(entry)) ==
          filter.kinds().end()) {
    return false;
  }
  const Subject subject = SubjectOf(entry);
  return Meets(filter.department(), subject.peer == nullptr
                                        ? nullptr
                                        : &subject.peer->department()) &&
         Meets(filter.agreement(), subject.agreement) &&
         Meets(filter.resource(), subject.resource);
}

absl::string_view KindOf(const v1::Entry& entry) {
  switch (entry.body_case()) {
    case v1::Entry::kDisclosure:
      return "disclosure";
    case v1::Entry::kReceipt:
      return "receipt";
    case v1::Entry::kRefusal:
      return "refusal";
    case v1::Entry::kAuditAccess:
      return "audit_access";
    case v1::Entry::kTrailStarted:
      return "trail_started";
    default:
      return "unknown";
  }
}

}  // namespace sluice::audit
