// How fast the embedded log appends and reads on this machine, beside what the
// disk itself does:
//
//   bazel run //libs/bus:embedded_log_speed -- /path/on/the/disk
//
// Prints MB/s, for reads MB per second of processor time; the folder is removed
// at the end.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/bus/embedded_log.h"

namespace sluice::bus {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr size_t kTotalBytes = size_t{500} << 20;
constexpr int kRuns = 5;

double Measure(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return Seconds(std::chrono::steady_clock::now() - start).count();
}

// Processor time of the whole process: what a read costs, on a busy machine
// too.
double MeasureProcessor(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

void Report(const std::string& what, double bytes,
            std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  std::printf("%-46s %8.1f MB/s median (%.1f to %.1f)\n", what.c_str(),
              bytes / seconds[seconds.size() / 2] / 1e6,
              bytes / seconds.back() / 1e6, bytes / seconds.front() / 1e6);
}

// What the disk takes: the same sizes, one write and one fdatasync each.
void MeasureDisk(const std::string& folder, size_t value_bytes) {
  const std::string value(value_bytes, 'v');
  const std::string path = folder + "/plain";
  const size_t writes = kTotalBytes / 10 / value_bytes;
  std::vector<double> seconds;
  seconds.reserve(kRuns);
  for (int run = 0; run < kRuns; ++run) {
    const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
    if (file < 0) std::exit(1);
    seconds.push_back(Measure([&] {
      for (size_t i = 0; i < writes; ++i) {
        if (write(file, value.data(), value.size()) < 0 ||
            fdatasync(file) != 0) {
          std::exit(1);
        }
      }
    }));
    close(file);
  }
  Report(absl::StrCat("plain write+fdatasync of ", value_bytes, " bytes"),
         static_cast<double>(writes * value_bytes), seconds);
}

void MeasureLog(const std::string& folder, size_t value_bytes, int producers) {
  EmbeddedLogOptions options;
  options.path = absl::StrCat(folder, "/log-", value_bytes, "-", producers);
  auto log = OpenEmbeddedLog(options);
  Check(log.status());
  TopicSpec spec;
  spec.name = "speed";
  spec.partitions = 4;
  Check((*log)->CreateTopic(spec));
  const SharedBytes value = SharedBytes::Own(std::string(value_bytes, 'v'));
  const size_t total = std::min(kTotalBytes, value_bytes * 4'000);
  const size_t each =
      total / value_bytes / static_cast<size_t>(producers) / kRuns;
  const double run_bytes =
      static_cast<double>(each * static_cast<size_t>(producers) * value_bytes);
  std::vector<double> seconds;
  seconds.reserve(kRuns);
  for (int run = 0; run < kRuns; ++run) {
    seconds.push_back(Measure([&] {
      std::vector<std::thread> threads;
      threads.reserve(producers);
      for (int p = 0; p < producers; ++p) {
        threads.emplace_back([&, p] {
          auto producer = (*log)->OpenProducer(absl::StrCat(p));
          Check(producer.status());
          for (size_t i = 0; i < each; ++i) {
            Check((*producer)
                      ->Append({{{"speed", p % 4}, "key", value}})
                      .status());
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }));
  }
  const std::string size =
      absl::StrCat(value_bytes, " bytes, ", producers, " producers");
  Report(absl::StrCat("append ", size), run_bytes, seconds);

  const auto read_all = [&](const char* what) {
    std::vector<double> read_seconds;
    double bytes = 0;
    for (int run = 0; run < kRuns; ++run) {
      bytes = 0;
      read_seconds.push_back(MeasureProcessor([&] {
        for (int p = 0; p < std::min(producers, 4); ++p) {
          int64_t from = 0;
          while (true) {
            const auto read = (*log)->Read({"speed", p}, from, 1'000, 2 << 20,
                                           absl::ZeroDuration());
            Check(read.status());
            if (read->empty()) break;
            for (const Message& m : *read) {
              bytes += static_cast<double>(m.value.size());
            }
            from = read->back().offset + 1;
          }
        }
      }));
    }
    Report(absl::StrCat(what, size), bytes, read_seconds);
  };
  read_all("read, as written, ");
  log->reset();
  log = OpenEmbeddedLog(options);
  Check(log.status());
  read_all("read, all in files, ");
  log->reset();
  std::filesystem::remove_all(options.path);
}

}  // namespace
}  // namespace sluice::bus

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: embedded_log_speed FOLDER\n");
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::string folder = absl::StrCat(argv[1], "/sluice-speed");
  std::filesystem::create_directories(folder);
  for (const size_t value_bytes : {size_t{500'000}, size_t{1'000}}) {
    sluice::bus::MeasureDisk(folder, std::max(value_bytes, size_t{65'536}));
    sluice::bus::MeasureLog(folder, value_bytes, 1);
    sluice::bus::MeasureLog(folder, value_bytes, 8);
  }
  std::filesystem::remove_all(folder);
  return 0;
}
