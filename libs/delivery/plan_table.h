// The plans of agreements: each is compiled once per version of the agreement
// and of the schema, with its keys, and shared by all streams.
#ifndef SLUICE_LIBS_DELIVERY_PLAN_TABLE_H_
#define SLUICE_LIBS_DELIVERY_PLAN_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/crypto/key_provider.h"
#include "libs/delivery/plan.h"
#include "libs/registry/registry.h"

namespace sluice::delivery {

// Thread-safe.
class PlanTable {
 public:
  // When it holds so many it is emptied: plans are cheap to make again.
  static constexpr size_t kPlansMax = 4096;

  // Both must outlive the table. `keys` holds the root of the pseudonym keys,
  // which is made if it is not there yet.
  PlanTable(registry::Registry* registry, crypto::KeyProvider* keys)
      : registry_(registry), keys_(keys) {}

  // Errors: as Plan::Compile, what the registry says of the schema version
  // (NOT_FOUND), what the key provider says. May read files of the key
  // provider.
  absl::StatusOr<std::shared_ptr<const Plan>> Get(
      const agreement::v1::Agreement& agreement, uint32_t schema_version);

 private:
  // Agreement, its version, schema version.
  using Key = std::tuple<std::string, uint32_t, uint32_t>;

  absl::StatusOr<std::shared_ptr<const Plan>> Compile(
      const agreement::v1::Agreement& agreement, uint32_t schema_version);

  registry::Registry* const registry_;
  crypto::KeyProvider* const keys_;

  Mutex mutex_;
  std::map<Key, std::shared_ptr<const Plan>> plans_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_PLAN_TABLE_H_
