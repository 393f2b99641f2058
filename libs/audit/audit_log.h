// The audit trail of one broker: an append-only Merkle tree in a RocksDB of its
// own. What it has confirmed is on the disk, in the tree, and stays.
#ifndef SLUICE_LIBS_AUDIT_AUDIT_LOG_H_
#define SLUICE_LIBS_AUDIT_AUDIT_LOG_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/audit/checkpoint.h"
#include "libs/audit/merkle.h"
#include "libs/base/clock.h"
#include "libs/crypto/ed25519.h"
#include "sluice/audit/v1/entry.pb.h"

namespace rocksdb {
class Env;
}

namespace sluice::audit {

// Largest serialized entry: C2SP tlog-tiles stores it behind a uint16 length.
inline constexpr size_t kEntryBytesMax = 65'535;

struct AuditLogOptions {
  // Folder of the database; made if missing.
  std::string path;
  // Names this trail; see Checkpoint::origin.
  std::string origin;
  // Signs checkpoints. Must outlive the log.
  const crypto::SigningKey* key = nullptr;
  Clock* clock = Clock::System();
  // Entries and bytes that may wait to be written; one more is refused.
  size_t queue_entries_max = 65'536;
  size_t queue_bytes_max = size_t{64} << 20;
  // For tests that make the disk fail; null means the machine's.
  rocksdb::Env* env = nullptr;
};

// Thread-safe. One writer thread commits in groups: everything that waits goes into
// one synced write.
class AuditLog {
 public:
  // Opens or makes the trail. CORRUPT if anything in the middle of its log is
  // damaged, if its last signed checkpoint does not match its tree, or if it belongs to another
  // origin: nothing is repaired in silence.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(
      const AuditLogOptions& options);

  virtual ~AuditLog() = default;

  // Called from the writer thread once the entry is durable, with its index; or with
  // AUDIT_UNAVAILABLE (disk full, I/O error, queue full) or TOO_LARGE, and then the
  // entry is not in the trail and never will be.  Must not block and must not call
  // Append's blocking form or Stop.
  using Done = std::function<void(absl::StatusOr<uint64_t>)>;

  // Sets the entry's time if it has none, serializes it and queues it. Entries get
  // their indexes in the order of the calls. After a failed write later calls try
  // again: the trail works as soon as the disk does.
  virtual void Append(v1::Entry entry, Done done) = 0;

  // The same, waiting for it. Not from the writer thread.
  absl::StatusOr<uint64_t> AppendAndWait(v1::Entry entry);

  // Durable entries.
  virtual uint64_t size() const = 0;

  // Entries [first, first + count) as written; fewer where the trail ends.
  virtual absl::StatusOr<std::vector<std::string>> Read(uint64_t first,
                                                        size_t count) const = 0;

  // A signed checkpoint over all durable entries, itself stored before it is
  // returned. A trail never signs two that contradict each other.
  virtual absl::StatusOr<std::string> SignedCheckpoint() = 0;

  // OUT_OF_BOUNDS behind the durable end.
  virtual absl::StatusOr<std::vector<Digest>> ProveInclusion(
      uint64_t index, uint64_t tree_size) const = 0;
  virtual absl::StatusOr<std::vector<Digest>> ProveConsistency(
      uint64_t old_size, uint64_t new_size) const = 0;

  // `<origin>/<index>`.
  std::string AuditId(uint64_t index) const;

  virtual const std::string& origin() const = 0;
  virtual std::string verifier_key() const = 0;

  // Writes what is queued, signs a last checkpoint and refuses further entries.
  virtual void Stop() = 0;
};

}  // namespace sluice::audit

#endif  // SLUICE_LIBS_AUDIT_AUDIT_LOG_H_
