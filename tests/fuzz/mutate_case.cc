// libFuzzer's hooks, for targets whose inputs are text of a message: instead of
// the text's bytes, the message changes.

#include <memory>
#include <string>

#include "google/protobuf/text_format.h"
#include "tests/fuzz/case_mutator.h"
#include "tests/fuzz/case_prototype.h"
#include "tests/fuzz/fuzz_target.h"

// Of libFuzzer.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace sluice::fuzz {
namespace {

void ChangeBytes(std::string* text) {
  const size_t size = text->size();
  text->resize(size + 16);
  text->resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text->data()), size,
                                text->size()));
}

// What is no text of a message counts as the empty one.
std::unique_ptr<google::protobuf::Message> Read(const uint8_t* data,
                                                size_t size) {
  std::unique_ptr<google::protobuf::Message> read(CasePrototype().New());
  if (!ParseCase(data, size, read.get())) read->Clear();
  return read;
}

// 0 if `message` is too long.
size_t Write(const google::protobuf::Message& message, uint8_t* data,
             size_t max_size) {
  std::string text;
  if (!google::protobuf::TextFormat::PrintToString(message, &text) ||
      text.size() > max_size) {
    return 0;
  }
  return text.copy(reinterpret_cast<char*>(data), text.size());
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                          size_t max_size, unsigned seed) {
  const auto message = sluice::fuzz::Read(data, size);
  sluice::fuzz::CaseMutator(seed, sluice::fuzz::ChangeBytes)
      .Mutate(message.get());
  const size_t written = sluice::fuzz::Write(*message, data, max_size);
  return written == 0 ? size : written;
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1,
                                            const uint8_t* data2, size_t size2,
                                            uint8_t* out, size_t max_out_size,
                                            unsigned seed) {
  const auto message = sluice::fuzz::Read(data1, size1);
  const auto other = sluice::fuzz::Read(data2, size2);
  sluice::fuzz::CaseMutator(seed, sluice::fuzz::ChangeBytes)
      .CrossOver(*other, message.get());
  return sluice::fuzz::Write(*message, out, max_out_size);
}
