#include "libs/cli/table.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "libs/base/status.h"

namespace sluice::cli {
namespace {

Row TextAndNumber(absl::string_view text, int64_t number) {
  return {Cell::Text(text), Cell::Number(number)};
}

std::string Written(OutputFormat format, const std::vector<Row>& rows,
                    const Terminal& terminal = {}) {
  std::ostringstream out;
  const auto writer =
      MakeRowWriter(format, {{"name"}, {"count", true}}, terminal, &out);
  for (const Row& row : rows) writer->Write(row);
  REQUIRE(writer->Flush().ok());
  return out.str();
}

TEST_CASE("a table aligns Han text by columns, and numbers to the right") {
  CHECK(Written(OutputFormat::kTable, {TextAndNumber("张三", 7),
                                       TextAndNumber("Li", 1200),
                                       {Cell(), Cell()}}) ==
        "name  count\n"
        "张三      7\n"
        "Li     1200\n"
        "-         -\n");
}

TEST_CASE("a table without rows shows its header") {
  CHECK(Written(OutputFormat::kTable, {}) == "name  count\n");
}

TEST_CASE("a table on a terminal is cut to its width") {
  Terminal terminal;
  terminal.is_terminal = true;
  terminal.width = 17;
  CHECK(Written(OutputFormat::kTable, {TextAndNumber("行政区划代码表", 12)},
                terminal) ==
        "name        count\n"
        "行政区划…      12\n");
}

TEST_CASE("a table that goes to a file is not cut") {
  const std::string text(300, 'x');
  CHECK(Written(OutputFormat::kTable,
                {TextAndNumber(absl::string_view(text.data(), 300), 1)})
            .find(text) != std::string::npos);
}

TEST_CASE("a long table keeps the widths of its first rows and every row") {
  std::vector<Row> rows(kTableRowsHeldMax + 10, TextAndNumber("abcdef", 1));
  const std::string written = Written(OutputFormat::kTable, rows);
  size_t lines = 0;
  std::istringstream in(written);
  for (std::string line; std::getline(in, line); ++lines) {
    CHECK(line.size() == 13);
  }
  CHECK(lines == rows.size() + 1);
}

TEST_CASE("only a terminal gets colour") {
  Terminal terminal{true, 80, true};
  CHECK(Written(OutputFormat::kTable, {}, terminal) ==
        "\x1B[1mname  count\x1B[0m\n");
  terminal.colour = false;
  CHECK(Written(OutputFormat::kTable, {}, terminal) == "name  count\n");
}

TEST_CASE("JSON lines escape texts and leave numbers bare") {
  CHECK(Written(OutputFormat::kJsonLines,
                {TextAndNumber("a\"\n张", -3), {Cell(), Cell()}}) ==
        "{\"name\":\"a\\\"\\n张\",\"count\":-3}\n"
        "{\"name\":null,\"count\":null}\n");
}

TEST_CASE("CSV quotes what must be, and tells null from an empty text") {
  CHECK(Written(OutputFormat::kCsv, {TextAndNumber("a,b", 1),
                                     TextAndNumber("say \"x\"", 2),
                                     TextAndNumber("two\nlines", 3),
                                     TextAndNumber("", 4),
                                     {Cell(), Cell::Number(int64_t{5})}}) ==
        "name,count\n"
        "\"a,b\",1\n"
        "\"say \"\"x\"\"\",2\n"
        "\"two\nlines\",3\n"
        "\"\",4\n"
        ",5\n");
}

TEST_CASE("booleans are JSON booleans") {
  std::ostringstream out;
  const auto writer =
      MakeRowWriter(OutputFormat::kJsonLines, {{"ok"}}, Terminal{}, &out);
  Row row(1);
  row[0].SetBool(true);
  writer->Write(row);
  CHECK(out.str() == "{\"ok\":true}\n");
}

TEST_CASE("output that fails is an error, not silence") {
  for (OutputFormat format :
       {OutputFormat::kTable, OutputFormat::kJsonLines, OutputFormat::kCsv}) {
    std::ostringstream out;
    out.setstate(std::ios::badbit);
    const auto writer = MakeRowWriter(format, {{"name"}}, Terminal{}, &out);
    CHECK(ReasonOf(writer->Flush()) == status::v1::REASON_CODE_STORAGE_FAILED);
  }
}

TEST_CASE("an unknown output format is refused with those there are") {
  CHECK(OutputFormatFromName("csv").value() == OutputFormat::kCsv);
  const auto format = OutputFormatFromName("xml");
  REQUIRE_FALSE(format.ok());
  CHECK_THAT(std::string(format.status().message()),
             Catch::Matchers::Contains("table, jsonl or csv"));
}

}  // namespace
}  // namespace sluice::cli
