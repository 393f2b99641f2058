// Random changes of a message, by what its descriptor says it can hold, so that
// a fuzzer spends its time on inputs that mean something.
#ifndef SLUICE_TESTS_FUZZ_CASE_MUTATOR_H_
#define SLUICE_TESTS_FUZZ_CASE_MUTATOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <utility>

#include "google/protobuf/message.h"

namespace sluice::fuzz {

// Not thread-safe.
class CaseMutator {
 public:
  // `change_bytes` changes a text or bytes in some way of its own.
  CaseMutator(unsigned seed, std::function<void(std::string*)> change_bytes)
      : random_(seed), change_bytes_(std::move(change_bytes)) {}

  // One to four changes somewhere in `message`: fields set, cleared, repeated,
  // removed or given other values. Strings stay UTF-8.
  void Mutate(google::protobuf::Message* message);

  // A part of `message` becomes one of the same type out of `other`.
  void CrossOver(const google::protobuf::Message& other,
                 google::protobuf::Message* message);

 private:
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;

  size_t Below(size_t bound) { return random_() % bound; }
  void ChangeField(Message* message, const Field* field);
  void ChangeRepeated(Message* message, const Field* field);
  void ChangeMessage(Message* message, const Field* field);
  void SetScalar(Message* message, const Field* field);
  void AddScalar(Message* message, const Field* field);
  // Sets a few fields of a message that is new.
  void FillIn(Message* message, int depth);
  int64_t Number(int64_t was);
  double Real(double was);
  int EnumNumber(const Field* field);
  std::string Text(std::string was, const Field* field);

  std::mt19937 random_;
  const std::function<void(std::string*)> change_bytes_;
};

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_CASE_MUTATOR_H_
