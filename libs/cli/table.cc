#include "libs/cli/table.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/cli/display_width.h"

namespace sluice::cli {
namespace {

constexpr absl::string_view kGap = "  ";
constexpr absl::string_view kNullInTable = "-";
// A column is not made narrower than this to fit a terminal.
constexpr size_t kColumnWidthMin = 6;

class TableWriter : public RowWriter {
 public:
  TableWriter(std::vector<ColumnSpec> columns, const Terminal& terminal,
              std::ostream* out)
      : columns_(std::move(columns)), terminal_(terminal), out_(out) {}

  void Write(const Row& row) override {
    assert(row.size() == columns_.size());
    std::vector<std::string> shown;
    shown.reserve(row.size());
    for (const Cell& cell : row) {
      shown.push_back(cell.kind() == Cell::Kind::kNull
                          ? std::string(kNullInTable)
                          : Printable(AsView(cell.text())));
    }
    if (!widths_.empty()) {
      WriteLine(shown, Style::kPlain);
      return;
    }
    held_.push_back(std::move(shown));
    if (held_.size() == kTableRowsHeldMax) WriteHeld();
  }

  absl::Status Flush() override {
    if (widths_.empty()) WriteHeld();
    return FlushOutput(out_);
  }

 private:
  void WriteHeld() {
    MeasureColumns();
    std::vector<std::string> header;
    header.reserve(columns_.size());
    for (const ColumnSpec& column : columns_) header.push_back(column.name);
    WriteLine(header, Style::kBold);
    for (const auto& row : held_) WriteLine(row, Style::kPlain);
    held_.clear();
  }

  void MeasureColumns() {
    for (const ColumnSpec& column : columns_) {
      widths_.push_back(DisplayWidth(AsView(column.name)));
    }
    for (const auto& row : held_) {
      for (size_t i = 0; i < row.size(); ++i) {
        widths_[i] = std::max(widths_[i], DisplayWidth(AsView(row[i])));
      }
    }
    if (terminal_.width > 0) ShrinkTo(terminal_.width);
  }

  // Takes from the widest column until all fit or none can give more.
  void ShrinkTo(size_t width) {
    size_t total = kGap.size() * (widths_.size() - 1);
    for (size_t column : widths_) total += column;
    while (total > width) {
      size_t* const widest = &*std::max_element(widths_.begin(), widths_.end());
      if (*widest <= kColumnWidthMin) return;
      --*widest;
      --total;
    }
  }

  void WriteLine(const std::vector<std::string>& texts, Style style) {
    std::string line;
    for (size_t i = 0; i < texts.size(); ++i) {
      if (i > 0) absl::StrAppend(&line, kGap);
      // Records that come after the widths are settled are shown whole when
      // no terminal limits the line.
      const std::string shown =
          terminal_.width > 0 ? TruncateToWidth(AsView(texts[i]), widths_[i])
                              : texts[i];
      const size_t taken = DisplayWidth(AsView(shown));
      const size_t padding = widths_[i] > taken ? widths_[i] - taken : 0;
      const bool last = i + 1 == texts.size();
      if (columns_[i].is_number) line.append(padding, ' ');
      line.append(shown);
      if (!columns_[i].is_number && !last) line.append(padding, ' ');
    }
    *out_ << Styled(terminal_, style, AsView(line)) << '\n';
  }

  const std::vector<ColumnSpec> columns_;
  const Terminal terminal_;
  std::ostream* const out_;
  std::vector<std::vector<std::string>> held_;
  // Empty until the header is written.
  std::vector<size_t> widths_;
};

class JsonLinesWriter : public RowWriter {
 public:
  JsonLinesWriter(const std::vector<ColumnSpec>& columns, std::ostream* out)
      : out_(out) {
    for (const ColumnSpec& column : columns) {
      keys_.push_back(absl::StrCat(JsonQuote(AsView(column.name)), ":"));
    }
  }

