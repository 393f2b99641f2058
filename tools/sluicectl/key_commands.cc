// sluicectl key: signing keys, on disk and in the registry.
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/client/commands.h"
#include "libs/client/connect.h"
#include "libs/client/paging.h"
#include "libs/crypto/ed25519.h"
#include "libs/crypto/key_provider.h"
#include "libs/identity/spiffe_id.h"
#include "libs/registry/command.h"
#include "services/process/shared_keys.h"
#include "tools/sluicectl/key_file.h"
#include "tools/sluicectl/names.h"
#include "tools/sluicectl/subcommands.h"

namespace sluice::sluicectl {
namespace {

using cli::Cell;

absl::Status PrintKey(const cli::Invocation& invocation,
                      const crypto::PublicKey& key) {
  return cli::PrintFacts(
      invocation, {{"key_id", Cell::Text(AsView(key.id()))},
                   {"public_key", Cell::Text(HexEncode(AsView(key.bytes())))}});
}

absl::Status Create(const cli::Invocation& invocation,
                    const std::string& path) {
  ASSIGN_OR_RETURN(const crypto::SigningKey key, CreateKey(path));
  return PrintKey(invocation, key.public_key());
}

absl::Status Show(const cli::Invocation& invocation, const std::string& path) {
  ASSIGN_OR_RETURN(const crypto::SigningKey key,
                   crypto::SigningKey::Load(path));
  return PrintKey(invocation, key.public_key());
}

// The root of the pseudonyms, for the first broker of a trust domain.
absl::Status MakeRoot(const cli::Invocation& invocation,
                      const std::string& folder) {
  ASSIGN_OR_RETURN(const auto keys, crypto::OpenFileKeyProvider(folder));
  const auto there =
      keys->GetNewest(process::kPseudonymPurpose, process::kPseudonymRoot);
  if (there.ok()) {
    return Error(status::v1::REASON_CODE_ALREADY_EXISTS,
                 absl::StrCat(folder,
                              " holds a root already: copy it to the other "
                              "brokers; with another one every pseudonym would "
                              "be another"));
  }
  if (ReasonOf(there.status()) != status::v1::REASON_CODE_NOT_FOUND) {
    return there.status();
  }
  RETURN_IF_ERROR(
      keys->GetOrCreate(process::kPseudonymPurpose, process::kPseudonymRoot)
          .status());
  ASSIGN_OR_RETURN(const std::string check,
                   process::PseudonymRootCheck(keys.get()));
  return cli::PrintFacts(
      invocation, {{"folder", Cell::Text(AsView(folder))},
                   {"root_check", Cell::Text(HexEncode(AsView(check)))}});
}

absl::Status RotateRoot(const cli::Invocation& invocation,
                        const std::string& folder) {
  ASSIGN_OR_RETURN(const crypto::VersionedKey made,
                   crypto::AddKeyVersion(folder, process::kPseudonymPurpose,
                                         process::kPseudonymRoot));
  ASSIGN_OR_RETURN(const auto keys, crypto::OpenFileKeyProvider(folder));
  ASSIGN_OR_RETURN(const std::string check,
                   process::PseudonymRootCheck(keys.get()));
  std::cerr << "copy " << folder
            << " to every broker, then start them again: each takes the new "
               "version when it starts\n";
  return cli::PrintFacts(
      invocation, {{"folder", Cell::Text(AsView(folder))},
                   {"version", Cell::Number(uint64_t{made.version})},
                   {"root_check", Cell::Text(HexEncode(AsView(check)))}});
}

struct Enrolment {
  std::string department;
  std::string role;
  std::string holder;
  std::string public_key_hex;
  std::string key_file;
};

absl::StatusOr<crypto::PublicKey> KeyToEnrol(const Enrolment& enrolment) {
  if (!enrolment.key_file.empty()) {
    ASSIGN_OR_RETURN(const crypto::SigningKey key,
                     crypto::SigningKey::Load(enrolment.key_file));
    return key.public_key();
  }
  const auto bytes = HexDecode(AsView(enrolment.public_key_hex));
  if (!bytes.ok() || bytes->size() != crypto::kPublicKeyBytes) {
    return cli::UsageError(
        "--public-key takes the 64 hex digits that `sluicectl key show` "
        "prints");
  }
  return crypto::PublicKey::FromBytes(AsView(*bytes));
}

absl::Status Enrol(const cli::Invocation& invocation,
                   const Enrolment& enrolment) {
  if (enrolment.key_file.empty() == enrolment.public_key_hex.empty()) {
    return cli::UsageError("give one of --public-key and --key-file");
  }
  const registry::v1::Role role =
      identity::RoleFromName(AsView(enrolment.role));
  if (role == registry::v1::ROLE_UNSPECIFIED) {
    return cli::UsageError(absl::StrCat(
        "no role ", enrolment.role, ": use one of ", identity::RoleNames()));
  }
  ASSIGN_OR_RETURN(const crypto::PublicKey key, KeyToEnrol(enrolment));
  registry::v1::Command command;
  auto* enrol = command.mutable_enrol_key();
  enrol->set_department(enrolment.department);
  enrol->set_role(role);
  enrol->set_holder(enrolment.holder);
  enrol->set_public_key(key.bytes());
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  RETURN_IF_ERROR(
      client::SubmitCommand(connection.get(), std::move(command)).status());
  return PrintKey(invocation, key);
}

absl::Status Rotate(const cli::Invocation& invocation,
                    const std::string& new_file) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  ASSIGN_OR_RETURN(const crypto::SigningKey old_key,
                   client::LoadSigningKey(*connection));
  // The new key is on disk before the registry knows it, so that it cannot be
  // lost; a file that is there is the key of a rotation that did not get
  // through.
  ASSIGN_OR_RETURN(const crypto::SigningKey new_key, LoadOrCreateKey(new_file));
  registry::v1::Command command;
  auto* rotate = command.mutable_rotate_key();
  rotate->set_new_public_key(new_key.public_key().bytes());
  rotate->set_proof(registry::MakeRotationProof(AsView(old_key.id()), new_key));
  RETURN_IF_ERROR(
      client::SubmitCommand(connection.get(), std::move(command)).status());
  std::cerr << "key " << old_key.id()
            << " is retired; write signing_key_file: " << new_file << " into "
            << invocation.config_path << '\n';
  return PrintKey(invocation, new_key.public_key());
}

absl::Status Revoke(const cli::Invocation& invocation, const std::string& id,
                    const std::string& reason) {
  registry::v1::Command command;
  command.mutable_revoke_key()->set_key_id(id);
  command.mutable_revoke_key()->set_reason(reason);
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  ASSIGN_OR_RETURN(const registry::v1::SubmitResponse response,
                   client::SubmitCommand(connection.get(), std::move(command)));
  return cli::PrintFacts(invocation,
                         {{"key_id", Cell::Text(AsView(id))},
                          {"state", Cell::Text("revoked")},
                          {"offset", Cell::Number(response.offset())}});
}

absl::Status List(const cli::Invocation& invocation,
                  const std::string& department) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  const auto writer = cli::MakeOutput(invocation, {{"key_id"},
                                                   {"department"},
                                                   {"role"},
                                                   {"holder"},
                                                   {"state"},
                                                   {"enrolled_offset", true},
                                                   {"successor"},
                                                   {"public_key"}});
  registry::v1::ListKeysRequest request;
  request.set_department(department);
  const auto write_page = [&](const registry::v1::ListKeysResponse& page) {
    for (const registry::v1::SigningKey& key : page.keys()) {
      writer->Write({Cell::Text(AsView(key.id())),
                     Cell::Text(AsView(key.department())),
                     Cell::Text(identity::RoleName(key.role())),
                     Cell::Text(AsView(key.holder())),
                     Cell::Text(AsView(NameOf(key.state()))),
                     Cell::Number(key.enrolled_offset()),
                     key.successor_key_id().empty()
                         ? Cell()
                         : Cell::Text(AsView(key.successor_key_id())),
                     Cell::Text(HexEncode(AsView(key.public_key())))});
    }
    return true;
  };
  RETURN_IF_ERROR(client::ForEachPage(
      connection.get(), &registry::v1::RegistryService::Stub::ListKeys, request,
      write_page));
  return writer->Flush();
}

