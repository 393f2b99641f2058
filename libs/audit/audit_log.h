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
#include "libs/audit/entry_size.h"
#include "libs/audit/merkle.h"
#include "libs/base/clock.h"
#include "libs/crypto/ed25519.h"
#include "sluice/audit/v1/entry.pb.h"

namespace rocksdb {
class Env;
}

namespace sluice::audit {

struct AuditLogOptions {
  // The trail's folder; made if missing. Holds the database and, apart from it,
  // the last signed checkpoint, which tells when the database has lost its end.
  std::string path;
  // Names this trail; see Checkpoint::origin.
  std::string origin;
  // Signs checkpoints; a trail keeps its key for life. Must outlive the log.
  const crypto::SigningKey* key = nullptr;
  Clock* clock = Clock::System();
  // Entries and bytes that may wait to be written; one more is refused.
  size_t queue_entries_max = 65'536;
  size_t queue_bytes_max = size_t{64} << 20;
  // For tests that make the disk fail; null means the machine's.
  rocksdb::Env* env = nullptr;
};

// Thread-safe. One writer thread commits in groups: what waits, up to 8 MiB,
// goes into one synced write.
class AuditLog {
 public:
  // Opens or makes the trail. CORRUPT if anything in the middle of its log is
  // damaged, if its newest entries and its hashes do not fit together, or if
  // the last signed checkpoint is not one of this key over this tree;
  // WRONG_STATE if the folder holds another origin's trail: nothing is repaired
  // in silence. STORAGE_FAILED on I/O errors.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(
      const AuditLogOptions& options);

  // As Stop.
  virtual ~AuditLog() = default;

  // Called once. From the writer thread when the entry is durable, with its
  // index, or when its write failed; from Append itself when the entry is
  // refused at once: do not hold a lock over Append that this takes. Must not
  // block and must not call AppendAndWait or Stop.
  //
  // AUDIT_UNAVAILABLE (disk full, I/O error, queue full, stopped) or TOO_LARGE:
  // the entry announces nothing, so disclose nothing on it. Refused at once, it
  // is never in the trail. After a failed write it may be: its bytes can have
  // reached the disk although the sync failed. It then has an index of its own
  // that was given to no other entry, and stays, because a trail takes nothing
  // back.
  using Done = std::function<void(absl::StatusOr<uint64_t>)>;

  // Sets the entry's time if it has none, serializes it and queues it. Entries
  // get their indexes in the order of the calls. After a failed write the next
  // call opens the database again, checks it, and goes on from what the disk
  // holds: the trail works as soon as the disk does.
  virtual void Append(v1::Entry entry, Done done) = 0;

  // The same, waiting for it. Not from the writer thread.
  absl::StatusOr<uint64_t> AppendAndWait(v1::Entry entry);

  // Entries that are confirmed; never shrinks.
  virtual uint64_t size() const = 0;

  // Entries [first, first + count) as written; fewer where the trail ends.
  // Bound `count`: an entry may have kEntryBytesMax bytes. Reads and proofs are
  // AUDIT_UNAVAILABLE while the disk does not let the database be opened again.
  virtual absl::StatusOr<std::vector<std::string>> Read(uint64_t first,
                                                        size_t count) const = 0;

  // A signed checkpoint over all confirmed entries, itself stored before it is
  // returned; AUDIT_UNAVAILABLE if it cannot be. Two never contradict each
  // other. Syncs a file, so not for a thread that must not block. Call it about
  // once a second while entries come: what it covers is missed if it is lost.
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
  // What is there can still be read.
  virtual void Stop() = 0;
};

}  // namespace sluice::audit

#endif  // SLUICE_LIBS_AUDIT_AUDIT_LOG_H_
