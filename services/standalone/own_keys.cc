#include "services/standalone/own_keys.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/identity/spiffe_id.h"
#include "libs/registry/command.h"
#include "services/process/genesis_file.h"

namespace sluice::standalone {
namespace {

using config::v1::StandaloneConfig;
using registry::v1::Command;
using registry::v1::SignedCommand;

absl::StatusOr<crypto::SigningKey> LoadOrMake(const std::string& path) {
  auto key = crypto::SigningKey::Load(path);
  if (key.ok() || ReasonOf(key.status()) != status::v1::REASON_CODE_NOT_FOUND) {
    return key;
  }
  crypto::SigningKey made = crypto::SigningKey::Generate();
  RETURN_IF_ERROR(WriteFileAtomically(path, AsView(made.ToPem()), 0600));
  return made;
}

absl::StatusOr<SignedCommand> MakeGenesis(const StandaloneConfig& config,
                                          const std::string& path,
                                          const crypto::SigningKey& officer) {
  const config::v1::TrustConfig& trust = config.trust();
  if (trust.officer_department().empty()) {
    return FieldError(status::v1::REASON_CODE_MALFORMED,
                      "trust.officer_department",
                      "missing: the first start makes a genesis, which names "
                      "the department of the security officer");
  }
  ASSIGN_OR_RETURN(const std::string ca_bundle, ReadFile(trust.ca_file()));
  SignedCommand genesis =
      registry::MakeGenesis(AsView(trust.trust_domain()), AsView(ca_bundle),
                            AsView(trust.officer_department()), officer);
  // Once stored it is for good, so nothing is stored that no registry takes.
  RETURN_IF_ERROR(Annotate(
      registry::ParseCommand(genesis).status(),
      "no genesis can be made of the trust section (officer_department "
      "and ca_file)"));
  RETURN_IF_ERROR(
      WriteFileAtomically(path, AsView(genesis.SerializeAsString()), 0600));
  LogInfo("made a genesis of its own",
          {{"trust_domain", trust.trust_domain()}, {"file", path}});
  return genesis;
}

// Submits a command of the officer; OK if it is accepted.
absl::Status SubmitAs(const crypto::SigningKey& officer,
                      const crypto::Digest& genesis_digest, Command command,
                      registry::Registry* registry) {
  command.set_genesis_digest(genesis_digest.data(), genesis_digest.size());
  ASSIGN_OR_RETURN(
      const registry::Submitted submitted,
      registry->Submit(registry::SignCommand(std::move(command), officer)));
  if (submitted.verdict.accepted()) return absl::OkStatus();
  return Error(submitted.verdict.reason(), AsView(submitted.verdict.message()));
}

absl::Status EnrolKey(const OwnKeys& keys, const std::string& department,
                      registry::v1::Role role, const crypto::SigningKey& key,
                      registry::Registry* registry) {
  if (registry->GetKey(AsView(key.id())).ok()) return absl::OkStatus();
  if (!keys.officer.has_value()) {
    return Error(
        status::v1::REASON_CODE_WRONG_STATE,
        absl::StrCat(
            "the ", identity::RoleName(role), "'s key ", key.id(),
            " of this process is not enrolled: start once with the officer's "
            "key as keys/signing/officer.pem in data_dir, or start without "
            "what needs this key and let a security officer run `sluicectl "
            "key enrol --department ",
            department, " --role ", identity::RoleName(role), " --public-key ",
            HexEncode(AsView(key.public_key().bytes())), "`"));
  }
  Command command;
  auto* enrol = command.mutable_enrol_key();
  enrol->set_department(department);
  enrol->set_role(role);
  enrol->set_holder(
      absl::StrCat("standalone process, ", identity::RoleName(role)));
  enrol->set_public_key(key.public_key().bytes());
  return SubmitAs(*keys.officer, keys.genesis_digest, std::move(command),
                  registry);
}

absl::Status EnrolDepartment(const OwnKeys& keys,
                             const config::v1::DepartmentConfig& department,
                             registry::Registry* registry) {
  if (registry->GetDepartment(AsView(department.id())).ok()) {
    return absl::OkStatus();
  }
  if (!keys.officer.has_value()) {
    LogWarning(
        "a configured department is not enrolled, and the officer's key "
        "is not here: let a security officer run `sluicectl department "
        "enrol`",
        {{"department", department.id()}});
    return absl::OkStatus();
  }
  Command command;
  auto* enrolled = command.mutable_enrol_department()->mutable_department();
  enrolled->set_id(department.id());
  enrolled->set_name(department.name());
  return SubmitAs(*keys.officer, keys.genesis_digest, std::move(command),
                  registry);
}

}  // namespace

absl::StatusOr<OwnKeys> LoadOrMakeKeys(const StandaloneConfig& config) {
  const std::string folder = absl::StrCat(config.data_dir(), "/keys/signing");
  RETURN_IF_ERROR(MakeFolders(folder, 0700));
  ASSIGN_OR_RETURN(crypto::SigningKey broker,
                   LoadOrMake(absl::StrCat(folder, "/broker.pem")));
  OwnKeys keys{std::nullopt, std::move(broker), {}, std::nullopt, {}};
  for (const auto& adapter : config.adapters()) {
    ASSIGN_OR_RETURN(crypto::SigningKey key,
                     LoadOrMake(absl::StrCat(folder, "/adapter-",
                                             adapter.department(), ".pem")));
    keys.adapters.emplace(adapter.department(), std::move(key));
  }
  const std::string& pinned = config.trust().genesis_sha256();
  if (!pinned.empty()) {
    ASSIGN_OR_RETURN(const std::string digest, HexDecode(AsView(pinned)));
    keys.genesis_digest = crypto::DigestFrom(AsView(digest));
  }
  const std::string genesis_path =
      absl::StrCat(config.data_dir(), "/genesis.bin");
  const std::string officer_path = absl::StrCat(folder, "/officer.pem");
  auto genesis = process::ReadGenesisFile(genesis_path);
  if (genesis.ok()) {
    keys.genesis = *std::move(genesis);
    // It may have been moved to a safe place; another one would be no officer.
    auto officer = crypto::SigningKey::Load(officer_path);
    if (officer.ok()) {
      keys.officer = *std::move(officer);
    } else if (ReasonOf(officer.status()) !=
               status::v1::REASON_CODE_NOT_FOUND) {
      return officer.status();
    }
  } else if (ReasonOf(genesis.status()) != status::v1::REASON_CODE_NOT_FOUND) {
    return genesis.status();
  } else if (!pinned.empty()) {
    return keys;
  } else {
    ASSIGN_OR_RETURN(keys.officer, LoadOrMake(officer_path));
    ASSIGN_OR_RETURN(keys.genesis,
                     MakeGenesis(config, genesis_path, *keys.officer));
  }
  const crypto::Digest digest = registry::CommandDigest(*keys.genesis);
  if (!pinned.empty() && digest != keys.genesis_digest) {
    return FieldError(
        status::v1::REASON_CODE_WRONG_TRUST_DOMAIN, "trust.genesis_sha256",
        absl::StrCat("pins ", pinned, " and ", genesis_path, " is ",
                     HexEncode(crypto::DigestView(digest)),
                     ": choose the data_dir of that trust domain, or the pin "
                     "of this one"));
  }
  keys.genesis_digest = digest;
  return keys;
}

absl::Status EnrolOwnKeys(const StandaloneConfig& config, const OwnKeys& keys,
                          registry::Registry* registry) {
  for (const auto& department : config.trust().departments()) {
    RETURN_IF_ERROR(EnrolDepartment(keys, department, registry));
  }
  RETURN_IF_ERROR(EnrolKey(keys,
                           registry->genesis_content().officer_department(),
                           registry::v1::ROLE_BROKER, keys.broker, registry));
  for (const auto& [department, key] : keys.adapters) {
    RETURN_IF_ERROR(
        EnrolKey(keys, department, registry::v1::ROLE_ADAPTER, key, registry));
  }
  return absl::OkStatus();
}

}  // namespace sluice::standalone
