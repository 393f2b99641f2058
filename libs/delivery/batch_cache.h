// Batches that are verified and opened already, for the streams that read the
// same partition: signature, digest and parsing cost once what they would cost
// for each.
//
// What is kept is only what never changes: that these bytes carry a signature
// that holds under the key they name, and what they say. Whether that key may
// publish, and where the message stands in its chain, each stream asks itself.
#ifndef SLUICE_LIBS_DELIVERY_BATCH_CACHE_H_
#define SLUICE_LIBS_DELIVERY_BATCH_CACHE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"
#include "libs/records/batch.h"
#include "libs/records/envelope.h"

namespace sluice::delivery {

// A batch and the signed header it agrees with. Immutable.
struct OpenedBatch {
  records::OpenedEnvelope envelope;
  records::Batch batch;
};

// BATCH_INVALID or TOO_LARGE, also where the body says something else than the
// header that was signed for it.
absl::StatusOr<std::shared_ptr<const OpenedBatch>> OpenBatch(
    const records::OpenedEnvelope& envelope);

// Thread-safe. Bounded by the bytes of the messages it holds; what was used
// least lately leaves first. Messages are copied, so that memory of the bus is
// not held because of it.
class BatchCache {
 public:
  // `hits` and `misses` must outlive the cache.
  BatchCache(size_t bytes_max, std::atomic<uint64_t>* hits,
             std::atomic<uint64_t>* misses);

  BatchCache(const BatchCache&) = delete;
  BatchCache& operator=(const BatchCache&) = delete;

  // One stream that reads a partition. While it is the only one nothing is
  // kept, for nobody would ask for it. The cache must outlive it.
  class Reader {
   public:
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // Null unless the very same bytes are there. The batch may be kept for as
    // long as it is used.
    std::shared_ptr<const OpenedBatch> Find(const bus::Message& message);

    // Keeps a copy of a batch whose signature and digest hold.
    void Put(const bus::Message& message);

   private:
    friend class BatchCache;
    Reader(BatchCache* cache, bus::TopicPartition partition)
        : cache_(cache), partition_(std::move(partition)) {}

    BatchCache* const cache_;
    const bus::TopicPartition partition_;
  };

  std::unique_ptr<Reader> Read(const bus::TopicPartition& partition);

  // Bytes held now.
  size_t bytes() const;

 private:
  using Key = std::pair<bus::TopicPartition, int64_t>;
  struct Entry {
    Key key;
    SharedBytes message;
    std::shared_ptr<const OpenedBatch> opened;
  };
  using Entries = std::list<Entry>;

  bool IsShared(const bus::TopicPartition& partition) const;
  void Leave(const bus::TopicPartition& partition);
  void EraseLocked(Entries::iterator entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t bytes_max_;
  std::atomic<uint64_t>* const hits_;
  std::atomic<uint64_t>* const misses_;

  mutable Mutex mutex_;
  // What was used last stands first.
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  std::map<Key, Entries::iterator> places_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<bus::TopicPartition, int> readers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_BATCH_CACHE_H_
