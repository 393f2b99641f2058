// Each semantic type with the column it usually stands in and a value: for
// tables that people read, and for tests that go over all of them.
#ifndef SLUICE_LIBS_DESENSITIZE_SEMANTIC_EXAMPLES_H_
#define SLUICE_LIBS_DESENSITIZE_SEMANTIC_EXAMPLES_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::desensitize {

struct SemanticExample {
  catalog::v1::SemanticType meaning;
  records::v1::DataType type;
  // Made up, or published as an example.
  absl::string_view value;
};

// Decimals of the amount.
inline constexpr uint32_t kExampleScale = 2;

// All but UNSPECIFIED, in the order of their numbers. Lives as long as the
// program.
const std::vector<SemanticExample>& SemanticExamples();

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SEMANTIC_EXAMPLES_H_
