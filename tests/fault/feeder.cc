#include "tests/fault/feeder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace sluice::fault {
namespace {

// Rows come in bursts of this distance.
constexpr absl::Duration kPace = absl::Milliseconds(20);
constexpr int kPacesPerSecond = 50;
// Makes a record about as long as a small one of a real table.
const char* const kText = "0123456789abcdef0123456789abcdef";

}  // namespace

Feeder::Feeder(const std::string& path, std::string prefix, int keys)
    : prefix_(std::move(prefix)),
      keys_(static_cast<uint64_t>(keys)),
      file_(path, std::ios::trunc) {
  file_ << "id,number,text\n" << std::flush;
}

Feeder::~Feeder() { Stop(); }

void Feeder::Add(int rows) { Append(rows); }

void Feeder::Start(int rows_per_second) {
  thread_ = std::thread([this, rows_per_second] { Run(rows_per_second); });
}

void Feeder::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    stop_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
  MutexLock lock(&mutex_);
  stopping_ = false;
}

void Feeder::Run(int rows_per_second) {
  while (true) {
    Append(rows_per_second / kPacesPerSecond);
    MutexLock lock(&mutex_);
    bool timed_out = false;
    while (!stopping_ && !timed_out) timed_out = stop_.WaitFor(&mutex_, kPace);
    if (stopping_) return;
  }
}

void Feeder::Append(int rows) {
  uint64_t next = total();
  const uint64_t end = next + static_cast<uint64_t>(rows);
  std::string lines;
  for (; next < end; ++next) {
    absl::StrAppend(&lines, prefix_, next % keys_, ",", next / keys_, ",",
                    kText, "\n");
  }
  file_ << lines << std::flush;
  MutexLock lock(&mutex_);
  total_ = end;
}

std::map<std::string, uint64_t> Feeder::counts() const {
  const uint64_t all = total();
  std::map<std::string, uint64_t> counts;
  for (uint64_t key = 0; key < keys_; ++key) {
    const uint64_t count = all / keys_ + (key < all % keys_ ? 1 : 0);
    if (count > 0) counts[absl::StrCat(prefix_, key)] = count;
  }
  return counts;
}

uint64_t Feeder::total() const {
  MutexLock lock(&mutex_);
  return total_;
}

}  // namespace sluice::fault
