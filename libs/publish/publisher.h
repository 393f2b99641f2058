// What a department's adapter writes to the bus: signed batches, quarantined
// records and source positions, each append atomic over all three.
#ifndef SLUICE_LIBS_PUBLISH_PUBLISHER_H_
#define SLUICE_LIBS_PUBLISH_PUBLISHER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/bus/event_log.h"
#include "libs/crypto/ed25519.h"
#include "sluice/records/v1/envelope.pb.h"

namespace sluice::publish {

// How long bad records are kept on the bus.
inline constexpr absl::Duration kQuarantineRetention = absl::Hours(24 * 30);

struct PublisherOptions {
  std::string department;
  // Must outlive the publisher, as must `key` and `clock`.
  bus::EventLog* log = nullptr;
  // Enrolled for the department with the role adapter.
  const crypto::SigningKey* key = nullptr;
  // How far the registry is applied here: what a batch's reader must have seen.
  std::function<uint64_t()> registry_offset;
  Clock* clock = Clock::System();
};

// One department's place on the bus. One at a time has it: opening a second, in
// any process, fences the first. Not thread-safe.
class Publisher {
 public:
  // Creates the positions topic if missing and reads it. Errors are the log's.
  static absl::StatusOr<std::unique_ptr<Publisher>> Open(
      const PublisherOptions& options);

  // Creates the topics of a resource if missing; its partitions never change.
  // Its records stay for `retention`. WRONG_STATE if a topic is there with
  // other settings: the message says how to mend it.
  absl::Status CreateTopics(
      absl::string_view resource, uint32_t partitions,
      absl::Duration retention = absl::InfiniteDuration());

  // How far the source of `resource` is published; null if nothing is. Valid
  // until the next Append.
  const records::v1::SourcePosition* FindPosition(
      absl::string_view resource) const;

  // Appends `messages` and `position`, all or nothing. Errors as
  // Producer::Append's.
  absl::Status Append(std::vector<bus::Outgoing> messages,
                      const records::v1::SourcePosition& position);

  // Whether an Append failed in a way that leaves open what is on the bus. This
  // object is of no use any more then. After FENCED another process has taken
  // over. After any other error open another publisher: that settles it, and
  // what it finds on the bus is what to go on from.
  bool finished() const { return finished_; }

  const PublisherOptions& options() const { return options_; }

 private:
  explicit Publisher(PublisherOptions options) : options_(std::move(options)) {}

  absl::Status ReadPositions();

  const PublisherOptions options_;
  std::unique_ptr<bus::Producer> producer_;
  std::map<std::string, records::v1::SourcePosition, std::less<>> positions_;
  bool finished_ = false;
};

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_PUBLISHER_H_
