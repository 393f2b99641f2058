#include "services/process/registry.h"

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"

namespace sluice::process {

absl::StatusOr<std::unique_ptr<registry::Registry>> OpenRegistry(
    const std::string& folder, const Trust& trust, bus::EventLog* log) {
  registry::RegistryOptions options;
  options.path = folder;
  options.log = log;
  options.genesis_digest = trust.genesis_digest;
  auto registry = registry::Registry::Open(
      options, trust.genesis.has_value() ? &*trust.genesis : nullptr);
  switch (ReasonOf(registry.status())) {
    case status::v1::REASON_CODE_NOT_FOUND:
      if (trust.genesis.has_value()) return registry;
      return FieldError(
          status::v1::REASON_CODE_NOT_FOUND, "trust.genesis_file",
          absl::StrCat(
              "the registry on the bus is empty, and no genesis is given to "
              "begin it with: name the file that `sluicectl genesis create` "
              "made, or check kafka.bootstrap_servers and kafka.name_prefix (",
              registry.status().message(), ")"));
    case status::v1::REASON_CODE_WRONG_TRUST_DOMAIN:
      return FieldError(
          status::v1::REASON_CODE_WRONG_TRUST_DOMAIN, "trust.genesis_sha256",
          absl::StrCat("pins ",
                       HexEncode(crypto::DigestView(trust.genesis_digest)),
                       ", and ", registry.status().message(),
                       ": check which trust domain this process belongs to, "
                       "and kafka.name_prefix"));
    default:
      return registry;
  }
}

}  // namespace sluice::process
