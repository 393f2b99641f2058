// A few named values about one thing.
#ifndef SLUICE_LIBS_CLI_FACTS_H_
#define SLUICE_LIBS_CLI_FACTS_H_

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "libs/cli/table.h"
#include "libs/cli/terminal.h"

namespace sluice::cli {

using Facts = std::vector<std::pair<std::string, Cell>>;

// For a person one line each, "name  value", the values below each other; for
// a program one row. Nulls and empty texts are left out for a person.
// STORAGE_FAILED if `out` fails.
absl::Status WriteFacts(OutputFormat format, const Facts& facts,
                        const Terminal& terminal, std::ostream* out);

}  // namespace sluice::cli

#endif  // SLUICE_LIBS_CLI_FACTS_H_
