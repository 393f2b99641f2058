// Holds the records of one run to their fields' semantic types, and counts what
// does not fit: how often, in which field and why, never the value.
#ifndef SLUICE_LIBS_PUBLISH_SEMANTIC_CHECK_H_
#define SLUICE_LIBS_PUBLISH_SEMANTIC_CHECK_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "libs/publish/misfit.h"
#include "libs/records/text_value.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::publish {

// Values of one field that do not fit, for one reason.
struct MisfitCount {
  std::string field;
  Misfit reason = Misfit::kForm;
  uint64_t count = 0;
};

// Not thread-safe.
class SemanticCheck {
 public:
  // `resource` must outlive this object.
  SemanticCheck(const catalog::v1::Resource& resource, absl::CivilDay today);

  // Looks at a record's values, ascending by field id, and counts. Whether all
  // fit. Nulls and empty texts do.
  bool Check(const std::vector<records::Value>& values);

  // What is wrong with the record that Check was last false for, and what to
  // do, without a byte of it.
  std::string Problem() const;

  // All that is above 0, by field as in the schema, then by reason.
  std::vector<MisfitCount> counts() const;

 private:
  struct CheckedField {
    const catalog::v1::Field* field;
    size_t slot;  // in the values
    bool is_text;
    std::array<uint64_t, kMisfitCount> counts = {};
  };

  const absl::CivilDay today_;
  std::vector<CheckedField> fields_;
  // The first misfit of the last record that had one.
  const catalog::v1::Field* first_field_ = nullptr;
  Misfit first_misfit_ = Misfit::kForm;
};

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_SEMANTIC_CHECK_H_
