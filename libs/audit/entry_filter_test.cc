#include "libs/audit/entry_filter.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/base/status.h"

namespace sluice::audit {
namespace {

v1::Entry Disclosure() {
  v1::Entry entry;
  entry.mutable_time()->set_seconds(1000);
  entry.mutable_time()->set_nanos(500);
  entry.mutable_disclosure()->mutable_peer()->set_department("health");
  entry.mutable_disclosure()->set_agreement("grid-people");
  entry.mutable_disclosure()->set_resource("civil-affairs.divisions");
  return entry;
}

std::vector<v1::Entry> OneOfEachKind() {
  std::vector<v1::Entry> entries(5);
  entries[0] = Disclosure();
  entries[1].mutable_receipt()->mutable_peer()->set_department("health");
  entries[1].mutable_receipt()->set_agreement("grid-people");
  entries[2].mutable_refusal()->mutable_peer()->set_department("health");
  entries[2].mutable_refusal()->set_agreement("grid-people");
  entries[3].mutable_audit_access()->mutable_peer()->set_department("health");
  entries[4].mutable_trail_started()->set_origin("o");
  return entries;
}

// For each kind in order: 'y' if the filter takes it.
std::string Taken(const v1::EntryFilter& filter) {
  std::string taken;
  for (const v1::Entry& entry : OneOfEachKind()) {
    taken += Matches(filter, entry) ? 'y' : 'n';
  }
  return taken;
}

TEST_CASE("Kinds have the names that a filter uses") {
  std::vector<std::string> names;
  for (const v1::Entry& entry : OneOfEachKind()) {
    names.emplace_back(KindOf(entry));
    v1::EntryFilter filter;
    filter.add_kinds(names.back());
    CHECK(CheckFilter(filter).ok());
    CHECK(Matches(filter, entry));
  }
  CHECK(names == std::vector<std::string>{"disclosure", "receipt", "refusal",
                                          "audit_access", "trail_started"});
  CHECK(KindOf(v1::Entry()) == "unknown");
}

TEST_CASE("An empty filter takes every entry, also of an unknown kind") {
  CHECK(Taken({}) == "yyyyy");
  CHECK(Matches({}, v1::Entry()));
}

TEST_CASE("A condition takes what has the value, and nothing that has none") {
  v1::EntryFilter department;
  department.set_department("health");
  CHECK(Taken(department) == "yyyyn");
  department.set_department("heal");
  CHECK(Taken(department) == "nnnnn");

  v1::EntryFilter agreement;
  agreement.set_agreement("grid-people");
  CHECK(Taken(agreement) == "yyynn");

  v1::EntryFilter resource;
  resource.set_resource("civil-affairs.divisions");
  CHECK(Taken(resource) == "ynnnn");

  v1::EntryFilter kinds;
  kinds.add_kinds("receipt");
  kinds.add_kinds("trail_started");
  CHECK(Taken(kinds) == "nynny");
}

TEST_CASE("All conditions that are set must hold") {
  v1::EntryFilter filter;
  filter.set_department("health");
  filter.set_agreement("grid-people");
  filter.add_kinds("receipt");
  CHECK(Taken(filter) == "nynnn");
  filter.set_agreement("another");
  CHECK(Taken(filter) == "nnnnn");
}

TEST_CASE("The time range takes its start and not its end") {
  const v1::Entry entry = Disclosure();
  const auto within = [&](int64_t from, int32_t from_nanos, int64_t until,
                          int32_t until_nanos) {
    v1::EntryFilter filter;
    filter.mutable_from()->set_seconds(from);
    filter.mutable_from()->set_nanos(from_nanos);
    filter.mutable_until()->set_seconds(until);
    filter.mutable_until()->set_nanos(until_nanos);
    return Matches(filter, entry);
  };
  CHECK(within(1000, 500, 1000, 501));
  CHECK(within(999, 999, 1001, 0));
  CHECK_FALSE(within(1000, 501, 1001, 0));
  CHECK_FALSE(within(999, 0, 1000, 500));
}

TEST_CASE("A filter that can match nothing is refused") {
  v1::EntryFilter unknown;
  unknown.add_kinds("receipt");
  unknown.add_kinds("disclosures");
  const absl::Status status = CheckFilter(unknown);
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_MALFORMED);
  CHECK(FieldOf(status) == "filter.kinds[1]");

  v1::EntryFilter range;
  range.mutable_from()->set_seconds(10);
  range.mutable_until()->set_seconds(10);
  CHECK(ReasonOf(CheckFilter(range)) == status::v1::REASON_CODE_MALFORMED);
  range.mutable_until()->set_nanos(1);
  CHECK(CheckFilter(range).ok());
}

}  // namespace
}  // namespace sluice::audit
