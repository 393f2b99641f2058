// A streaming reader of CSV (RFC 4180): comma, double quotes, LF or CRLF,
// quoted values that hold commas, quotes and line breaks.
//
// It splits bytes and knows no encoding. That is right for UTF-8 and for
// GB18030: in both, the bytes of a comma, a quote, CR and LF never occur inside
// a longer character, so rows can be found before anything is decoded, and a
// broken character costs its own row and no other.
//
// A row that breaks the rules is handed out as a bad row, with its place and
// what is wrong; reading goes on behind it:
// - broken quoting (a quote that is never closed, text behind a closing quote,
// a
//   quote or a carriage return in an unquoted value) costs the row's first
//   line. The next line is read afresh: a forgotten quote cannot swallow the
//   rows below it.
// - a row that is too long but ends properly is passed over whole, line breaks
//   inside its quotes included.
#ifndef SLUICE_LIBS_PUBLISH_CSV_READER_H_
#define SLUICE_LIBS_PUBLISH_CSV_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/publish/byte_source.h"

namespace sluice::publish {

// Most bytes of a bad row that are kept.
inline constexpr size_t kRawBytesMax = 65'536;
// How far behind a row's start its end is looked for, when the row is too long.
inline constexpr uint64_t kLongRowBytesMax = uint64_t{16} << 20;

struct CsvOptions {
  // Longest row without its line end. At least 1.
  size_t row_bytes_max = 65'536;
  // Bytes read at once.
  size_t chunk_bytes = size_t{256} << 10;
  // Where the first row starts, and the number of that line.
  uint64_t begin_offset = 0;
  uint64_t begin_line = 1;
  // What is behind the source's end may be yet to come: a row with a quote that
  // is open there, and that is not too long yet, is left for then.
  bool may_go_on = false;
};

struct CsvField {
  absl::string_view text;  // without its quotes, doubled quotes made single
  bool quoted = false;
};

// Views are valid until the next call of Next.
struct CsvRow {
  // Of the row's first byte; lines count from 1.
  uint64_t line = 0;
  uint64_t offset = 0;
  // As read, without the line end; of a bad row at most kRawBytesMax.
  absl::string_view raw;
  // Empty for a bad row. An empty line is one empty unquoted field.
  std::vector<CsvField> fields;
  // What is wrong with a bad row and what to do; empty for a good one. Never
  // holds bytes of the row.
  std::string problem;
};

// Memory: about row_bytes_max + chunk_bytes + kRawBytesMax. Not thread-safe.
class CsvReader {
 public:
  // `source` must outlive the reader.
  CsvReader(ByteSource* source, const CsvOptions& options);

  // The next row, good or bad. False at the end, or if no row is whole any
  // more. Errors are the source's.
  absl::StatusOr<bool> Next(CsvRow* row);

  // Where the next row starts, and its line.
  uint64_t offset() const { return buffer_offset_ + begin_; }
  uint64_t line() const { return line_; }

 private:
  // What Scan found.
  enum class Found {
    kNeedMore,  // the row's end is not in the buffer
    kRow,       // a good row; row_length_ and row_bytes_ are set
    kOpen,      // the row may go on behind the source's end
    kBroken,    // problem_ is set
  };

  size_t available() const { return end_ - begin_; }
  absl::string_view rest() const {
    return absl::string_view(buffer_.data() + begin_, available());
  }

  absl::Status Fill();
  Found Scan(CsvRow* row);
  Found ScanPlain(absl::string_view line, size_t consumed, CsvRow* row);
  Found ScanQuoted(absl::string_view window, CsvRow* row);
  Found ScanQuotedField(absl::string_view window, size_t* at, CsvRow* row);
  Found ScanUnquotedField(absl::string_view window, size_t* at, CsvRow* row);
  // Fails the row for what stands at `at`.
  Found Break(size_t at, absl::string_view what);
  // For a quote that is still open at the source's end.
  Found EndUnclosed();
  std::string PlaceOf(size_t at) const;
  absl::string_view Unescape(absl::string_view text);

  void FinishRow(CsvRow* row);
  absl::Status TakeBadLine(CsvRow* row);
  absl::Status TakeLongRow(CsvRow* row);
  absl::Status KeepRaw(uint64_t length, CsvRow* row);
  void MoveTo(uint64_t offset);

  // Constant after construction.
  ByteSource* const source_;
  const size_t row_bytes_max_;
  const size_t chunk_bytes_;
  const bool may_go_on_;

  std::vector<char> buffer_;
  size_t begin_ = 0;  // of the next row in buffer_
  size_t end_ = 0;    // of what was read into buffer_
  uint64_t buffer_offset_;
  uint64_t line_;
  bool at_end_ = false;

  // Of the row found last: bytes with and without its line end, and line
  // breaks.
  size_t row_length_ = 0;
  size_t row_bytes_ = 0;
  uint64_t row_lines_ = 0;
  std::string problem_;
  // Whether the source ends with the window that is being scanned.
  bool window_ends_ = false;
  // Where the quote stands that was still open at the window's end.
  size_t quote_at_ = absl::string_view::npos;
  // Unescaped values of one row. Never grows beyond its first capacity, so that
  // views into it hold.
  std::string unescaped_;
  std::string raw_;
};

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_CSV_READER_H_
