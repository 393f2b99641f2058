// What everyone agrees on: departments, keys, catalog and agreements, as the
// ordered log of signed commands makes them.
//
// Each broker applies the log by itself and reaches the same verdict on every
// command, refusals included. The applied state lies in RocksDB with its offset
// in the same write, and in memory for reading.
#ifndef SLUICE_LIBS_REGISTRY_REGISTRY_H_
#define SLUICE_LIBS_REGISTRY_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/bus/event_log.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/known_key.h"
#include "libs/registry/notices.h"
#include "sluice/agreement/v1/agreement.pb.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/registry/v1/command.pb.h"

namespace rocksdb {
class Env;
}

namespace sluice::registry {

// The topic that holds the commands: one partition, compacted. Each append of a
// command has a key of its own that begins with the command's id, so that every
// command is kept; of a broker's heartbeats the newest is.
inline constexpr char kRegistryTopic[] = "registry";

struct RegistryOptions {
  // Folder of the applied state; made if missing. May be deleted: it is
  // rebuilt.
  std::string path;
  // Must outlive the registry.
  bus::EventLog* log = nullptr;
  // SHA-256 of the genesis. A log that begins with another is refused.
  crypto::Digest genesis_digest = {};
  Clock* clock = Clock::System();
  rocksdb::Env* env = nullptr;
  // How long between two tries to apply a log that cannot be read, or a state
  // that cannot be written.
  absl::Duration retry_wait = absl::Seconds(1);
};

struct Submitted {
  v1::Verdict verdict;
  uint64_t offset = 0;
  absl::Time log_time;
};

struct RegistryStatus {
  // Of the last message applied.
  uint64_t applied_offset = 0;
  // Behind the last command up to there, and where that stands.
  crypto::Digest state_digest = {};
  uint64_t command_offset = 0;
  uint32_t rules_version = 0;
  // Of that command.
  absl::Time log_time;
  // Since the log began.
  uint64_t accepted_commands = 0;
  uint64_t refused_commands = 0;
  // Messages met in the topic that are neither commands nor brokers' notices:
  // someone else writes to it.
  // Not the same everywhere, for compaction takes some away.
  uint64_t foreign_messages = 0;
};

// How long Submit waits for its command to be applied.
inline constexpr absl::Duration kSubmitWaitMax = absl::Seconds(30);

// Thread-safe. Reads give shared, immutable objects.
class Registry {
 public:
  using ResourcePtr = std::shared_ptr<const catalog::v1::Resource>;
  using AgreementPtr = std::shared_ptr<const agreement::v1::AgreementRecord>;
  using KeyPtr = ::sluice::registry::KeyPtr;

  // Creates the topic if missing, applies the log to its end, and goes on
  // applying in a thread of its own. On an empty log `genesis` is appended if
  // given. Errors: NOT_FOUND (empty log, no genesis), WRONG_TRUST_DOMAIN
  // (another genesis), RULES_VERSION, CORRUPT (also where the folder has
  // applied what the log does not hold), WRONG_STATE (the folder is of another
  // format), STORAGE_FAILED.
  static absl::StatusOr<std::unique_ptr<Registry>> Open(
      const RegistryOptions& options,
      const v1::SignedCommand* genesis = nullptr);

  virtual ~Registry() = default;

  // Appends `command` and waits until it is applied here, at most
  // kSubmitWaitMax. A refusal by the rules is a verdict. An error status means
  // that nothing was appended (MALFORMED, OUT_OF_BOUNDS, TOO_LARGE,
  // WRONG_TRUST_DOMAIN, UNKNOWN_KEY, SIGNATURE_INVALID, KEY_REVOKED,
  // RULES_VERSION) or that it is not known whether it was
  // (STORAGE_FAILED, SHUTTING_DOWN; submit the same bytes again). The bytes of
  // a command that was accepted before get the verdict, offset and time of that
  // first acceptance, whoever submitted it.
  virtual absl::StatusOr<Submitted> Submit(
      const v1::SignedCommand& command) = 0;

