#include "libs/audit/audit_log.h"

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/audit/trail_store.h"
#include "libs/base/file.h"
#include "libs/base/log.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"

namespace sluice::audit {
namespace {

using status::v1::REASON_CODE_AUDIT_UNAVAILABLE;
using status::v1::REASON_CODE_CORRUPT;

// Bounds the memory and the time that one write takes.
constexpr size_t kGroupBytesMax = size_t{8} << 20;

std::string DatabasePath(const AuditLogOptions& options) {
  return absl::StrCat(options.path, "/db");
}

std::string CheckpointPath(const AuditLogOptions& options) {
  return absl::StrCat(options.path, "/checkpoint");
}

absl::Status Unavailable(absl::string_view why) {
  return Error(REASON_CODE_AUDIT_UNAVAILABLE,
               absl::StrCat("the audit trail takes no entry, so nothing is "
                            "disclosed: ",
                            why));
}

// OK if the tree in `store` has had, or has, the root that `checkpoint` says.
absl::Status CheckExtends(const TrailStore& store, const Checkpoint& checkpoint,
                          const std::string& path) {
  const uint64_t size = store.frontier().size();
  if (checkpoint.size > size) {
    return Error(REASON_CODE_CORRUPT,
                 absl::StrCat("the audit trail in ", path, " has ", size,
                              " entries and had confirmed ", checkpoint.size,
                              ": its end was lost; restore the folder from a "
                              "backup, or start a new trail with another "
                              "origin in another folder"));
  }
  ASSIGN_OR_RETURN(const Digest root, RootAt(checkpoint.size, [&](NodeId id) {
                     return store.Node(id);
                   }));
  if (root != checkpoint.root) {
    return Error(
        REASON_CODE_CORRUPT,
        absl::StrCat("the audit trail in ", path,
                     " is not the one it had confirmed at ", checkpoint.size,
                     " entries: it was changed or replaced; keep a "
                     "copy, find out how, and restore it"));
  }
  return absl::OkStatus();
}

// A signed checkpoint, and the size that it covers.
struct SignedNote {
  std::string text;
  uint64_t size = 0;
};

// The last signed checkpoint. A trail without entries may have none yet, where
// a crash interrupted its making.
absl::StatusOr<SignedNote> LoadNote(const AuditLogOptions& options,
                                    const TrailStore& store) {
  const std::string path = CheckpointPath(options);
  auto note = ReadFile(path);
  if (absl::IsNotFound(note.status()) && store.frontier().size() == 0) {
    const Checkpoint empty{options.origin, 0, store.frontier().Root()};
    std::string made = SignCheckpoint(empty, *options.key);
    RETURN_IF_ERROR(WriteFileAtomically(path, AsView(made), 0644));
    return SignedNote{std::move(made), 0};
  }
  if (absl::IsNotFound(note.status())) {
    return Error(REASON_CODE_CORRUPT,
                 absl::StrCat(path, " is missing beside an audit trail of ",
                              store.frontier().size(),
                              " entries: put back the newest checkpoint that "
                              "this trail signed"));
  }
  RETURN_IF_ERROR(note.status());
  const auto checkpoint = VerifyCheckpoint(
      AsView(*note), NoteVerifier{options.origin, options.key->public_key()});
  if (!checkpoint.ok()) {
    return Error(REASON_CODE_CORRUPT,
                 absl::StrCat(path, ": ", checkpoint.status().message(),
                              ". A trail keeps its key and origin: for another "
                              "key start a new trail with another origin in "
                              "another folder"));
  }
  RETURN_IF_ERROR(CheckExtends(store, *checkpoint, options.path));
  return SignedNote{*std::move(note), checkpoint->size};
}

class RocksAuditLog : public AuditLog {
 public:
  RocksAuditLog(const AuditLogOptions& options,
                std::unique_ptr<TrailStore> store, SignedNote note)
      : options_(options),
        verifier_key_(VerifierKey(options.origin, options.key->public_key())),
        note_(std::move(note)),
        durable_(store->frontier()),
        store_(std::move(store)),
        writer_([this] { Run(); }) {}

