// A predicate as a line that people read.
#ifndef SLUICE_LIBS_PREDICATE_DESCRIBE_H_
#define SLUICE_LIBS_PREDICATE_DESCRIBE_H_

#include <string>

#include "sluice/agreement/v1/predicate.pb.h"

namespace sluice::predicate {

// `division starts with 3301 and (age >= 14 or guardian is null)`. Long lists
// are cut and say how long they are. Values and names come from whoever wrote
// the predicate, so everything that is not plain is in quotes and without
// control characters.
std::string Describe(const agreement::v1::Predicate& predicate);

}  // namespace sluice::predicate

#endif  // SLUICE_LIBS_PREDICATE_DESCRIBE_H_
