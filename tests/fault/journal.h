// What the tests' consumer keeps: one line for each delivery, with its records
// and the position behind it. A line is there whole or not at all, so records
// and position are stored in one step.
#ifndef SLUICE_TESTS_FAULT_JOURNAL_H_
#define SLUICE_TESTS_FAULT_JOURNAL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::fault {

// The records of a test count up for each key, from 0.
struct KeyedNumber {
  std::string key;
  uint64_t number = 0;

  friend bool operator==(const KeyedNumber&, const KeyedNumber&) = default;
};

struct JournalDelivery {
  absl::Time received;
  uint32_t partition = 0;
  uint64_t generation = 0;
  uint64_t sequence = 0;
  // `origin/index`.
  std::string audit_id;
  // Opaque bytes.
  std::string position;
  std::vector<KeyedNumber> records;
};

// In the order in which they were stored; nothing if there is no file. A last
// line that a killed consumer did not finish is left out. MALFORMED for
// anything else that is no journal.
absl::StatusOr<std::vector<JournalDelivery>> ReadJournal(
    const std::string& path);

// Not thread-safe.
class JournalWriter {
 public:
  // Goes on with the journal at `path`: cuts off a last line that was not
  // finished. STORAGE_FAILED, or the errors of ReadJournal.
  static absl::StatusOr<std::unique_ptr<JournalWriter>> Open(
      const std::string& path);

  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  // Of the last delivery; empty before the first.
  const std::string& position() const { return position_; }

  // When it returns OK, SIGKILL cannot undo it. STORAGE_FAILED.
  absl::Status Append(const JournalDelivery& delivery);

 private:
  JournalWriter(int fd, std::string position)
      : fd_(fd), position_(std::move(position)) {}

  const int fd_;
  std::string position_;
};

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_JOURNAL_H_
