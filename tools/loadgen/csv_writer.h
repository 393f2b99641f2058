// Writes CSV in large blocks, a field at a time and without allocating.
#ifndef SLUICE_TOOLS_LOADGEN_CSV_WRITER_H_
#define SLUICE_TOOLS_LOADGEN_CSV_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sluice::loadgen {

// One thread at a time. Memory: one block of kBlockBytes and one row.
//
// The caller appends a row's fields and commas, then ends it. Fields are not
// quoted: the generators make none that holds a comma, a quote or a line end.
class CsvWriter {
 public:
  // Replaces the file at `path`; "-" is standard output.
  static absl::StatusOr<std::unique_ptr<CsvWriter>> Open(
      const std::string& path);

  // Closes the file. What Finish did not write is lost.
  ~CsvWriter();

  CsvWriter(const CsvWriter&) = delete;
  CsvWriter& operator=(const CsvWriter&) = delete;

  void Append(absl::string_view text) {
    block_.append(text.data(), text.size());
  }
  void Append(char c) { block_.push_back(c); }

  // `number` in decimal with leading zeros up to `width` digits; the digits
  // above that are cut off.
  void AppendPadded(uint64_t number, int width);

  void AppendNumber(uint64_t number) { absl::StrAppend(&block_, number); }

  // Ends the row; writes the block out when it is full.
  absl::Status EndRow();

  // Writes the rest. Call it once, last.
  absl::Status Finish();

  uint64_t bytes() const { return bytes_; }

 private:
  CsvWriter(int fd, std::string path);

  absl::Status Flush();

  const int fd_;
  const std::string path_;
  std::string block_;
  uint64_t bytes_ = 0;
};

}  // namespace sluice::loadgen

#endif  // SLUICE_TOOLS_LOADGEN_CSV_WRITER_H_
