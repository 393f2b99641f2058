// What each treatment must make of a single value, for tests. Slow and obvious,
// and apart from the operators' code, so that both are wrong in the same way
// only by chance.
#ifndef SLUICE_LIBS_DESENSITIZE_TREATMENT_ORACLE_H_
#define SLUICE_LIBS_DESENSITIZE_TREATMENT_ORACLE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libs/desensitize/treatment.h"
#include "libs/predicate/predicate.h"
#include "libs/records/batch_oracle.h"

namespace sluice::desensitize {

// What some treatments see beside the value.
struct PlainRecord {
  // Of the value.
  uint32_t field_id = 0;
  // Of a DECIMAL128 value.
  uint32_t scale = 0;
  // The fields of the record's key in its order: nulls, STRING, INT64 and DATE.
  std::vector<records::PlainCell> key;
  // What a condition says of it.
  std::function<predicate::Truth(const agreement::v1::Predicate&)> truth;
};

// The treatment that the record's value gets: of a conditional one what its
// condition decides, null where that is unknown.
const Treatment* ChosenSlowly(const Treatment& resolved,
                              const PlainRecord& record);

// The treated value; nothing if the treatment cannot take it. `value` is of
// `type`. Knows every treatment but mask.address (address_cut_test.cc),
// mask.free_text (sensitive_spans_test.cc), generalize.grid, fpe, token,
// made-up names, streets and companies, and the constants of withhold
// (keyed_operator_test.cc, operator_test.cc); of numbers that generalizations
// but bucket texts take it takes those that 64 bits hold exactly.
std::optional<records::PlainValue> TreatSlowly(const Treatment& resolved,
                                               records::DataType type,
                                               const records::PlainValue& value,
                                               const std::string& secret,
                                               const PlainRecord& record);

// Valid UTF-8 as code points and back.
std::u32string Decode(const std::string& text);
std::string Encode(const std::u32string& text);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TREATMENT_ORACLE_H_
