#include "libs/publish/catalog_entry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/registry/command.h"

namespace sluice::publish {
namespace {

// Someone else may put a version between our read and our command.
constexpr int kAttempts = 3;

// The entry without what the registry counts, and with defaults spelled out.
catalog::v1::Resource Comparable(catalog::v1::Resource resource) {
  resource.set_version(0);
  resource.set_schema_version(0);
  resource.set_partitions(std::max<uint32_t>(resource.partitions(), 1));
  return resource;
}

bool SameEntry(const catalog::v1::Resource& a, const catalog::v1::Resource& b) {
  // No maps and no unknown fields: equal messages have equal bytes.
  return Comparable(a).SerializeAsString() == Comparable(b).SerializeAsString();
}

registry::v1::Command PutCommand(const catalog::v1::Resource& wanted,
                                 uint32_t current_version,
                                 const crypto::Digest& genesis) {
  registry::v1::Command command;
  command.set_genesis_digest(std::string(crypto::DigestView(genesis)));
  registry::v1::PutResource* put = command.mutable_put_resource();
  *put->mutable_resource() = wanted;
  put->mutable_resource()->set_version(current_version + 1);
  put->mutable_resource()->set_schema_version(0);
  put->set_expected_version(current_version);
  return command;
}

absl::Status RefusalOf(const registry::v1::Verdict& verdict,
                       const std::string& resource) {
  const absl::Status refusal =
      verdict.field().empty()
          ? Error(verdict.reason(), verdict.message())
          : FieldError(verdict.reason(), verdict.field(), verdict.message());
  return Annotate(
      refusal,
      absl::StrCat("the registry refuses the catalog entry of ", resource));
}

}  // namespace

CatalogAccess AccessTo(registry::Registry* registry) {
  CatalogAccess access;
  access.get = [registry](absl::string_view id) {
    return registry->GetResource(id);
  };
  access.submit = [registry](const registry::v1::SignedCommand& command) {
    return registry->Submit(command);
  };
  access.applied_offset = [registry] {
    return registry->status().applied_offset;
  };
  access.genesis_digest = registry::CommandDigest(registry->genesis());
  return access;
}

absl::StatusOr<CatalogAccess::ResourcePtr> PutCatalogEntry(
    const catalog::v1::Resource& wanted, const crypto::SigningKey& key,
    const CatalogAccess& access) {
  absl::Status refusal;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    absl::StatusOr<CatalogAccess::ResourcePtr> current =
        access.get(wanted.id());
    if (!current.ok() &&
        ReasonOf(current.status()) != status::v1::REASON_CODE_NOT_FOUND) {
      return current.status();
    }
    if (current.ok() && SameEntry(**current, wanted)) return *current;
    const uint32_t version = current.ok() ? (*current)->version() : 0;
    ASSIGN_OR_RETURN(
        const registry::Submitted submitted,
        access.submit(registry::SignCommand(
            PutCommand(wanted, version, access.genesis_digest), key)));
    if (submitted.verdict.accepted()) return access.get(wanted.id());
    refusal = RefusalOf(submitted.verdict, wanted.id());
    if (submitted.verdict.reason() !=
        status::v1::REASON_CODE_VERSION_CONFLICT) {
      break;
    }
  }
  return refusal;
}

}  // namespace sluice::publish
