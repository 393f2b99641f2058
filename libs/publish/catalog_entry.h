// Keeps the catalog's entry of a resource as its resource file has it.
#ifndef SLUICE_LIBS_PUBLISH_CATALOG_ENTRY_H_
#define SLUICE_LIBS_PUBLISH_CATALOG_ENTRY_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/crypto/ed25519.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/registry.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::publish {

// What an adapter needs of the registry; all of it thread-safe.
struct CatalogAccess {
  using ResourcePtr = std::shared_ptr<const catalog::v1::Resource>;

  // Newest entry. NOT_FOUND.
  std::function<absl::StatusOr<ResourcePtr>(absl::string_view id)> get;
  // As Registry::Submit.
  std::function<absl::StatusOr<registry::Submitted>(
      const registry::v1::SignedCommand& command)>
      submit;
  std::function<uint64_t()> applied_offset;
  crypto::Digest genesis_digest = {};
};

// `registry` must outlive what is made of it.
CatalogAccess AccessTo(registry::Registry* registry);

// The entry in the catalog, after submitting `wanted` as its next version if it
// differs; `version` and `schema_version` of `wanted` do not matter. A refusal
// has the registry's reason; other errors are those of `access`.
absl::StatusOr<CatalogAccess::ResourcePtr> PutCatalogEntry(
    const catalog::v1::Resource& wanted, const crypto::SigningKey& key,
    const CatalogAccess& access);

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_CATALOG_ENTRY_H_