  ~RocksAuditLog() override { StopWriter(); }

  void Append(v1::Entry entry, Done done) override;
  uint64_t size() const override;
  absl::StatusOr<std::vector<std::string>> Read(uint64_t first,
                                                size_t count) const override;
  absl::StatusOr<std::string> SignedCheckpoint() override;
  absl::StatusOr<std::vector<Digest>> ProveInclusion(
      uint64_t index, uint64_t tree_size) const override;
  absl::StatusOr<std::vector<Digest>> ProveConsistency(
      uint64_t old_size, uint64_t new_size) const override;
  const std::string& origin() const override { return options_.origin; }
  std::string verifier_key() const override { return verifier_key_; }
  void Stop() override { StopWriter(); }

 private:
  struct Pending {
    std::string entry;
    Done done;
  };

  // Keeps the database open while someone reads it.
  class Reading {
   public:
    explicit Reading(const RocksAuditLog* log) : log_(log) {
      const MutexLock lock(&log_->mutex_);
      store_ = log_->store_.get();
      if (store_ != nullptr) ++log_->readers_;
    }
    ~Reading() {
      if (store_ == nullptr) return;
      const MutexLock lock(&log_->mutex_);
      if (--log_->readers_ == 0) log_->no_readers_.Signal();
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    absl::Status status() const {
      if (store_ != nullptr) return absl::OkStatus();
      return Error(REASON_CODE_AUDIT_UNAVAILABLE,
                   "the audit trail cannot be read until its disk works "
                   "again: see the broker's log");
    }
    const TrailStore& store() const { return *store_; }
    NodeReader nodes() const {
      return [store = store_](NodeId id) { return store->Node(id); };
    }

   private:
    const RocksAuditLog* const log_;
    const TrailStore* store_;
  };

  // The writer thread.
  void Run();
  bool TakeGroup(std::vector<Pending>* group);
  absl::StatusOr<uint64_t> Commit(const std::vector<Pending>& group);
  absl::Status OpenAgain();

  void StopWriter();
  absl::Status CheckTreeSize(uint64_t tree_size) const;

  const AuditLogOptions options_;
  const std::string verifier_key_;

  // Taken before mutex_. One signs at a time, so that notes are stored in the
  // order of their sizes.
  Mutex note_mutex_;
  SignedNote note_ ABSL_GUARDED_BY(note_mutex_);

  mutable Mutex mutex_;
  CondVar work_;
  mutable CondVar no_readers_;
  std::deque<Pending> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queue_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // What is confirmed; the database may hold more after a failed write.
  Frontier durable_ ABSL_GUARDED_BY(mutex_);
  // Null while the database is being opened again. Replaced by the writer
  // thread alone, and only while there are no readers.
  std::unique_ptr<TrailStore> store_ ABSL_GUARDED_BY(mutex_);
  mutable int readers_ ABSL_GUARDED_BY(mutex_) = 0;

  // The writer thread's own: whether a write failed since the database was
  // opened.
  bool write_failed_ = false;

