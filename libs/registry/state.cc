#include "libs/registry/state.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/string_view.h"
#include "libs/registry/command.h"

namespace sluice::registry {
namespace {

template <typename Map>
auto FindById(const Map& map, absl::string_view id) {
  return map.find(AsStdView(id));
}

}  // namespace

void State::Commit(const Changes& changes) {
  if (changes.genesis.has_value()) {
    genesis_ = changes.genesis;
    genesis_digest_ = CommandDigest(*genesis_);
  }
  if (changes.rules_version.has_value()) {
    rules_version_ = *changes.rules_version;
  }
  for (const v1::Department& department : changes.departments) {
    departments_[department.id()] = department;
  }
  for (const KeyPtr& key : changes.keys) keys_[key->info.id()] = key;
  for (const ResourcePtr& resource : changes.resources) {
    CommitResource(resource);
  }
  for (const AgreementPtr& agreement : changes.agreements) {
    CommitAgreement(agreement);
  }
}

void State::CommitResource(const ResourcePtr& resource) {
  ResourceHistory& history = resources_[resource->id()];
  history.by_schema[resource->schema_version()] = resource;
  for (const catalog::v1::Field& field : resource->fields()) {
    history.fields_ever[field.id()] = field;
  }
}

void State::CommitAgreement(const AgreementPtr& agreement) {
  const uint32_t version = agreement->agreement().version();
  AgreementHistory& history = agreements_[agreement->agreement().id()];
  if (history.versions.size() < version) history.versions.resize(version);
  history.versions[version - 1] = agreement;
  if (agreement->state() == agreement::v1::AGREEMENT_STATE_APPROVED ||
      agreement->state() == agreement::v1::AGREEMENT_STATE_SUSPENDED) {
    history.approved = version;
  } else if (history.approved == version) {
    history.approved = 0;
  }
}

const v1::Department* State::FindDepartment(absl::string_view id) const {
  const auto found = FindById(departments_, id);
  return found == departments_.end() ? nullptr : &found->second;
}

KeyPtr State::FindKey(absl::string_view id) const {
  const auto found = FindById(keys_, id);
  return found == keys_.end() ? nullptr : found->second;
}

const ResourceHistory* State::FindResource(absl::string_view id) const {
  const auto found = FindById(resources_, id);
  return found == resources_.end() ? nullptr : &found->second;
}

const AgreementHistory* State::FindAgreement(absl::string_view id) const {
  const auto found = FindById(agreements_, id);
  return found == agreements_.end() ? nullptr : &found->second;
}

std::vector<ResourcePtr> State::ListResources(absl::string_view department,
                                              absl::string_view after,
                                              size_t count_max) const {
  const std::string prefix =
      department.empty() ? "" : absl::StrCat(department, ".");
  auto at = resources_.upper_bound(AsStdView(after));
  if (AsStdView(after) < prefix) at = resources_.lower_bound(prefix);
  std::vector<ResourcePtr> listed;
  for (; at != resources_.end() && listed.size() < count_max; ++at) {
    if (!absl::StartsWith(AsView(at->first), AsView(prefix))) break;
    listed.push_back(at->second.newest());
  }
  return listed;
}

std::vector<AgreementPtr> State::ListAgreements(absl::string_view after_id,
                                                uint32_t after_version,
                                                size_t count_max) const {
  std::vector<AgreementPtr> listed;
  auto at = agreements_.lower_bound(AsStdView(after_id));
  for (; at != agreements_.end() && listed.size() < count_max; ++at) {
    const std::vector<AgreementPtr>& versions = at->second.versions;
    const bool is_first = AsView(at->first) == after_id;
    const size_t begin =
        is_first ? std::min<size_t>(after_version, versions.size()) : 0;
    const size_t count =
        std::min(versions.size() - begin, count_max - listed.size());
    const auto first = versions.begin() + static_cast<ptrdiff_t>(begin);
    listed.insert(listed.end(), first, first + static_cast<ptrdiff_t>(count));
  }
  return listed;
}

std::vector<KeyPtr> State::ListKeys(absl::string_view department,
                                    absl::string_view after,
                                    size_t count_max) const {
  std::vector<KeyPtr> listed;
  for (auto at = keys_.upper_bound(AsStdView(after));
       at != keys_.end() && listed.size() < count_max; ++at) {
    if (department.empty() ||
        AsView(at->second->info.department()) == department) {
      listed.push_back(at->second);
    }
  }
  return listed;
}

std::vector<v1::Department> State::ListDepartments(absl::string_view after,
                                                   size_t count_max) const {
  std::vector<v1::Department> listed;
  for (auto at = departments_.upper_bound(AsStdView(after));
       at != departments_.end() && listed.size() < count_max; ++at) {
    listed.push_back(at->second);
  }
  return listed;
}

size_t State::CountActiveOfficers() const {
  return static_cast<size_t>(
      std::count_if(keys_.begin(), keys_.end(), [](const auto& entry) {
        const v1::SigningKey& info = entry.second->info;
        return info.role() == v1::ROLE_OFFICER &&
               info.state() == v1::KEY_STATE_ACTIVE;
      }));
}

}  // namespace sluice::registry
