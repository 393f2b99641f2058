#include "tests/fault/ledger.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::fault {
namespace {

constexpr size_t kShownMax = 10;

struct Amount {
  absl::Time time;
  uint64_t records = 0;
};

absl::Time TimeOf(const audit::v1::Entry& entry) {
  return absl::FromUnixSeconds(entry.time().seconds()) +
         absl::Nanoseconds(entry.time().nanos());
}

// In order of time.
std::vector<Amount> AmountsOf(const Disclosures& disclosures,
                              const std::string& agreement) {
  std::vector<Amount> amounts;
  for (const auto& [id, entry] : disclosures) {
    if (entry.disclosure().agreement() != agreement) continue;
    amounts.push_back({TimeOf(entry), entry.disclosure().row_count()});
  }
  std::sort(amounts.begin(), amounts.end(),
            [](const Amount& a, const Amount& b) { return a.time < b.time; });
  return amounts;
}

// How many of each key came, while its numbers are as they must be.
std::map<std::string, uint64_t> Count(const std::vector<JournalDelivery>& kept,
                                      Problems* problems) {
  std::map<std::string, uint64_t> next;
  for (const JournalDelivery& delivery : kept) {
    for (const KeyedNumber& record : delivery.records) {
      uint64_t& wanted = next[record.key];
      if (record.number != wanted) {
        problems->push_back(absl::StrCat(
            record.key, ": ", record.number, " where ", wanted,
            " was to come, in delivery ", delivery.audit_id, " (partition ",
            delivery.partition, ", sequence ", delivery.sequence, ")"));
      }
      wanted = record.number + 1;
    }
  }
  return next;
}

}  // namespace

Problems CheckOrder(const std::vector<JournalDelivery>& kept) {
  Problems problems;
  Count(kept, &problems);
  return problems;
}

Problems CheckComplete(const std::vector<JournalDelivery>& kept,
                       const std::map<std::string, uint64_t>& published) {
  Problems problems;
  const std::map<std::string, uint64_t> came = Count(kept, &problems);
  for (const auto& [key, count] : published) {
    const auto found = came.find(key);
    const uint64_t got = found == came.end() ? 0 : found->second;
    if (got != count) {
      problems.push_back(
          absl::StrCat(key, ": ", got, " of ", count, " came to the end"));
    }
  }
  for (const auto& [key, count] : came) {
    if (published.count(key) == 0) {
      problems.push_back(absl::StrCat(key, " was never published"));
    }
  }
  return problems;
}

Problems CheckAudited(const std::vector<JournalDelivery>& kept,
                      const Disclosures& disclosures) {
  Problems problems;
  for (const JournalDelivery& delivery : kept) {
    const auto found = disclosures.find(delivery.audit_id);
    if (found == disclosures.end()) {
      problems.push_back(
          absl::StrCat("no trail has an entry ", delivery.audit_id));
      continue;
    }
    const audit::v1::Disclosure& said = found->second.disclosure();
    if (said.partition() != delivery.partition ||
        said.generation() != delivery.generation ||
        said.sequence() != delivery.sequence ||
        said.row_count() != delivery.records.size()) {
      problems.push_back(absl::StrCat("the entry ", delivery.audit_id,
                                      " is of another delivery"));
    }
  }
  return problems;
}

Problems CheckDay(const Disclosures& disclosures, const std::string& agreement,
                  uint64_t limit) {
  uint64_t sum = 0;
  for (const Amount& amount : AmountsOf(disclosures, agreement)) {
    sum += amount.records;
  }
  if (sum <= limit) return {};
  return {absl::StrCat(agreement, ": ", sum, " records where a day allows ",
                       limit)};
}

Problems CheckRate(const Disclosures& disclosures, const std::string& agreement,
                   uint64_t per_second, uint64_t streams) {
  const std::vector<Amount> amounts = AmountsOf(disclosures, agreement);
  uint64_t batch_max = 0;
  for (const Amount& amount : amounts) {
    batch_max = std::max(batch_max, amount.records);
  }
  // A span from i to j is worst where `up to i` is worst: one pass suffices.
  // spent(t) = records before t - rate * t must never rise by more than the
  // slack over any earlier value.
  const double slack =
      static_cast<double>(2 * per_second + streams * batch_max);
  double lowest = 0;
  double records = 0;
  for (size_t i = 0; i < amounts.size(); ++i) {
    const double elapsed =
        absl::ToDoubleSeconds(amounts[i].time - amounts[0].time);
    const double allowed = static_cast<double>(per_second) * elapsed;
    lowest = i == 0 ? records - allowed : std::min(lowest, records - allowed);
    records += static_cast<double>(amounts[i].records);
    if (records - allowed - lowest > slack) {
      return {absl::StrCat(agreement, ": more than ", per_second,
                           " records/s in the span that ends ",
                           absl::FormatTime(amounts[i].time), ", by ",
                           records - allowed - lowest - slack)};
    }
  }
  return {};
}

std::string Summary(const Problems& problems) {
  std::string text = absl::StrCat(problems.size(), " problems");
  for (size_t i = 0; i < std::min(problems.size(), kShownMax); ++i) {
    absl::StrAppend(&text, "\n  ", problems[i]);
  }
  return text;
}

}  // namespace sluice::fault
