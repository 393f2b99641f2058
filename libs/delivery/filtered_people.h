// People as a provider publishes them, and a consumer that keeps what it gets
// of them under a row filter, for tests. Slow, obvious and apart from the
// library's code.
#ifndef SLUICE_LIBS_DELIVERY_FILTERED_PEOPLE_H_
#define SLUICE_LIBS_DELIVERY_FILTERED_PEOPLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/shared_bytes.h"
#include "libs/records/batch.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/exchange/v1/exchange_service.pb.h"

namespace sluice::delivery {

struct Person {
  // Granted, and kept.
  std::optional<std::string> district;
  // Not granted.
  std::optional<int32_t> birth_date;
};

// An id number and who it is; nobody: a delete.
using PersonRow = std::pair<std::string, std::optional<Person>>;

// Rows of civil-affairs.people. Every note is "withheld".
records::Batch BatchOf(const catalog::v1::Resource& resource,
                       const std::vector<PersonRow>& rows);

// A keyed state that follows upserts, deletes and baselines.
template <typename Value>
class KeyedState {
 public:
  void Upsert(const std::string& key, const Value& value) {
    values_[key] = value;
    named_.insert(key);
  }
  // False if it is not there.
  bool Delete(const std::string& key) {
    named_.erase(key);
    return values_.erase(key) == 1;
  }
  void Begin() {
    named_.clear();
    in_baseline_ = true;
  }
  void End() {
    if (!in_baseline_) return;
    in_baseline_ = false;
    std::erase_if(values_, [this](const auto& entry) {
      return named_.count(entry.first) == 0;
    });
  }
  const std::map<std::string, Value>& values() const { return values_; }

 private:
  std::map<std::string, Value> values_;
  std::set<std::string> named_;
  bool in_baseline_ = false;
};

// Knows people by their pseudonyms.
class FilteredConsumer {
 public:
  // Fails the test where a delivery breaks what row filters promise.
  void Receive(exchange::v1::Marker marker, const SharedBytes& batch);

  // By pseudonym; empty: none.
  const std::map<std::string, std::string>& districts() const {
    return state_.values();
  }
  uint64_t upserts() const { return upserts_; }
  uint64_t deletes() const { return deletes_; }

 private:
  KeyedState<std::string> state_;
  uint64_t upserts_ = 0;
  uint64_t deletes_ = 0;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_FILTERED_PEOPLE_H_
