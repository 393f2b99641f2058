#include "libs/publish/csv_reader.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/string_view.h"
#include "libs/publish/string_source.h"

namespace sluice::publish {
namespace {

struct Row {
  uint64_t line = 0;
  uint64_t offset = 0;
  bool bad = false;
  std::string raw;
  // Text, and whether it was quoted.
  std::vector<std::pair<std::string, bool>> fields;

  friend bool operator==(const Row&, const Row&) = default;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  out << "line " << row.line << " offset " << row.offset
      << (row.bad ? " bad " : " ") << Catch::Detail::stringify(row.raw);
  return out;
}

std::vector<Row> ReadAll(const std::string& text, size_t chunk_bytes,
                         size_t row_bytes_max = 65'536,
                         std::vector<std::string>* problems = nullptr) {
  StringSource source(text);
  CsvReader reader(
      &source, {.row_bytes_max = row_bytes_max, .chunk_bytes = chunk_bytes});
  std::vector<Row> rows;
  CsvRow row;
  while (true) {
    const absl::StatusOr<bool> more = reader.Next(&row);
    REQUIRE(more.ok());
    if (!*more) break;
    Row copy{row.line, row.offset, !row.problem.empty(), std::string(row.raw)};
    for (const CsvField& field : row.fields) {
      copy.fields.emplace_back(std::string(field.text), field.quoted);
    }
    rows.push_back(std::move(copy));
    if (problems != nullptr && !row.problem.empty()) {
      problems->push_back(row.problem);
    }
  }
  return rows;
}

// The slow, obvious parser: tries each row on the whole text, one byte at a
// time.
class Oracle {
 public:
  explicit Oracle(const std::string& text, size_t row_bytes_max)
      : text_(text), row_bytes_max_(row_bytes_max) {}

  std::vector<Row> Parse() {
    std::vector<Row> rows;
    size_t at = 0;
    while (at < text_.size()) {
      Row row;
      row.offset = at;
      row.line = 1 + std::count(text_.begin(), text_.begin() + at, '\n');
      size_t next = at;
      size_t length = 0;
      row.bad = !TryRow(at, &row, &next, &length);
      if (row.bad) {
        row.fields.clear();
        next = std::min(text_.find('\n', at), text_.size() - 1) + 1;
        row.raw = TrimEnd(text_.substr(at, next - at));
      } else {
        row.raw = text_.substr(at, length);
        if (length > row_bytes_max_) {
          row.bad = true;
          row.fields.clear();
        }
      }
      rows.push_back(row);
      at = next;
    }
    return rows;
  }

 private:
  static std::string TrimEnd(std::string line) {
    if (!line.empty() && line.back() == '\n') line.pop_back();
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
  }

  char At(size_t i) const { return i < text_.size() ? text_[i] : '\n'; }

  // Whether a line ends at `i`: LF, CRLF, CR at the end, or the end.
  bool LineEnds(size_t i) const {
    return At(i) == '\n' || (At(i) == '\r' && At(i + 1) == '\n');
  }

  bool TryRow(size_t at, Row* row, size_t* next, size_t* length) const {
    const size_t begin = at;
    while (true) {
      std::string value;
      const bool quoted = at < text_.size() && text_[at] == '"';
      if (quoted) {
        ++at;
        while (true) {
          if (at >= text_.size()) return false;
          if (text_[at] != '"') {
            value += text_[at++];
          } else if (at + 1 < text_.size() && text_[at + 1] == '"') {
            value += '"';
            at += 2;
          } else {
            ++at;
            break;
          }
        }
      } else {
        while (at < text_.size() && text_[at] != ',' && !LineEnds(at)) {
          if (text_[at] == '"' || text_[at] == '\r') return false;
          value += text_[at++];
        }
      }
      row->fields.emplace_back(value, quoted);
      if (at < text_.size() && text_[at] == ',') {
        ++at;
        continue;
      }
      if (!LineEnds(at)) return false;
      *length = at - begin;
      if (at < text_.size() && text_[at] == '\r') ++at;
      if (at < text_.size()) ++at;
      *next = at;
      return true;
    }
  }

