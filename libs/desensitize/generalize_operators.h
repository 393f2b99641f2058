// The generalizations: a value replaced by the class it falls in.
#ifndef SLUICE_LIBS_DESENSITIZE_GENERALIZE_OPERATORS_H_
#define SLUICE_LIBS_DESENSITIZE_GENERALIZE_OPERATORS_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "libs/desensitize/hierarchy_table.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"
#include "sluice/agreement/v1/treatment.pb.h"

namespace sluice::desensitize {

// DATE and TIMESTAMP to the first day of the `unit`, in UTC; the type stays.
// What has no such day within the type's range is untreatable.
std::unique_ptr<const Operator> NewDateGeneralization(
    agreement::v1::DatePart::Unit unit);

// A division code to its first `digits` digits. One that is shorter, longer
// than kDivisionCodeDigitsMax or not of digits is untreatable.
std::unique_ptr<const Operator> NewDivisionGeneralization(size_t digits);

// DATE and TIMESTAMP to 1, Monday, to 7, an INT64.
std::unique_ptr<const Operator> NewWeekdayGeneralization();

// DATE and TIMESTAMP to the years completed on a day, down to a multiple of
// `band_years` (0 means 1), an INT64. A later date is untreatable.
std::unique_ptr<const Operator> NewAgeGeneralization(int64_t as_of_day,
                                                     uint32_t band_years);

// The bucket, round or clamp of `resolved` for numbers of `type` and `scale`. A
// NaN is untreatable, and what its type cannot hold.
std::unique_ptr<const Operator> NewNumberGeneralization(
    const agreement::v1::Generalize& resolved, records::DataType type,
    uint32_t scale);

// The same numbers to the text of their bucket, whose form is RANGE or which
// has labels.
std::unique_ptr<const Operator> NewBucketTextGeneralization(
    const agreement::v1::NumberBucket& bucket, records::DataType type,
    uint32_t scale);

// The same with bounds.
std::unique_ptr<const Operator> NewBoundsTextGeneralization(
    const agreement::v1::NumberBucket& bucket, records::DataType type,
    uint32_t scale);

// DATE and TIMESTAMP to a part of it, an INT64. HOUR_OF_DAY takes TIMESTAMP
// alone.
std::unique_ptr<const Operator> NewTimePartGeneralization(
    agreement::v1::TimePart::Part part);

// What the table does not hold is untreatable.
std::unique_ptr<const Operator> NewHierarchyGeneralization(
    HierarchyTable table);

// A point to the lower corner of its cell, whose sides are `cell` millionths of
// a degree.
std::unique_ptr<const Operator> NewGridGeneralization(int64_t cell);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_GENERALIZE_OPERATORS_H_
