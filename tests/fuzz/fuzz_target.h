// A fuzz target: what libFuzzer calls with each input that it makes up, and
// replay_test with each input of the corpus. A target must not end, whatever
// the input.
#ifndef SLUICE_TESTS_FUZZ_FUZZ_TARGET_H_
#define SLUICE_TESTS_FUZZ_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "google/protobuf/message.h"

// 0; -1 if the input says nothing and is not worth keeping.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace sluice::fuzz {

// Ends the process, saying what does not hold, unless it does. The input is
// the caller's to name: libFuzzer and replay_test do.
void Require(bool holds, const std::string& what);

// `text` as a message of `to`'s type; false if it is none.
bool ParseCase(const uint8_t* data, size_t size, google::protobuf::Message* to);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_FUZZ_TARGET_H_
