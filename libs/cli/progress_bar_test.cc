#include "libs/cli/progress_bar.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>
#include <string>

namespace sluice::cli {
namespace {

TEST_CASE("progress shows count, share, rate and the time that is left") {
  ManualClock clock(absl::UnixEpoch());
  std::ostringstream out;
  const ProgressBar bar("entries", 5000, Terminal{}, &out, &clock);
  CHECK(bar.Text(0) == "0 of 5,000 entries (0%)");
  clock.Advance(absl::Seconds(4));
  CHECK(bar.Text(1200) == "1,200 of 5,000 entries (24%), 300/s, 12 s left");
  CHECK(bar.Text(5000) == "5,000 of 5,000 entries (100%), 1,250/s");
}

TEST_CASE("without a total it shows count and rate") {
  ManualClock clock(absl::UnixEpoch());
  std::ostringstream out;
  const ProgressBar bar("records", 0, Terminal{}, &out, &clock);
  clock.Advance(absl::Seconds(2));
  CHECK(bar.Text(3000) == "3,000 records, 1,500/s");
}

TEST_CASE("a terminal sees one line drawn over, a file a line now and then") {
  ManualClock clock(absl::UnixEpoch());
  std::ostringstream terminal_out;
  std::ostringstream file_out;
  ProgressBar on_terminal("entries", 10, Terminal{true, 80, false},
                          &terminal_out, &clock);
  ProgressBar in_file("entries", 10, Terminal{}, &file_out, &clock);
  for (uint64_t i = 1; i <= 5; ++i) {
    clock.Advance(absl::Seconds(3));
    on_terminal.Update(i);
    on_terminal.Update(i);
    in_file.Update(i);
  }
  on_terminal.Clear();
  const std::string drawn = terminal_out.str();
  CHECK(std::count(drawn.begin(), drawn.end(), '\r') == 6);
  CHECK(drawn.find('\n') == std::string::npos);
  const std::string lines = file_out.str();
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 1);
  CHECK(lines.find('\r') == std::string::npos);
}

TEST_CASE("a drawn line is narrower than the terminal") {
  ManualClock clock(absl::UnixEpoch());
  std::ostringstream out;
  ProgressBar bar("entries", 10, Terminal{true, 20, false}, &out, &clock);
  clock.Advance(absl::Seconds(1));
  bar.Update(5);
  CHECK(out.str() == "\r\x1B[K[############-----…");
}

TEST_CASE("numbers and durations are written for people") {
  CHECK(WithSeparators(0) == "0");
  CHECK(WithSeparators(999) == "999");
  CHECK(WithSeparators(1000) == "1,000");
  CHECK(WithSeparators(1234567) == "1,234,567");
  CHECK(Counted(1, "batch", "batches") == "1 batch");
  CHECK(Counted(0, "batch", "batches") == "0 batches");
  CHECK(Counted(1200, "batch", "batches") == "1,200 batches");
  CHECK(ShortDuration(absl::Milliseconds(850)) == "850 ms");
  CHECK(ShortDuration(absl::Seconds(12)) == "12 s");
  CHECK(ShortDuration(absl::Seconds(185)) == "3 min 5 s");
  CHECK(ShortDuration(absl::Minutes(130)) == "2 h 10 min");
}

}  // namespace
}  // namespace sluice::cli
