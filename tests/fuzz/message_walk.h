// Every message within a message.
#ifndef SLUICE_TESTS_FUZZ_MESSAGE_WALK_H_
#define SLUICE_TESTS_FUZZ_MESSAGE_WALK_H_

#include <vector>

#include "google/protobuf/message.h"

namespace sluice::fuzz {

// `root` and the messages that are set in it, outer before inner. They live as
// long as it and nothing is cleared.
std::vector<google::protobuf::Message*> WalkMessages(
    google::protobuf::Message* root);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_MESSAGE_WALK_H_
