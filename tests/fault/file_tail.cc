#include "tests/fault/file_tail.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/time/clock.h"

namespace sluice::fault {
namespace {

void Check(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::abort();
}

}  // namespace

FileTail::FileTail(std::string path)
    : path_(std::move(path)),
      watch_fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  Check(watch_fd_ >= 0, "inotify_init1");
  const std::string folder = std::filesystem::path(path_).parent_path();
  Check(::inotify_add_watch(watch_fd_, folder.c_str(),
                            IN_MODIFY | IN_CREATE | IN_MOVED_TO) >= 0,
        "inotify_add_watch");
}

FileTail::~FileTail() { ::close(watch_fd_); }

bool FileTail::Await(const std::function<bool(absl::string_view line)>& wanted,
                     absl::Duration patience) {
  const absl::Time until = absl::Now() + patience;
  while (true) {
    if (TakeLines(wanted)) return true;
    if (absl::Now() >= until) return false;
    WaitForChange(until);
  }
}

bool FileTail::AwaitLines(size_t lines, absl::Duration patience) {
  if (lines == 0) return true;
  return Await([&](absl::string_view) { return --lines == 0; }, patience);
}

bool FileTail::AwaitText(const std::string& text, absl::Duration patience) {
  const absl::string_view wanted(text.data(), text.size());
  return Await(
      [&](absl::string_view line) {
        return line.find(wanted) != absl::string_view::npos;
      },
      patience);
}

void FileTail::SkipToEnd() {
  TakeLines([](absl::string_view) { return false; });
}

bool FileTail::TakeLines(
    const std::function<bool(absl::string_view line)>& wanted) {
  std::ifstream file(path_);
  file.seekg(static_cast<std::streamoff>(offset_));
  std::stringstream read;
  read << file.rdbuf();
  const std::string content = read.str();
  for (size_t begin = 0, end = 0;
       (end = content.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    offset_ += end + 1 - begin;
    if (wanted(absl::string_view(content.data() + begin, end - begin))) {
      return true;
    }
  }
  return false;
}

void FileTail::WaitForChange(absl::Time until) const {
  const int64_t left_ms =
      std::max<int64_t>(0, absl::ToInt64Milliseconds(until - absl::Now())) + 1;
  pollfd waiting = {watch_fd_, POLLIN, 0};
  const int ready =
      ::poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left_ms, 60'000)));
  Check(ready >= 0 || errno == EINTR, "poll");
  // One look at the file covers all changes that were told of.
  std::array<char, 4096> events;
  while (::read(watch_fd_, events.data(), events.size()) > 0) {
  }
}

}  // namespace sluice::fault
