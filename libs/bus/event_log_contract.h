// The tests every EventLog passes, whatever it is made of. An implementation
// gives a harness; the tests are event_log.h's promises, one section each.
//
//   TEST_CASE("the embedded log keeps the contract of the event log") {
//     RunEventLogContract([] { return std::make_unique<EmbeddedHarness>(); });
//   }
#ifndef SLUICE_LIBS_BUS_EVENT_LOG_CONTRACT_H_
#define SLUICE_LIBS_BUS_EVENT_LOG_CONTRACT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "libs/bus/event_log.h"

namespace sluice::bus {

// One implementation under test. A new one for each section.
class ContractHarness {
 public:
  virtual ~ContractHarness() = default;

  virtual EventLog* log() = 0;

  // `name` made unique among all harnesses that share the same stored topics.
  virtual std::string Unique(const std::string& name) = 0;

  // Closes the log and opens it again on the same content. All producers and
  // members are gone.
  virtual void Reopen() = 0;

  // Longest to wait for what should come at once.
  virtual absl::Duration Patience() const { return absl::Seconds(20); }

  // Whether offsets follow each other without a gap from 0.
  virtual bool OffsetsAreContiguous() const { return false; }

  // Moves the clock that stamps messages and rules retention. False, and the
  // sections that need it are left out, if that clock is out of reach.
  virtual bool AdvanceClock(absl::Duration /*by*/) { return false; }

  // Applies retention and compaction now. False, as above, if that is out of
  // reach.
  virtual bool ApplyRetention() { return false; }
};

using HarnessFactory = std::function<std::unique_ptr<ContractHarness>()>;

// To be called from a Catch2 test case.
void RunEventLogContract(const HarnessFactory& factory);

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_EVENT_LOG_CONTRACT_H_