  Mutex stop_mutex_;
  std::thread writer_ ABSL_GUARDED_BY(stop_mutex_);
};

void RocksAuditLog::Append(v1::Entry entry, Done done) {
  if (!entry.has_time()) {
    const absl::Time now = options_.clock->Now();
    const int64_t seconds = absl::ToUnixSeconds(now);
    entry.mutable_time()->set_seconds(seconds);
    entry.mutable_time()->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(now - absl::FromUnixSeconds(seconds))));
  }
  Pending pending;
  const size_t size = entry.ByteSizeLong();
  if (size > kEntryBytesMax) {
    done(Error(status::v1::REASON_CODE_TOO_LARGE,
               absl::StrCat("an audit entry of ", size, " bytes; at most ",
                            kEntryBytesMax,
                            " fit: shorten what it lists, such as fields")));
    return;
  }
  pending.entry.resize(size);
  entry.SerializeWithCachedSizesToArray(
      reinterpret_cast<uint8_t*>(pending.entry.data()));
  absl::Status refused;
  {
    const MutexLock lock(&mutex_);
    if (stopping_) {
      refused = Unavailable("it is stopped; ask another broker");
    } else if (queue_.size() >= options_.queue_entries_max ||
               queue_bytes_ + size > options_.queue_bytes_max) {
      refused =
          Unavailable(absl::StrCat(queue_.size(), " entries (", queue_bytes_,
                                   " bytes) wait to be written; try "
                                   "again, and see whether the disk is "
                                   "slow"));
    } else {
      pending.done = std::move(done);
      queue_bytes_ += size;
      queue_.push_back(std::move(pending));
      if (queue_.size() == 1) work_.Signal();
      return;
    }
  }
  done(refused);
}

void RocksAuditLog::Run() {
  std::vector<Pending> group;
  while (TakeGroup(&group)) {
    const absl::StatusOr<uint64_t> first = Commit(group);
    for (size_t i = 0; i < group.size(); ++i) {
      if (first.ok()) {
        group[i].done(*first + i);
      } else {
        group[i].done(first.status());
      }
    }
  }
}

// Waits for entries. False when there are none left and there will be none.
bool RocksAuditLog::TakeGroup(std::vector<Pending>* group) {
  group->clear();
  const MutexLock lock(&mutex_);
  while (queue_.empty() && !stopping_) work_.Wait(&mutex_);
  size_t bytes = 0;
  while (!queue_.empty() && bytes < kGroupBytesMax) {
    bytes += queue_.front().entry.size();
    group->push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queue_bytes_ -= bytes;
  return !group->empty();
}

// The index of the group's first entry.
absl::StatusOr<uint64_t> RocksAuditLog::Commit(
    const std::vector<Pending>& group) {
  if (write_failed_) {
    const absl::Status opened = OpenAgain();
    if (!opened.ok()) return Unavailable(opened.message());
    write_failed_ = false;
  }
  TrailStore* store = nullptr;
  {
    const MutexLock lock(&mutex_);
    store = store_.get();
  }
  std::vector<absl::string_view> entries;
  entries.reserve(group.size());
  for (const Pending& pending : group) entries.push_back(AsView(pending.entry));
  const uint64_t first = store->frontier().size();
  const absl::Status written = store->Commit(entries);
  if (!written.ok()) {
    write_failed_ = true;
    LogError("audit trail cannot be written, delivery stops",
             {{"origin", options_.origin}, {"error", written}});
    return Unavailable(written.message());
  }
  const MutexLock lock(&mutex_);
  durable_ = store->frontier();
  return first;
}

// After a failed write only the disk knows what was written. What it holds is
// read again, as at a start, and must extend what was confirmed.
absl::Status RocksAuditLog::OpenAgain() {
  std::unique_ptr<TrailStore> closing;
  Checkpoint confirmed{options_.origin};
  {
    const MutexLock lock(&mutex_);
    closing = std::move(store_);
    while (readers_ > 0) no_readers_.Wait(&mutex_);
    confirmed.size = durable_.size();
    confirmed.root = durable_.Root();
  }
  closing.reset();
  ASSIGN_OR_RETURN(
      std::unique_ptr<TrailStore> store,
      TrailStore::Open(DatabasePath(options_), options_.origin, options_.env));
  RETURN_IF_ERROR(CheckExtends(*store, confirmed, options_.path));
  const uint64_t unconfirmed = store->frontier().size() - confirmed.size;
  LogWarning("audit trail opened again after a failed write",
             {{"origin", options_.origin},
              {"entries", store->frontier().size()},
              {"found_though_reported_failed", unconfirmed}});
  const MutexLock lock(&mutex_);
  // Opening has synced what it recovered.
  durable_ = store->frontier();
  store_ = std::move(store);
  return absl::OkStatus();
}

uint64_t RocksAuditLog::size() const {
  const MutexLock lock(&mutex_);
  return durable_.size();
}

absl::StatusOr<std::vector<std::string>> RocksAuditLog::Read(
    uint64_t first, size_t count) const {
  const uint64_t end = size();
  if (first >= end || count == 0) return std::vector<std::string>();
  const Reading reading(this);
  RETURN_IF_ERROR(reading.status());
  return reading.store().Read(
      first, static_cast<size_t>(std::min<uint64_t>(count, end - first)));
}

absl::StatusOr<std::string> RocksAuditLog::SignedCheckpoint() {
  const MutexLock note_lock(&note_mutex_);
  Checkpoint checkpoint{options_.origin};
  {
    const MutexLock lock(&mutex_);
    checkpoint.size = durable_.size();
    if (checkpoint.size == note_.size) return note_.text;
    checkpoint.root = durable_.Root();
  }
  std::string text = SignCheckpoint(checkpoint, *options_.key);
  const absl::Status stored =
      WriteFileAtomically(CheckpointPath(options_), AsView(text), 0644);
  if (!stored.ok()) {
    return Error(REASON_CODE_AUDIT_UNAVAILABLE,
                 absl::StrCat("no checkpoint signed, because it could not be "
                              "stored: ",
                              stored.message()));
  }
  note_ = SignedNote{text, checkpoint.size};
  return text;
}

absl::Status RocksAuditLog::CheckTreeSize(uint64_t tree_size) const {
  const uint64_t confirmed = size();
  if (tree_size <= confirmed) return absl::OkStatus();
  return Error(status::v1::REASON_CODE_OUT_OF_BOUNDS,
               absl::StrCat("no proof about ", tree_size,
                            " entries: ", options_.origin, " has ", confirmed));
}

absl::StatusOr<std::vector<Digest>> RocksAuditLog::ProveInclusion(
    uint64_t index, uint64_t tree_size) const {
  RETURN_IF_ERROR(CheckTreeSize(tree_size));
  const Reading reading(this);
  RETURN_IF_ERROR(reading.status());
  return InclusionProof(index, tree_size, reading.nodes());
}

absl::StatusOr<std::vector<Digest>> RocksAuditLog::ProveConsistency(
    uint64_t old_size, uint64_t new_size) const {
  RETURN_IF_ERROR(CheckTreeSize(new_size));
  const Reading reading(this);
  RETURN_IF_ERROR(reading.status());
  return ConsistencyProof(old_size, new_size, reading.nodes());
}

void RocksAuditLog::StopWriter() {
  const MutexLock stop_lock(&stop_mutex_);
  if (!writer_.joinable()) return;
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
    work_.Signal();
  }
  writer_.join();
  const auto note = SignedCheckpoint();
  if (!note.ok()) {
    LogError("audit trail stopped without a last checkpoint",
             {{"origin", options_.origin}, {"error", note.status()}});
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(
    const AuditLogOptions& options) {
  RETURN_IF_ERROR(CheckOrigin(options.origin));
  RETURN_IF_ERROR(MakeFolders(options.path, 0700));
  ASSIGN_OR_RETURN(
      std::unique_ptr<TrailStore> store,
      TrailStore::Open(DatabasePath(options), options.origin, options.env));
  ASSIGN_OR_RETURN(SignedNote note, LoadNote(options, *store));
  return std::make_unique<RocksAuditLog>(options, std::move(store),
                                         std::move(note));
}

absl::StatusOr<uint64_t> AuditLog::AppendAndWait(v1::Entry entry) {
  // Shared: the writer thread may still be leaving the lock when this returns.
  struct Outcome {
    Mutex mutex;
    CondVar known;
    bool is_known ABSL_GUARDED_BY(mutex) = false;
    absl::StatusOr<uint64_t> index ABSL_GUARDED_BY(mutex) = 0;
  };
  const auto outcome = std::make_shared<Outcome>();
  Append(std::move(entry), [outcome](absl::StatusOr<uint64_t> index) {
    const MutexLock lock(&outcome->mutex);
    outcome->index = std::move(index);
    outcome->is_known = true;
    outcome->known.Signal();
  });
  const MutexLock lock(&outcome->mutex);
  while (!outcome->is_known) outcome->known.Wait(&outcome->mutex);
  return outcome->index;
}

std::string AuditLog::AuditId(uint64_t index) const {
  return absl::StrCat(origin(), "/", index);
}

}  // namespace sluice::audit