  const std::string& text_;
  const size_t row_bytes_max_;
};

std::string RandomCsv(std::mt19937* random) {
  static constexpr absl::string_view kPieces[] = {",",
                                                  ",",
                                                  ",",
                                                  "\n",
                                                  "\n",
                                                  "\r\n",
                                                  "\"",
                                                  "\"\"",
                                                  "\"a,b\"",
                                                  "\"x\ny\"",
                                                  "\"\"\"q\"\"\"",
                                                  "abc",
                                                  "1",
                                                  "\xE6\xB0\x91",
                                                  "\r",
                                                  " "};
  // Without stray quotes and carriage returns half of the time.
  const bool tidy = (*random)() % 2 == 0;
  std::string text;
  const size_t count = (*random)() % 40;
  for (size_t i = 0; i < count; ++i) {
    const absl::string_view piece =
        kPieces[(*random)() % (sizeof(kPieces) / sizeof(kPieces[0]))];
    if (tidy && (piece == "\"" || piece == "\r")) continue;
    text.append(piece.data(), piece.size());
  }
  return text;
}

TEST_CASE("The CSV reader agrees with a slow parser at every chunk size") {
  std::mt19937 random(20'260'331);
  for (int round = 0; round < 3'000; ++round) {
    const std::string text = RandomCsv(&random);
    const size_t row_bytes_max = round % 3 == 0 ? 1 + random() % 20 : 65'536;
    const size_t chunk = 1 + random() % 64;
    CAPTURE(text, row_bytes_max, chunk);
    const std::vector<Row> expected = Oracle(text, row_bytes_max).Parse();
    const std::vector<Row> rows = ReadAll(text, chunk, row_bytes_max);
    // A row that is longer than allowed and broken as well is bad either way.
    REQUIRE(rows == expected);
  }
}

TEST_CASE("Values, quotes and line ends come out as RFC 4180 says") {
  const std::vector<Row> rows =
      ReadAll("a,b,c\r\n1,,\"\"\n\"x,\"\"y\"\"\nz\",2,3", 7);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].fields == std::vector<std::pair<std::string, bool>>{
                              {"a", false}, {"b", false}, {"c", false}});
  CHECK(rows[1].fields == std::vector<std::pair<std::string, bool>>{
                              {"1", false}, {"", false}, {"", true}});
  CHECK(rows[2].fields ==
        std::vector<std::pair<std::string, bool>>{
            {"x,\"y\"\nz", true}, {"2", false}, {"3", false}});
  CHECK(rows[2].line == 3);
}

TEST_CASE("An unclosed quote costs its line and names where it opened") {
  std::vector<std::string> problems;
  const std::vector<Row> rows =
      ReadAll("a,b\n1,x\n2,\"y\n3,z\n4,w\n", 64, 65'536, &problems);
  REQUIRE(rows.size() == 5);
  CHECK(rows[2].bad);
  CHECK(rows[2].raw == "2,\"y");
  CHECK_FALSE(rows[3].bad);
  CHECK(rows[4].line == 5);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0] ==
        "the quote that opens at line 3, byte 3 is never closed: close it, and "
        "double the quotes inside the value");
}

TEST_CASE("An unclosed quote far from the file's end costs its line as well") {
  std::string text = "a,b\n1,\"x\n";
  for (int i = 0; i < 100; ++i) text += "2,y\n";
  std::vector<std::string> problems;
  const std::vector<Row> rows = ReadAll(text, 16, 50, &problems);
  REQUIRE(rows.size() == 102);
  REQUIRE(problems.size() == 1);
  CHECK(
      problems[0] ==
      "longer than 50 bytes, and the quote that opens at line 2, byte 3 is not "
      "closed properly: close it, and double the quotes inside the value");
}

TEST_CASE("A row that is too long is passed over whole") {
  std::string text = "1,\"";
  text.append(100, 'x');
  text += "\nwith \"\"quotes\"\"\r\n\",3\n4,5,6\n";
  std::vector<std::string> problems;
  const std::vector<Row> rows = ReadAll(text, 16, 50, &problems);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].raw == text.substr(0, text.size() - 7));
  CHECK(rows[1].line == 4);
  CHECK(rows[1].fields.size() == 3);
  REQUIRE(problems.size() == 1);
  CHECK(
      problems[0] ==
      "longer than 50 bytes: shorten it, or raise row_bytes_max of the source");
}

TEST_CASE("What is kept of a bad row is cut") {
  const std::string text = std::string(100'000, 'x') + "\n1\n";
  const std::vector<Row> rows = ReadAll(text, 4'096, 1'000);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].raw == std::string(kRawBytesMax, 'x'));
  CHECK(rows[1].raw == "1");
}

TEST_CASE("A reader goes on where another one stopped") {
  const std::string text = "a,b\n\"1\n\",2\n3,4\n";
  StringSource source(text);
  CsvReader first(&source, {});
  CsvRow row;
  REQUIRE(*first.Next(&row));
  REQUIRE(*first.Next(&row));
  CsvReader second(
      &source, {.begin_offset = first.offset(), .begin_line = first.line()});
  REQUIRE(*second.Next(&row));
  CHECK(row.line == 4);
  CHECK(row.raw == "3,4");
  CHECK_FALSE(*second.Next(&row));
}

TEST_CASE("A source that may go on keeps a row with an open quote for later") {
  const std::string text = "1,2\n3,\"4\n5,6\n";
  StringSource source(text);
  CsvReader reader(&source, {.may_go_on = true});
  CsvRow row;
  REQUIRE(*reader.Next(&row));
  CHECK_FALSE(*reader.Next(&row));
  CHECK_FALSE(*reader.Next(&row));
  CHECK(reader.offset() == 4);
  CHECK(reader.line() == 2);
  // It is too long already.
  CsvReader with_short_rows(&source, {.row_bytes_max = 6, .may_go_on = true});
  REQUIRE(*with_short_rows.Next(&row));
  REQUIRE(*with_short_rows.Next(&row));
  CHECK_FALSE(row.problem.empty());
  CHECK(row.raw == "3,\"4");
}

TEST_CASE("A problem never repeats bytes of the row") {
  std::vector<std::string> problems;
  ReadAll("SECRET\"x\n\"SECRET\"SECRET\n\"SECRET\nSE\rCRET\n", 9, 65'536,
          &problems);
  REQUIRE(problems.size() == 4);
  for (const std::string& problem : problems) {
    CHECK(problem.find("SECRET") == std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::publish