void AddEnrol(CLI::App* group, cli::Invocation* invocation) {
  auto enrolment = std::make_shared<Enrolment>();
  CLI::App* const command = cli::AddCommand(
      group, "enrol", "Enrol a signing key (security officer)",
      "  sluicectl key enrol --department health --role consumer \\\n"
      "      --holder \"health commission, Li Min\" --public-key HEX\n",
      invocation,
      [invocation, enrolment] { return Enrol(*invocation, *enrolment); });
  command->add_option("--department", enrolment->department, "Its department")
      ->required();
  command->add_option("--role", enrolment->role, "What it may do")->required();
  command->add_option("--holder", enrolment->holder, "Who holds it, for people")
      ->required();
  command->add_option("--public-key", enrolment->public_key_hex,
                      "64 hex digits, as `sluicectl key show` prints");
  command->add_option("--key-file", enrolment->key_file,
                      "The private key's file, where the officer has it");
}

void AddRevoke(CLI::App* group, cli::Invocation* invocation) {
  struct Options {
    std::string id;
    std::string reason;
  };
  auto options = std::make_shared<Options>();
  CLI::App* const command = cli::AddCommand(
      group, "revoke",
      "Withdraw a key: nothing that it signed later is accepted",
      "  sluicectl key revoke 1f0c2a9b7d5e4c33 --reason \"laptop stolen\"\n",
      invocation, [invocation, options] {
        return Revoke(*invocation, options->id, options->reason);
      });
  command->add_option("ID", options->id, "The key's id")->required();
  command->add_option("--reason", options->reason, "Why; kept in the registry")
      ->required();
}

}  // namespace

