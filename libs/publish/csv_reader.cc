#include "libs/publish/csv_reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/publish/csv_row_end.h"

namespace sluice::publish {
namespace {

// A row's line end, which does not count towards its length.
constexpr size_t kLineEndBytesMax = 2;

size_t Find(absl::string_view text, size_t from, char byte) {
  if (from >= text.size()) return absl::string_view::npos;
  const void* found = std::memchr(text.data() + from, byte, text.size() - from);
  return found == nullptr ? absl::string_view::npos
                          : static_cast<const char*>(found) - text.data();
}

// Offset of the first line break from `offset` on, or the source's size.
absl::StatusOr<uint64_t> FindLineBreak(ByteSource* source, uint64_t offset,
                                       size_t chunk_bytes) {
  std::vector<char> chunk(chunk_bytes);
  while (offset < source->size()) {
    ASSIGN_OR_RETURN(const size_t got,
                     source->ReadAt(offset, chunk.data(), chunk.size()));
    const size_t found = Find(absl::string_view(chunk.data(), got), 0, '\n');
    if (found != absl::string_view::npos) return offset + found;
    offset += got;
  }
  return source->size();
}

absl::string_view WithoutLineEnd(absl::string_view raw) {
  if (!raw.empty() && raw.back() == '\n') raw.remove_suffix(1);
  if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
  return raw;
}

}  // namespace

CsvReader::CsvReader(ByteSource* source, const CsvOptions& options)
    : source_(source),
      row_bytes_max_(options.row_bytes_max),
      chunk_bytes_(options.chunk_bytes),
      may_go_on_(options.may_go_on),
      buffer_(options.row_bytes_max + kLineEndBytesMax + options.chunk_bytes),
      buffer_offset_(options.begin_offset),
      line_(options.begin_line) {
  unescaped_.reserve(row_bytes_max_ + kLineEndBytesMax);
}

absl::StatusOr<bool> CsvReader::Next(CsvRow* row) {
  while (true) {
    if (available() == 0 && at_end_) return false;
    row->fields.clear();
    row->problem.clear();
    row->line = line_;
    row->offset = offset();
    const Found found = available() == 0 ? Found::kNeedMore : Scan(row);
    if (found == Found::kOpen) return false;
    if (found == Found::kBroken) {
      RETURN_IF_ERROR(TakeBadLine(row));
      return true;
    }
    if (found == Found::kRow && row_bytes_ <= row_bytes_max_) {
      FinishRow(row);
      return true;
    }
    if (found == Found::kRow ||
        available() >= row_bytes_max_ + kLineEndBytesMax) {
      RETURN_IF_ERROR(TakeLongRow(row));
      return true;
    }
    RETURN_IF_ERROR(Fill());
  }
}

absl::Status CsvReader::Fill() {
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, available());
    buffer_offset_ += begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  const uint64_t at = buffer_offset_ + end_;
  ASSIGN_OR_RETURN(
      const size_t got,
      source_->ReadAt(at, buffer_.data() + end_,
                      std::min(chunk_bytes_, buffer_.size() - end_)));
  end_ += got;
  at_end_ = got == 0;
  return absl::OkStatus();
}

CsvReader::Found CsvReader::Scan(CsvRow* row) {
  // A row is looked for in a window of fixed size, so that the verdict on it
  // does not depend on how much happens to be in the buffer.
  const absl::string_view window =
      rest().substr(0, row_bytes_max_ + kLineEndBytesMax);
  quote_at_ = absl::string_view::npos;
  const size_t line_break = Find(window, 0, '\n');
  const absl::string_view line = window.substr(0, line_break);
  if (Find(line, 0, '"') != absl::string_view::npos) {
    unescaped_.clear();
    window_ends_ = at_end_ && window.size() == available();
    return ScanQuoted(window, row);
  }
  if (line_break != absl::string_view::npos) {
    return ScanPlain(line, line_break + 1, row);
  }
  const bool last = at_end_ && window.size() == available();
  return last ? ScanPlain(line, line.size(), row) : Found::kNeedMore;
}

