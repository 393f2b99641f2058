#include "tools/loadgen/csv_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "libs/base/file.h"

namespace sluice::loadgen {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;
constexpr size_t kRowBytesUsual = size_t{4} << 10;
constexpr int kDecimalDigitsMax = 20;

}  // namespace

absl::StatusOr<std::unique_ptr<CsvWriter>> CsvWriter::Open(
    const std::string& path) {
  int fd = STDOUT_FILENO;
  if (path != "-") {
    fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return ErrnoError(errno, "write", path);
  }
  return std::unique_ptr<CsvWriter>(new CsvWriter(fd, path));
}

CsvWriter::CsvWriter(int fd, std::string path)
    : fd_(fd), path_(std::move(path)) {
  block_.reserve(kBlockBytes + kRowBytesUsual);
}

CsvWriter::~CsvWriter() {
  if (fd_ != STDOUT_FILENO) close(fd_);
}

void CsvWriter::AppendPadded(uint64_t number, int width) {
  std::array<char, kDecimalDigitsMax> digits;
  for (int i = width; i-- > 0;) {
    digits[static_cast<size_t>(i)] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  block_.append(digits.data(), static_cast<size_t>(width));
}

absl::Status CsvWriter::EndRow() {
  block_.push_back('\n');
  return block_.size() >= kBlockBytes ? Flush() : absl::OkStatus();
}

absl::Status CsvWriter::Finish() { return Flush(); }

absl::Status CsvWriter::Flush() {
  size_t written = 0;
  while (written < block_.size()) {
    const ssize_t count =
        write(fd_, block_.data() + written, block_.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoError(errno, "write", path_);
    written += static_cast<size_t>(count);
  }
  bytes_ += block_.size();
  block_.clear();
  return absl::OkStatus();
}

}  // namespace sluice::loadgen
