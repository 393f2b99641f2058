// Values that are found again wherever they come out: as text, as the bytes of
// a column, in a message's variable-length form, in hex, base64 or escapes.
#ifndef SLUICE_TESTS_INTEGRATION_CANARY_H_
#define SLUICE_TESTS_INTEGRATION_CANARY_H_

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "sluice/records/v1/batch.pb.h"

namespace sluice::integration {

// Canaries of one kind; two kinds have nothing in common. Not of type BOOL,
// which has no value to tell apart.
class CanaryKind {
 public:
  // Values that must stay hidden.
  static const CanaryKind& Secret();
  // Values that a consumer may see, and no log.
  static const CanaryKind& Open();

  // A value of `type` as a CSV source writes it. DECIMAL128 has two decimals.
  // STRING: 3 to 10 characters beyond the basic plane.
  std::string Value(records::v1::DataType type, std::mt19937_64* random) const;

  // The types of which a value, or two characters of a text that stand side by
  // side, are in `bytes`.
  std::vector<records::v1::DataType> FindIn(const std::string& bytes) const;

 private:
  // Integers from a base on that differ in their lowest 21 bits alone.
  struct Bases {
    uint64_t int64;
    uint64_t real;
    uint64_t decimal;
    uint64_t timestamp;
    // Days that differ in their lowest 7 bits.
    uint32_t date;
    // The second byte of its characters in UTF-8.
    char plane;
    std::string bytes;
    // As RFC 3339 begins.
    std::vector<std::string> dates;
    std::string moment;
  };

  explicit CanaryKind(Bases bases);
  bool HasText(const std::string& bytes) const;
  bool HasDates(const std::string& bytes) const;

  const Bases bases_;
  // What shows a value of a type.
  std::map<records::v1::DataType, std::vector<std::string>> marks_;
};

}  // namespace sluice::integration

#endif  // SLUICE_TESTS_INTEGRATION_CANARY_H_
