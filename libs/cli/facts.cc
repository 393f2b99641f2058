#include "libs/cli/facts.h"

#include <algorithm>
#include <memory>

#include "libs/base/string_view.h"
#include "libs/cli/display_width.h"

namespace sluice::cli {

absl::Status WriteFacts(OutputFormat format, const Facts& facts,
                        const Terminal& terminal, std::ostream* out) {
  if (format != OutputFormat::kTable) {
    std::vector<ColumnSpec> columns;
    Row row;
    for (const auto& [name, value] : facts) {
      columns.push_back({name});
      row.push_back(value);
    }
    const std::unique_ptr<RowWriter> writer =
        MakeRowWriter(format, std::move(columns), terminal, out);
    writer->Write(row);
    return writer->Flush();
  }
  size_t width = 0;
  for (const auto& [name, value] : facts) {
    if (!value.text().empty()) {
      width = std::max(width, DisplayWidth(AsView(name)));
    }
  }
  for (const auto& [name, value] : facts) {
    if (value.text().empty()) continue;
    const std::string padding(width - DisplayWidth(AsView(name)) + 2, ' ');
    *out << Styled(terminal, Style::kBold, AsView(name)) << padding
         << Printable(AsView(value.text())) << '\n';
  }
  return FlushOutput(out);
}

}  // namespace sluice::cli
