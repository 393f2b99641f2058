#include "libs/cli/progress_bar.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/string_view.h"
#include "libs/cli/display_width.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kRedrawInterval = absl::Milliseconds(100);
constexpr absl::Duration kLineInterval = absl::Seconds(10);
constexpr size_t kBarWidth = 24;

}  // namespace

ProgressBar::ProgressBar(std::string what, uint64_t total,
                         const Terminal& terminal, std::ostream* out,
                         const Clock* clock)
    : what_(std::move(what)),
      total_(total),
      terminal_(terminal),
      out_(out),
      clock_(clock),
      started_(clock->Now()),
      next_(started_ +
            (terminal.is_terminal ? kRedrawInterval : kLineInterval)) {}

void ProgressBar::Update(uint64_t count) {
  const absl::Time now = clock_->Now();
  if (now < next_) return;
  next_ = now + (terminal_.is_terminal ? kRedrawInterval : kLineInterval);
  const std::string text = Text(count);
  if (!terminal_.is_terminal) {
    *out_ << text << std::endl;
    return;
  }
  std::string line;
  if (total_ > 0) {
    const size_t filled = kBarWidth * std::min(count, total_) / total_;
    line = absl::StrCat("[", std::string(filled, '#'),
                        std::string(kBarWidth - filled, '-'), "] ");
  }
  absl::StrAppend(&line, text);
  // A line that wraps could not be drawn over; the last column may wrap too.
  *out_ << "\r\x1B[K" << TruncateToWidth(AsView(line), terminal_.width - 1)
        << std::flush;
  drawn_ = true;
}

void ProgressBar::Clear() {
  if (drawn_) *out_ << "\r\x1B[K" << std::flush;
  drawn_ = false;
}

std::string ProgressBar::Text(uint64_t count) const {
  std::string text = WithSeparators(count);
  if (total_ > 0) absl::StrAppend(&text, " of ", WithSeparators(total_));
  absl::StrAppend(&text, " ", what_);
  if (total_ > 0) {
    absl::StrAppend(&text, " (", std::min(count, total_) * 100 / total_, "%)");
  }
  const double seconds = absl::ToDoubleSeconds(clock_->Now() - started_);
  if (seconds <= 0 || count == 0) return text;
  const double rate = static_cast<double>(count) / seconds;
  absl::StrAppend(&text, ", ", WithSeparators(static_cast<uint64_t>(rate)),
                  "/s");
  if (total_ > count) {
    absl::StrAppend(&text, ", ",
                    ShortDuration(absl::Seconds(
                        static_cast<double>(total_ - count) / rate)),
                    " left");
  }
  return text;
}

std::string WithSeparators(uint64_t number) {
  const std::string digits = absl::StrCat(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

std::string Counted(uint64_t count, absl::string_view one,
                    absl::string_view many) {
  return absl::StrCat(WithSeparators(count), " ", count == 1 ? one : many);
}

std::string ShortDuration(absl::Duration duration) {
  const int64_t ms = absl::ToInt64Milliseconds(duration);
  if (ms < 1000) return absl::StrCat(ms, " ms");
  const int64_t seconds = ms / 1000;
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3600) {
    return absl::StrCat(seconds / 60, " min ", seconds % 60, " s");
  }
  return absl::StrCat(seconds / 3600, " h ", seconds / 60 % 60, " min");
}

}  // namespace sluice::cli