  void Write(const Row& row) override {
    assert(row.size() == keys_.size());
    line_.assign(1, '{');
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line_.push_back(',');
      line_.append(keys_[i]);
      switch (row[i].kind()) {
        case Cell::Kind::kNull:
          line_.append("null");
          break;
        case Cell::Kind::kText:
          line_.append(JsonQuote(AsView(row[i].text())));
          break;
        case Cell::Kind::kNumber:
        case Cell::Kind::kBool:
          line_.append(row[i].text());
          break;
      }
    }
    line_.append("}\n");
    out_->write(line_.data(), static_cast<std::streamsize>(line_.size()));
  }

  absl::Status Flush() override { return FlushOutput(out_); }

 private:
  std::vector<std::string> keys_;
  std::ostream* const out_;
  std::string line_;
};

class CsvWriter : public RowWriter {
 public:
  CsvWriter(const std::vector<ColumnSpec>& columns, std::ostream* out)
      : column_count_(columns.size()), out_(out) {
    for (const ColumnSpec& column : columns) {
      if (!line_.empty()) line_.push_back(',');
      AppendText(column.name);
    }
    WriteLine();
  }

  void Write(const Row& row) override {
    assert(row.size() == column_count_);
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line_.push_back(',');
      if (row[i].kind() != Cell::Kind::kNull) AppendText(row[i].text());
    }
    WriteLine();
  }

  absl::Status Flush() override { return FlushOutput(out_); }

 private:
  void AppendText(const std::string& text) {
    if (!text.empty() && text.find_first_of("\",\r\n") == std::string::npos) {
      line_.append(text);
      return;
    }
    line_.push_back('"');
    for (char c : text) {
      if (c == '"') line_.push_back('"');
      line_.push_back(c);
    }
    line_.push_back('"');
  }

  void WriteLine() {
    line_.push_back('\n');
    out_->write(line_.data(), static_cast<std::streamsize>(line_.size()));
    line_.clear();
  }

  const size_t column_count_;
  std::ostream* const out_;
  std::string line_;
};

}  // namespace

absl::Status FlushOutput(std::ostream* out) {
  out->flush();
  if (out->good()) return absl::OkStatus();
  return Error(status::v1::REASON_CODE_STORAGE_FAILED,
               "cannot write to standard output: check that its reader still "
               "runs and that the disk is not full");
}

absl::StatusOr<OutputFormat> OutputFormatFromName(absl::string_view name) {
  if (name == "table") return OutputFormat::kTable;
  if (name == "jsonl") return OutputFormat::kJsonLines;
  if (name == "csv") return OutputFormat::kCsv;
  return Error(
      status::v1::REASON_CODE_MALFORMED,
      absl::StrCat("no output format ", name, ": use table, jsonl or csv"));
}

Cell Cell::Text(absl::string_view text) {
  Cell cell;
  cell.SetText(text);
  return cell;
}

Cell Cell::Number(int64_t value) {
  Cell cell;
  cell.SetNumber(AsView(absl::StrCat(value)));
  return cell;
}

Cell Cell::Number(uint64_t value) {
  Cell cell;
  cell.SetNumber(AsView(absl::StrCat(value)));
  return cell;
}

void Cell::SetNull() {
  kind_ = Kind::kNull;
  text_.clear();
}

void Cell::SetText(absl::string_view text) {
  kind_ = Kind::kText;
  text_.assign(text.data(), text.size());
}

void Cell::SetNumber(absl::string_view digits) {
  kind_ = Kind::kNumber;
  text_.assign(digits.data(), digits.size());
}

void Cell::SetBool(bool value) {
  kind_ = Kind::kBool;
  text_ = value ? "true" : "false";
}

std::unique_ptr<RowWriter> MakeRowWriter(OutputFormat format,
                                         std::vector<ColumnSpec> columns,
                                         const Terminal& terminal,
                                         std::ostream* out) {
  assert(!columns.empty());
  switch (format) {
    case OutputFormat::kJsonLines:
      return std::make_unique<JsonLinesWriter>(columns, out);
    case OutputFormat::kCsv:
      return std::make_unique<CsvWriter>(columns, out);
    case OutputFormat::kTable:
      break;
  }
  return std::make_unique<TableWriter>(std::move(columns), terminal, out);
}

}  // namespace sluice::cli
