// How far a long command has come, on standard error.
#ifndef SLUICE_LIBS_CLI_PROGRESS_BAR_H_
#define SLUICE_LIBS_CLI_PROGRESS_BAR_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/cli/terminal.h"

namespace sluice::cli {

// On a terminal one line that is drawn again at most ten times a second;
// elsewhere a line every ten seconds. Not thread-safe.
class ProgressBar {
 public:
  // `what` names what is counted: "entries". `total` 0: not known. `out` and
  // `clock` must outlive this object.
  ProgressBar(std::string what, uint64_t total, const Terminal& terminal,
              std::ostream* out, const Clock* clock = Clock::System());

  // `count` in all are done.
  void Update(uint64_t count);

  // Removes the line from a terminal. Call before anything else is written.
  void Clear();

  // "1,200 of 5,000 entries (24%), 310/s, 12 s left".
  std::string Text(uint64_t count) const;

 private:
  const std::string what_;
  const uint64_t total_;
  const Terminal terminal_;
  std::ostream* const out_;
  const Clock* const clock_;
  const absl::Time started_;
  absl::Time next_;
  bool drawn_ = false;
};

// 1234567 as "1,234,567".
std::string WithSeparators(uint64_t number);

// "1 batch", "1,200 batches".
std::string Counted(uint64_t count, absl::string_view one,
                    absl::string_view many);

// "850 ms", "12 s", "3 min 5 s", "2 h 10 min".
std::string ShortDuration(absl::Duration duration);

}  // namespace sluice::cli

#endif  // SLUICE_LIBS_CLI_PROGRESS_BAR_H_
