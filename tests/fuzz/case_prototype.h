// Which message the inputs of a fuzz target are text of.
#ifndef SLUICE_TESTS_FUZZ_CASE_PROTOTYPE_H_
#define SLUICE_TESTS_FUZZ_CASE_PROTOTYPE_H_

#include "google/protobuf/message.h"

namespace sluice::fuzz {

// Defined by each target that is linked with mutate_case.cc. Lives as long as
// the program.
const google::protobuf::Message& CasePrototype();

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_CASE_PROTOTYPE_H_