CsvReader::Found CsvReader::ScanPlain(absl::string_view line, size_t consumed,
                                      CsvRow* row) {
  row_length_ = consumed;
  row_lines_ = consumed == line.size() ? 0 : 1;
  line = WithoutLineEnd(line);
  row_bytes_ = line.size();
  const size_t carriage_return = Find(line, 0, '\r');
  if (carriage_return != absl::string_view::npos) {
    return Break(carriage_return, "a carriage return in an unquoted value");
  }
  for (size_t at = 0;;) {
    const size_t comma = Find(line, at, ',');
    if (comma == absl::string_view::npos) {
      row->fields.push_back({line.substr(at), false});
      return Found::kRow;
    }
    row->fields.push_back({line.substr(at, comma - at), false});
    at = comma + 1;
  }
}

CsvReader::Found CsvReader::ScanQuoted(absl::string_view window, CsvRow* row) {
  for (size_t at = 0;;) {
    const bool quoted = at < window.size() && window[at] == '"';
    const Found found = quoted ? ScanQuotedField(window, &at, row)
                               : ScanUnquotedField(window, &at, row);
    if (found != Found::kRow) return found;
    // `at` is behind the value.
    const size_t value_end = at;
    if (at < window.size() && window[at] == ',') {
      ++at;
      continue;
    }
    if (at < window.size() && window[at] == '\r') {
      ++at;
      if (at < window.size() && window[at] != '\n') {
        return Break(value_end, quoted
                                    ? "text behind a closing quote"
                                    : "a carriage return in an unquoted value");
      }
    }
    if (at == window.size() && !window_ends_) return Found::kNeedMore;
    if (at < window.size()) {
      if (window[at] != '\n') {
        return Break(at, quoted ? "text behind a closing quote"
                                : "a quote in an unquoted value");
      }
      ++at;
    }
    row_length_ = at;
    row_bytes_ = value_end;
    row_lines_ = std::count(window.begin(), window.begin() + at, '\n');
    return Found::kRow;
  }
}

CsvReader::Found CsvReader::ScanQuotedField(absl::string_view window,
                                            size_t* at, CsvRow* row) {
  const size_t open = *at;
  bool doubled = false;
  for (size_t from = open + 1;;) {
    const size_t quote = Find(window, from, '"');
    if (quote == absl::string_view::npos) {
      quote_at_ = open;
      return window_ends_ ? EndUnclosed() : Found::kNeedMore;
    }
    if (quote + 1 == window.size() && !window_ends_) {
      quote_at_ = open;
      return Found::kNeedMore;
    }
    if (quote + 1 < window.size() && window[quote + 1] == '"') {
      doubled = true;
      from = quote + 2;
      continue;
    }
    const absl::string_view text = window.substr(open + 1, quote - open - 1);
    row->fields.push_back({doubled ? Unescape(text) : text, true});
    *at = quote + 1;
    return Found::kRow;
  }
}

CsvReader::Found CsvReader::ScanUnquotedField(absl::string_view window,
                                              size_t* at, CsvRow* row) {
  const size_t begin = *at;
  size_t end = begin;
  while (end < window.size()) {
    const char byte = window[end];
    if (byte == ',' || byte == '\n' || byte == '\r' || byte == '"') break;
    ++end;
  }
  if (end == window.size() && !window_ends_) return Found::kNeedMore;
  row->fields.push_back({window.substr(begin, end - begin), false});
  *at = end;
  return Found::kRow;
}

absl::string_view CsvReader::Unescape(absl::string_view text) {
  const size_t begin = unescaped_.size();
  for (size_t at = 0; at < text.size();) {
    const size_t quote = Find(text, at, '"');
    if (quote == absl::string_view::npos) {
      unescaped_.append(text.data() + at, text.size() - at);
      break;
    }
    unescaped_.append(text.data() + at, quote + 1 - at);
    at = quote + 2;
  }
  return absl::string_view(unescaped_.data() + begin,
                           unescaped_.size() - begin);
}

