// Rows for a person or a program: an aligned table, JSON lines or CSV, behind
// one interface.
#ifndef SLUICE_LIBS_CLI_TABLE_H_
#define SLUICE_LIBS_CLI_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/cli/terminal.h"

namespace sluice::cli {

enum class OutputFormat { kTable, kJsonLines, kCsv };

// From "table", "jsonl" or "csv". MALFORMED otherwise.
absl::StatusOr<OutputFormat> OutputFormatFromName(absl::string_view name);

// One value. A row's cells may be used again for the next row; texts then keep
// their memory.
class Cell {
 public:
  enum class Kind { kNull, kText, kNumber, kBool };

  Cell() = default;
  static Cell Text(absl::string_view text);
  static Cell Number(int64_t value);
  static Cell Number(uint64_t value);

  void SetNull();
  void SetText(absl::string_view text);
  // Decimal digits as JSON has them.
  void SetNumber(absl::string_view digits);
  void SetBool(bool value);

  Kind kind() const { return kind_; }
  const std::string& text() const { return text_; }

 private:
  Kind kind_ = Kind::kNull;
  std::string text_;
};

using Row = std::vector<Cell>;

struct ColumnSpec {
  // The header, and the key in JSON.
  std::string name;
  // Numbers stand to the right, under a header that does too.
  bool is_number = false;
};

// What was written to `out`, which is standard output, leaves. STORAGE_FAILED
// if it could not be written.
absl::Status FlushOutput(std::ostream* out);

// Not thread-safe.
class RowWriter {
 public:
  virtual ~RowWriter() = default;

  // `row` has a cell for each column (asserted).
  virtual void Write(const Row& row) = 0;

  // Everything written so far leaves. STORAGE_FAILED if it could not be
  // written.
  virtual absl::Status Flush() = 0;
};

// Rows that a table looks at, before it writes the first, to see how wide its
// columns must be. Later ones are cut to that.
inline constexpr size_t kTableRowsHeldMax = 500;

// A null is "-" in a table, null in JSON, and nothing in CSV, where an empty
// text is "". A table is cut to the terminal's width with "…", holds back at
// most kTableRowsHeldMax rows until Flush, and shows texts as Printable does.
// CSV is RFC 4180 with LF between lines. `out` must outlive the writer; the
// header is written even if there are no rows.
std::unique_ptr<RowWriter> MakeRowWriter(OutputFormat format,
                                         std::vector<ColumnSpec> columns,
                                         const Terminal& terminal,
                                         std::ostream* out);

}  // namespace sluice::cli

#endif  // SLUICE_LIBS_CLI_TABLE_H_
