#include "tests/fault/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "libs/base/status.h"

namespace sluice::fault {
namespace {

// A position may be empty, and an empty word would be lost.
constexpr char kPositionMark = '=';

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

absl::Status SystemError(const char* call, const std::string& path) {
  return Error(status::v1::REASON_CODE_STORAGE_FAILED,
               absl::StrCat(call, " ", path, ": ", std::strerror(errno)));
}

std::string Line(const JournalDelivery& delivery) {
  std::string line = absl::StrCat(
      absl::ToUnixMicros(delivery.received), " ", delivery.partition, " ",
      delivery.generation, " ", delivery.sequence, " ", delivery.audit_id, " ",
      std::string(1, kPositionMark), absl::BytesToHexString(delivery.position));
  for (const KeyedNumber& record : delivery.records) {
    absl::StrAppend(&line, " ", record.key, ":", record.number);
  }
  return line + "\n";
}

bool ParseRecord(absl::string_view word, KeyedNumber* record) {
  const size_t colon = word.rfind(':');
  if (colon == absl::string_view::npos) return false;
  record->key = std::string(word.substr(0, colon));
  return absl::SimpleAtoi(word.substr(colon + 1), &record->number);
}

bool ParseLine(absl::string_view line, JournalDelivery* delivery) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  int64_t received_us = 0;
  if (words.size() < 6 || words[5].empty() || words[5][0] != kPositionMark ||
      !absl::SimpleAtoi(words[0], &received_us) ||
      !absl::SimpleAtoi(words[1], &delivery->partition) ||
      !absl::SimpleAtoi(words[2], &delivery->generation) ||
      !absl::SimpleAtoi(words[3], &delivery->sequence)) {
    return false;
  }
  delivery->received = absl::FromUnixMicros(received_us);
  delivery->audit_id = std::string(words[4]);
  delivery->position = absl::HexStringToBytes(words[5].substr(1));
  for (size_t i = 6; i < words.size(); ++i) {
    KeyedNumber record;
    if (!ParseRecord(words[i], &record)) return false;
    delivery->records.push_back(std::move(record));
  }
  return true;
}

}  // namespace

absl::StatusOr<std::vector<JournalDelivery>> ReadJournal(
    const std::string& path) {
  const std::string content = ReadWhole(path);
  std::vector<JournalDelivery> deliveries;
  for (size_t begin = 0, end = 0;
       (end = content.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    JournalDelivery delivery;
    const absl::string_view line(content.data() + begin, end - begin);
    if (!ParseLine(line, &delivery)) {
      return Error(status::v1::REASON_CODE_MALFORMED,
                   absl::StrCat(path, ": line ", deliveries.size() + 1,
                                " is no delivery"));
    }
    deliveries.push_back(std::move(delivery));
  }
  return deliveries;
}

absl::StatusOr<std::unique_ptr<JournalWriter>> JournalWriter::Open(
    const std::string& path) {
  ASSIGN_OR_RETURN(const std::vector<JournalDelivery> kept, ReadJournal(path));
  const std::string content = ReadWhole(path);
  const int fd =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError("open", path);
  std::unique_ptr<JournalWriter> writer(new JournalWriter(
      fd, kept.empty() ? std::string() : kept.back().position));
  const size_t whole = content.rfind('\n') + 1;  // 0 without a line
  if (::ftruncate(fd, static_cast<off_t>(whole)) != 0) {
    return SystemError("ftruncate", path);
  }
  return writer;
}

JournalWriter::~JournalWriter() { ::close(fd_); }

absl::Status JournalWriter::Append(const JournalDelivery& delivery) {
  const std::string line = Line(delivery);
  for (size_t done = 0; done < line.size();) {
    const ssize_t wrote = ::write(fd_, line.data() + done, line.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return SystemError("write", "the journal");
    done += static_cast<size_t>(wrote);
  }
  position_ = delivery.position;
  return absl::OkStatus();
}

}  // namespace sluice::fault