std::string CsvReader::PlaceOf(size_t at) const {
  const absl::string_view before = rest().substr(0, at);
  const uint64_t line = line_ + std::count(before.begin(), before.end(), '\n');
  const size_t line_break = before.rfind('\n');
  const size_t byte =
      line_break == absl::string_view::npos ? at + 1 : at - line_break;
  return absl::StrCat("line ", line, ", byte ", byte);
}

CsvReader::Found CsvReader::Break(size_t at, absl::string_view what) {
  problem_ = absl::StrCat(what, " at ", PlaceOf(at),
                          ": put the value in quotes and double the quotes "
                          "inside it");
  return Found::kBroken;
}

CsvReader::Found CsvReader::EndUnclosed() {
  if (may_go_on_) return Found::kOpen;
  problem_ = absl::StrCat("the quote that opens at ", PlaceOf(quote_at_),
                          " is never closed: close it, and double the quotes "
                          "inside the value");
  return Found::kBroken;
}

void CsvReader::FinishRow(CsvRow* row) {
  row->raw = rest().substr(0, row_bytes_);
  begin_ += row_length_;
  line_ += row_lines_;
}

absl::Status CsvReader::TakeBadLine(CsvRow* row) {
  ASSIGN_OR_RETURN(const uint64_t line_break,
                   FindLineBreak(source_, offset(), chunk_bytes_));
  RETURN_IF_ERROR(KeepRaw(line_break - offset(), row));
  row->fields.clear();
  row->problem = std::move(problem_);
  const bool last = line_break == source_->size();
  MoveTo(last ? line_break : line_break + 1);
  if (!last) ++line_;
  return absl::OkStatus();
}

absl::Status CsvReader::TakeLongRow(CsvRow* row) {
  ASSIGN_OR_RETURN(const std::optional<CsvRowEnd> row_end,
                   FindCsvRowEnd(source_, offset(), kLongRowBytesMax));
  if (!row_end.has_value()) {
    problem_ = absl::StrCat("longer than ", row_bytes_max_, " bytes");
    if (quote_at_ != absl::string_view::npos) {
      absl::StrAppend(
          &problem_, ", and the quote that opens at ", PlaceOf(quote_at_),
          " is not closed properly: close it, and double the quotes "
          "inside the value");
    } else {
      absl::StrAppend(&problem_,
                      ", and its end was not found: check its quotes and line "
                      "ends");
    }
    return TakeBadLine(row);
  }
  RETURN_IF_ERROR(KeepRaw(row_end->offset - offset(), row));
  row->fields.clear();
  row->problem = absl::StrCat("longer than ", row_bytes_max_,
                              " bytes: shorten it, or raise row_bytes_max of "
                              "the source");
  MoveTo(row_end->offset);
  line_ += row_end->line_count;
  return absl::OkStatus();
}

absl::Status CsvReader::KeepRaw(uint64_t length, CsvRow* row) {
  raw_.resize(std::min<uint64_t>(length, kRawBytesMax));
  for (size_t done = 0; done < raw_.size();) {
    ASSIGN_OR_RETURN(const size_t got,
                     source_->ReadAt(offset() + done, raw_.data() + done,
                                     raw_.size() - done));
    if (got == 0) {
      return Error(status::v1::REASON_CODE_INTERNAL,
                   "a source ended before its size");
    }
    done += got;
  }
  row->raw = absl::string_view(raw_);
  if (length == raw_.size()) row->raw = WithoutLineEnd(row->raw);
  return absl::OkStatus();
}

void CsvReader::MoveTo(uint64_t offset) {
  if (offset <= buffer_offset_ + end_) {
    begin_ = static_cast<size_t>(offset - buffer_offset_);
    return;
  }
  begin_ = 0;
  end_ = 0;
  buffer_offset_ = offset;
  at_end_ = false;
}

}  // namespace sluice::publish
