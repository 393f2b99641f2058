// A stream that a test reads in a thread of its own, with the credit and the
// acknowledgements that the test wants.
#ifndef SLUICE_TESTS_FAULT_READER_H_
#define SLUICE_TESTS_FAULT_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/client/connection.h"
#include "libs/client/subscription.h"
#include "tests/fault/journal.h"

namespace sluice::fault {

struct ReaderOptions {
  std::string agreement;
  std::string group;
  exchange::v1::StartFrom from = exchange::v1::START_FROM_BEGINNING;
  // Batches on their way.
  uint32_t batches = 16;
  // Acknowledges each delivery when it has read it.
  bool acknowledges = true;
  // Deliveries it reads, and gives credit for, until Allow says more.
  uint64_t allowed = UINT64_MAX;
};

// Of one broker: it does not go to another. Thread-safe.
class Reader {
 public:
  // `connection` belongs to it.
  Reader(std::unique_ptr<client::Connection> connection,
         const ReaderOptions& options);
  // Cancels the stream.
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // So many deliveries more. With a window of one batch the credit for the next
  // delivery is given at this moment.
  void Allow(uint64_t deliveries);

  // Takes that back: when it returns, it waits for nothing but its next call.
  // Deliveries must be coming.
  void Hold();

  // Cancels the stream. All that it read, and so all that it acknowledged.
  std::vector<JournalDelivery> Stop();

  // Acknowledges all that it has read so far and nothing more: the broker takes
  // that and ends the stream. Done by the reader's own thread, soon, unless
  // that waits for a delivery.
  void AckAllAndClose();

  // What came so far.
  std::vector<JournalDelivery> deliveries() const;
  size_t count() const;
  bool started() const;

  // Each waits, and says whether it came to be so.
  bool AwaitStarted(absl::Duration patience);
  bool AwaitCount(size_t deliveries, absl::Duration patience);
  bool AwaitEnd(absl::Duration patience);

  // Why it ended; OK before.
  absl::Status end() const;

 private:
  void Run(bool acknowledges);
  // Waits until one more is allowed, or the stream is to be read to its end.
  // False if the reader is to end.
  bool AwaitAllowed();

  const std::unique_ptr<client::Connection> connection_;
  const std::unique_ptr<client::Subscription> subscription_;
  // Delivery ids that were read; the reading thread's own.
  std::vector<uint64_t> ids_;
  bool closed_ = false;

  mutable Mutex mutex_;
  mutable CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t allowed_ ABSL_GUARDED_BY(mutex_);
  // In AwaitAllowed.
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
  std::vector<JournalDelivery> deliveries_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_READER_H_