void AddKeyCommands(CLI::App* app, cli::Invocation* invocation) {
  CLI::App* const group = cli::AddGroup(app, "key", "Signing keys");
  const auto add_with_file = [&](const std::string& name,
                                 const std::string& description,
                                 const std::string& examples,
                                 absl::Status (*run)(const cli::Invocation&,
                                                     const std::string&)) {
    auto file = std::make_shared<std::string>();
    cli::AddCommand(group, name, description, examples, invocation,
                    [invocation, file, run] { return run(*invocation, *file); })
        ->add_option("FILE", *file, "The key's file (PEM, mode 0600)")
        ->required();
  };
  add_with_file("create", "Make a new Ed25519 key",
                "  sluicectl key create keys/li-min.pem\n", &Create);
  add_with_file("show", "Id and public key of a key file",
                "  sluicectl key show keys/li-min.pem\n", &Show);
  AddEnrol(group, invocation);
  auto folder = std::make_shared<std::string>();
  cli::AddCommand(
      group, "make-root",
      "Make the root of all pseudonyms, once in a trust domain's life",
      "  sluicectl key make-root keys\n"
      "\n"
      "Copy the folder to each broker (keys_dir), and to where it is safe: "
      "with\n"
      "another root a person's pseudonym is another.",
      invocation,
      [invocation, folder] { return MakeRoot(*invocation, *folder); })
      ->add_option("DIR", *folder, "The brokers' keys_dir")
      ->required();
  auto rotated = std::make_shared<std::string>();
  cli::AddCommand(
      group, "rotate-root",
      "Add the next version of the root of all pseudonyms",
      "  sluicectl key rotate-root keys\n"
      "\n"
      "Every pseudonym becomes another, and nothing links it to the one "
      "before:\n"
      "consumers read anew. docs/formats/pseudonym.md tells the steps.",
      invocation,
      [invocation, rotated] { return RotateRoot(*invocation, *rotated); })
      ->add_option("DIR", *rotated, "A copy of the brokers' keys_dir")
      ->required();
  add_with_file("rotate",
                "Replace this client's signing key by the one in FILE, which "
                "is made if it is not there",
                "  sluicectl key rotate keys/li-min-2.pem\n", &Rotate);
  AddRevoke(group, invocation);

  auto department = std::make_shared<std::string>();
  cli::AddCommand(
      group, "list", "Keys in the registry",
      "  sluicectl key list\n  sluicectl key list --department health\n",
      invocation,
      [invocation, department] { return List(*invocation, *department); })
      ->add_option("--department", *department, "Only keys of this department");
}

}  // namespace sluice::sluicectl
