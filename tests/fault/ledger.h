// Holds what a consumer has against what was published, what the audit trails
// say, and what an agreement allows. Each check returns what is wrong, in words
// for who reads the test's output; nothing if all is well.
#ifndef SLUICE_TESTS_FAULT_LEDGER_H_
#define SLUICE_TESTS_FAULT_LEDGER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sluice/audit/v1/entry.pb.h"
#include "tests/fault/journal.h"

namespace sluice::fault {

using Problems = std::vector<std::string>;

// Disclosures of all brokers by audit id.
using Disclosures = std::map<std::string, audit::v1::Entry>;

// Each key's numbers came in order, each once, without a gap.
Problems CheckOrder(const std::vector<JournalDelivery>& kept);

// CheckOrder, and everything came: `published` is how many records each key
// has.
Problems CheckComplete(const std::vector<JournalDelivery>& kept,
                       const std::map<std::string, uint64_t>& published);

// Each delivery has its entry, which says what was delivered.
Problems CheckAudited(const std::vector<JournalDelivery>& kept,
                      const Disclosures& disclosures);

// Under `agreement` no more records were disclosed than `limit`, which holds
// for all of the test: it lies within one day of the agreement.
Problems CheckDay(const Disclosures& disclosures, const std::string& agreement,
                  uint64_t limit);

// In any span of time T at most `per_second` * (T + 2 s) and one batch of each
// of `streams`, by the times of the entries. All brokers have one clock here.
Problems CheckRate(const Disclosures& disclosures, const std::string& agreement,
                   uint64_t per_second, uint64_t streams);

// For INFO: the first few, and how many there are.
std::string Summary(const Problems& problems);

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_LEDGER_H_
