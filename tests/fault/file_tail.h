// Waits for what another process writes into a file: a log, a journal.
#ifndef SLUICE_TESTS_FAULT_FILE_TAIL_H_
#define SLUICE_TESTS_FAULT_FILE_TAIL_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice::fault {

// Ends the process when the system fails. Not thread-safe.
class FileTail {
 public:
  // The folder of `path` exists; the file itself need not yet.
  explicit FileTail(std::string path);
  ~FileTail();
  FileTail(const FileTail&) = delete;
  FileTail& operator=(const FileTail&) = delete;

  // Hands each whole line that no call before was given to `wanted`, without
  // its end, until that says true. Waits for more lines, `patience` at most;
  // whether `wanted` said true.
  bool Await(const std::function<bool(absl::string_view line)>& wanted,
             absl::Duration patience);

  // Waits for so many further lines.
  bool AwaitLines(size_t lines, absl::Duration patience);
  // Waits for a further line that holds `text`.
  bool AwaitText(const std::string& text, absl::Duration patience);
  // Passes over what is there.
  void SkipToEnd();

 private:
  bool TakeLines(const std::function<bool(absl::string_view line)>& wanted);
  void WaitForChange(absl::Time until) const;

  const std::string path_;
  // Of inotify, on the file's folder.
  const int watch_fd_;
  // Of the next line in the file.
  size_t offset_ = 0;
};

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_FILE_TAIL_H_
