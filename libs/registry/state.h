// What the applied commands add up to, in memory.
#ifndef SLUICE_LIBS_REGISTRY_STATE_H_
#define SLUICE_LIBS_REGISTRY_STATE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/known_key.h"
#include "sluice/agreement/v1/agreement.pb.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::registry {

using ResourcePtr = std::shared_ptr<const catalog::v1::Resource>;
using AgreementPtr = std::shared_ptr<const agreement::v1::AgreementRecord>;

// The newest rules this build knows.
inline constexpr uint32_t kRulesVersionMax = 1;

// How much the state may hold. Part of the rules, so the same on every broker;
// a test may ask for less.
struct Limits {
  size_t departments_max = 10'000;
  size_t keys_max = 100'000;
  size_t resources_max = 100'000;
  // Of one resource.
  size_t schemas_max = 1'000;
  size_t agreements_max = 100'000;
  // Of one agreement.
  size_t agreement_versions_max = 1'000;
};

// What one accepted command changes. Each object replaces the one with its id.
struct Changes {
  std::optional<v1::SignedCommand> genesis;
  std::optional<uint32_t> rules_version;
  std::vector<v1::Department> departments;
  std::vector<KeyPtr> keys;
  std::vector<ResourcePtr> resources;
  std::vector<AgreementPtr> agreements;
};

// All that was ever put under one resource id.
struct ResourceHistory {
  // The newest entry of each schema version; the last one is the resource as it
  // is.
  std::map<uint32_t, ResourcePtr> by_schema;
  // Every field there ever was, as it was last, removed ones too.
  std::map<uint32_t, catalog::v1::Field> fields_ever;

  const ResourcePtr& newest() const { return by_schema.rbegin()->second; }
};

// All versions of one agreement.
struct AgreementHistory {
  // Version v stands at v - 1; never empty.
  std::vector<AgreementPtr> versions;
  // The version that is APPROVED, or was and is SUSPENDED; 0 for none.
  uint32_t approved = 0;

  const AgreementPtr& newest() const { return versions.back(); }
};

// Not thread-safe. Pointers returned live until the next Commit.
class State {
 public:
  explicit State(const Limits& limits = {}) : limits_(limits) {}

  // The one way to change it, at run time and when it is loaded. Changes of one
  // resource or agreement come in order of version.
  void Commit(const Changes& changes);

  // Null where there is none.
  const v1::Department* FindDepartment(absl::string_view id) const;
  KeyPtr FindKey(absl::string_view id) const;
  const ResourceHistory* FindResource(absl::string_view id) const;
  const AgreementHistory* FindAgreement(absl::string_view id) const;

  // As Registry documents them.
  std::vector<ResourcePtr> ListResources(absl::string_view department,
                                         absl::string_view after,
                                         size_t count_max) const;
  std::vector<AgreementPtr> ListAgreements(absl::string_view after_id,
                                           uint32_t after_version,
                                           size_t count_max) const;
  std::vector<KeyPtr> ListKeys(absl::string_view department,
                               absl::string_view after, size_t count_max) const;
  std::vector<v1::Department> ListDepartments(absl::string_view after,
                                              size_t count_max) const;

  size_t department_count() const { return departments_.size(); }
  size_t key_count() const { return keys_.size(); }
  size_t resource_count() const { return resources_.size(); }
  size_t agreement_count() const { return agreements_.size(); }
  size_t CountActiveOfficers() const;

  const Limits& limits() const { return limits_; }

  // Nothing before the genesis.
  const std::optional<v1::SignedCommand>& genesis() const { return genesis_; }
  const crypto::Digest& genesis_digest() const { return genesis_digest_; }
  uint32_t rules_version() const { return rules_version_; }

 private:
  // std::less<> finds by a view without a copy.
  template <typename Value>
  using ById = std::map<std::string, Value, std::less<>>;

  void CommitResource(const ResourcePtr& resource);
  void CommitAgreement(const AgreementPtr& agreement);

  const Limits limits_;
  std::optional<v1::SignedCommand> genesis_;
  crypto::Digest genesis_digest_ = {};
  uint32_t rules_version_ = 0;
  ById<v1::Department> departments_;
  ById<KeyPtr> keys_;
  ById<ResourceHistory> resources_;
  ById<AgreementHistory> agreements_;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_STATE_H_
