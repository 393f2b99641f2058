// Conditions on the values of one field, by its type.
#ifndef SLUICE_LIBS_PREDICATE_VALUE_CONDITIONS_H_
#define SLUICE_LIBS_PREDICATE_VALUE_CONDITIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/predicate/condition.h"
#include "libs/records/text_value.h"

namespace sluice::predicate {

// An end of an interval.
struct Bound {
  records::Value value;
  // Whether the value itself is inside.
  bool included = true;
};

// What lies between two bounds; without one it has no end on that side.
struct Interval {
  std::optional<Bound> low;
  std::optional<Bound> high;
  // What does not lie between them instead.
  bool negated = false;
};

// The field that a condition is about.
struct FieldSite {
  uint32_t id;
  records::DataType type;
};

// Whether values of `type` have an order: not BOOL, not BYTES.
bool IsOrdered(records::DataType type);

// Of two values of an ordered `type`.
bool IsLess(records::DataType type, const records::Value& a,
            const records::Value& b);

// Texts in what they are given are copied. `site.type` is none of BOOL and
// BYTES.
std::unique_ptr<const Condition> WithinInterval(const FieldSite& site,
                                                const Interval& interval);

// One of `values`, which are not empty. `site.type` is not BYTES.
std::unique_ptr<const Condition> OneOf(
    const FieldSite& site, const std::vector<records::Value>& values);

// BOOL only.
std::unique_ptr<const Condition> BoolIs(const FieldSite& site, bool value);

// STRING only.
std::unique_ptr<const Condition> StartsWith(const FieldSite& site,
                                            const std::string& prefix);

}  // namespace sluice::predicate

#endif  // SLUICE_LIBS_PREDICATE_VALUE_CONDITIONS_H_
