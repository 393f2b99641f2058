// audit-query list.
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/audit/entry_filter.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/cli/progress_bar.h"
#include "libs/client/connect.h"
#include "libs/client/paging.h"
#include "libs/registry/timestamp.h"
#include "tools/audit_query/entry_text.h"
#include "tools/audit_query/subcommands.h"
#include "tools/audit_query/trail.h"

namespace sluice::audit_query {
namespace {

using audit::v1::AuditService;

constexpr uint64_t kLimitDefault = 100;
constexpr uint64_t kPageSizeMax = 1000;

struct Options {
  audit::v1::EntryFilter filter;
  std::vector<std::string> kinds;
  std::string from;
  std::string until;
  uint64_t limit = kLimitDefault;
};

// A day, midnight UTC, or a moment with its offset.
absl::StatusOr<google::protobuf::Timestamp> ParseTime(const std::string& option,
                                                      const std::string& text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d", AsView(text), absl::UTCTimeZone(), &time,
                       &error) &&
      !absl::ParseTime(absl::RFC3339_full, AsView(text), &time, &error)) {
    return cli::UsageError(
        absl::StrCat(option,
                     " takes a day (2026-03-31, UTC) or a moment "
                     "(2026-03-31T08:15:00Z)"));
  }
  return registry::ToTimestamp(time);
}

absl::StatusOr<audit::v1::EntryFilter> FilterOf(const Options& options) {
  audit::v1::EntryFilter filter = options.filter;
  for (const std::string& kind : options.kinds) filter.add_kinds(kind);
  if (!options.from.empty()) {
    ASSIGN_OR_RETURN(*filter.mutable_from(), ParseTime("--from", options.from));
  }
  if (!options.until.empty()) {
    ASSIGN_OR_RETURN(*filter.mutable_until(),
                     ParseTime("--until", options.until));
  }
  RETURN_IF_ERROR(audit::CheckFilter(filter));
  return filter;
}

absl::Status List(const cli::Invocation& invocation, const Options& options) {
  audit::v1::ListEntriesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_filter(), FilterOf(options));
  const uint64_t limit = options.limit;
  request.set_page_size(static_cast<uint32_t>(std::min(limit, kPageSizeMax)));
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  // A list without the trail's name would be of no use as a reference.
  ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint,
                   FetchCheckpoint(connection.get()));
  const absl::string_view origin = AsView(checkpoint.checkpoint.origin);
  const auto writer = cli::MakeOutput(invocation, EntryColumns());
  uint64_t written = 0;
  bool more = false;
  RETURN_IF_ERROR(client::ForEachPage(
      connection.get(), &AuditService::Stub::ListEntries, std::move(request),
      [&](const audit::v1::ListEntriesResponse& page) {
        for (const audit::v1::IndexedEntry& indexed : page.entries()) {
          if (written == limit) {
            more = true;
            return false;
          }
          writer->Write(EntryRow(origin, indexed.index(), indexed.entry()));
          ++written;
        }
        more = written == limit && !page.next_page_token().empty();
        return written < limit;
      }));
  RETURN_IF_ERROR(writer->Flush());
  if (more) {
    std::cerr << "stopped after " << cli::Counted(written, "entry", "entries")
              << "; there may be more: raise --limit or narrow the "
                 "search\n";
  }
  return absl::OkStatus();
}

}  // namespace

void AddListCommand(CLI::App* app, cli::Invocation* invocation) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = cli::AddCommand(
      app, "list", "Entries that match, oldest first",
      "  audit-query list\n"
      "  audit-query list --agreement grid-people --kind disclosure\n"
      "  audit-query list --kind refusal --from 2026-03-01 --until 2026-04-01 "
      "\\\n"
      "      --limit 10000 --output csv > refusals.csv\n",
      invocation,
      [invocation, options] { return List(*invocation, *options); });
  command->add_option("--department", *options->filter.mutable_department(),
                      "Who was on the other side");
  command->add_option("--agreement", *options->filter.mutable_agreement(),
                      "The agreement's id");
  command->add_option("--resource", *options->filter.mutable_resource(),
                      "<department>.<slug>");
  command
      ->add_option("--kind", options->kinds,
                   "disclosure, receipt, refusal, audit_access or "
                   "trail_started; may be repeated")
      ->check(CLI::IsMember({"disclosure", "receipt", "refusal", "audit_access",
                             "trail_started"}))
      ->type_name("KIND");
  command->add_option("--from", options->from,
                      "From this day or moment on (2026-03-31 or "
                      "2026-03-31T08:15:00Z)");
  command->add_option("--until", options->until, "Before this day or moment");
  command
      ->add_option("--limit", options->limit, "Entries to print (default: 100)")
      ->check(CLI::PositiveNumber);
}

}  // namespace sluice::audit_query