  // Newest version of a catalog entry. NOT_FOUND.
  virtual absl::StatusOr<ResourcePtr> GetResource(
      absl::string_view id) const = 0;

  // The newest entry with this schema version. NOT_FOUND.
  virtual absl::StatusOr<ResourcePtr> GetResourceWithSchema(
      absl::string_view id, uint32_t schema_version) const = 0;

  // Newest versions of up to `count_max` entries with id > `after`, in order of
  // id, of one department, or of all when `department` is empty.
  virtual std::vector<ResourcePtr> ListResources(absl::string_view department,
                                                 absl::string_view after,
                                                 size_t count_max) const = 0;

  // One version; 0 means the newest. NOT_FOUND.
  virtual absl::StatusOr<AgreementPtr> GetAgreement(absl::string_view id,
                                                    uint32_t version) const = 0;

  // The version that is approved, suspended or not; the newest one where none
  // is (for the reason why not). NO_AGREEMENT if the id is unknown.
  virtual absl::StatusOr<AgreementPtr> GetEffectiveAgreement(
      absl::string_view id) const = 0;

  // Up to `count_max` versions behind (after_id, after_version), in that order,
  // for which `visible` holds. It is called without a lock held.
  virtual std::vector<AgreementPtr> ListAgreements(
      absl::string_view after_id, uint32_t after_version, size_t count_max,
      const std::function<bool(const agreement::v1::AgreementRecord&)>& visible)
      const = 0;

  // Whatever its state. NOT_FOUND.
  virtual absl::StatusOr<KeyPtr> GetKey(absl::string_view id) const = 0;
  virtual std::vector<KeyPtr> ListKeys(absl::string_view department,
                                       absl::string_view after,
                                       size_t count_max) const = 0;

  // NOT_FOUND.
  virtual absl::StatusOr<v1::Department> GetDepartment(
      absl::string_view id) const = 0;
  virtual std::vector<v1::Department> ListDepartments(
      absl::string_view after, size_t count_max) const = 0;

  virtual v1::SignedCommand genesis() const = 0;
  virtual const v1::Genesis& genesis_content() const = 0;
  virtual RegistryStatus status() const = 0;
  // As of the last message of which the listeners were told: up to there
  // everything is in force.
  virtual RegistryStatus status_in_force() const = 0;

  // The later of the local clock and the latest log time of any message: what a
  // rule means by "now".
  virtual absl::Time Now() const = 0;

  // The latest log time of any message: the log's own clock, which no local one
  // moves on. It stands still while nothing is written; brokers' heartbeats
  // keep it moving.
  virtual absl::Time LogTime() const = 0;

  // Waits until `offset` is applied and the listeners were told. False when
  // `timeout` passes first, or the applying thread ends.
  virtual bool WaitForOffset(uint64_t offset, absl::Duration timeout) const = 0;

  // `listener` is called for every accepted command that is applied from now
  // on, in order, from the applying thread, after reads show it and before
  // Submit returns. It must not block for long nor call Submit. Returns an id
  // for RemoveListener, after which the listener is not called any more.
  using Listener = std::function<void(uint64_t offset, const v1::Command&)>;
  virtual uint64_t AddListener(Listener listener) = 0;
  virtual void RemoveListener(uint64_t id) = 0;

  // What brokers tell each other; lives as long as this.
  virtual Notices* notices() = 0;

  // Not OK while nothing may be delivered: for good once the applying thread
  // has stopped (RULES_VERSION, CORRUPT; so too when the topic is gone, see
  // missing_topic.h), and for as long as the log cannot be read or the state
  // not be written (STORAGE_FAILED), which is tried again every `retry_wait`.
  virtual absl::Status health() const = 0;

  // Ends the applying thread; Submit fails with SHUTTING_DOWN from now on. Not
  // to be called by a listener.
  virtual void Stop() = 0;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_REGISTRY_H_
