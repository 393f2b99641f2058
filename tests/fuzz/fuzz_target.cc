#include "tests/fuzz/fuzz_target.h"

#include <cstdio>
#include <cstdlib>

#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace sluice::fuzz {
namespace {

// Most inputs of a fuzzer are no text of a message: nobody wants to read why.
class SilentCollector : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int /*line*/, int /*column*/,
                const std::string& /*message*/) override {}
};

}  // namespace

void Require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "DOES NOT HOLD: %s\n", what.c_str());
  std::abort();
}

bool ParseCase(const uint8_t* data, size_t size,
               google::protobuf::Message* to) {
  SilentCollector errors;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(64);
  return parser.ParseFromString(
      std::string(reinterpret_cast<const char*>(data), size), to);
}

}  // namespace sluice::fuzz
