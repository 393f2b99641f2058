// The event log on RocksDB: durable, in this process, for one process at a
// time. The bus of the standalone `sluice`. Files:
// docs/formats/embedded-bus.md.
#ifndef SLUICE_LIBS_BUS_EMBEDDED_LOG_H_
#define SLUICE_LIBS_BUS_EMBEDDED_LOG_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/bus/event_log.h"

namespace rocksdb {
class Env;
}

namespace sluice::bus {

struct EmbeddedLogOptions {
  // The folder; made if it is not there.
  std::string path;

  // Times of messages and their retention. Not owned.
  Clock* clock = Clock::System();

  // Memory for messages not yet flushed to files: what tailing readers read
  // from.
  size_t memtable_bytes = size_t{128} << 20;

  // Memory for blocks of small messages and indexes.
  size_t block_cache_bytes = size_t{32} << 20;

  // How often, in the machine's time, a thread applies retention; infinite:
  // only when RunRetention is called.
  absl::Duration maintenance_interval = absl::Seconds(30);

  // How long a compacted topic shows that a key was removed.
  absl::Duration tombstone_retention = absl::Hours(24);

  // For fault injection; null is the machine's. Not owned.
  rocksdb::Env* env = nullptr;
};

// An event log with offsets that are contiguous from 0 in each partition, apart
// from what compaction removes. Its producers and members must be gone before
// it is, and no call may be under way.
//
// A full disk makes appends fail with STORAGE_FAILED while reads go on; once
// there is space again appends succeed again. After another I/O error they fail
// until the process restarts. If the process dies after a failed append and
// before a later one succeeded, the failed one may be found, whole, at the next
// start: a producer that resumes from what is in the log, as a source position
// in the same append, is right in either case.
class EmbeddedLog : public EventLog {
 public:
  // Applies retention to every topic now: removes what is too old or too much,
  // and keys of compacted topics that were removed longer than
  // tombstone_retention ago. The first error, after all topics were tried.
  virtual absl::Status RunRetention() = 0;
};

// Opens or makes the log. Errors: STORAGE_FAILED (another process has it open,
// disk full, permissions), CORRUPT, WRONG_STATE (made by a newer version).
absl::StatusOr<std::unique_ptr<EmbeddedLog>> OpenEmbeddedLog(
    EmbeddedLogOptions options);

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_EMBEDDED_LOG_H_
