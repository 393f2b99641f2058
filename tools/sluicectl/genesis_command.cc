// sluicectl genesis: the beginning of a trust domain.
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/crypto/ed25519.h"
#include "libs/registry/command.h"
#include "tools/sluicectl/key_file.h"
#include "tools/sluicectl/subcommands.h"

namespace sluice::sluicectl {
namespace {

using cli::Cell;

struct Options {
  std::string trust_domain;
  std::string ca_file;
  std::string officer_department;
  std::string officer_key;
  std::string out;
};

absl::Status Create(const cli::Invocation& invocation, const Options& options) {
  if (::access(options.out.c_str(), F_OK) == 0) {
    return Error(status::v1::REASON_CODE_ALREADY_EXISTS,
                 absl::StrCat(options.out,
                              " is there already: a trust domain has one "
                              "genesis; `sluicectl genesis show` prints its "
                              "digest"));
  }
  ASSIGN_OR_RETURN(const std::string ca_bundle, ReadFile(options.ca_file));
  ASSIGN_OR_RETURN(const crypto::SigningKey officer,
                   LoadOrCreateKey(options.officer_key));
  const registry::v1::SignedCommand genesis =
      registry::MakeGenesis(AsView(options.trust_domain), AsView(ca_bundle),
                            AsView(options.officer_department), officer);
  RETURN_IF_ERROR(registry::ParseCommand(genesis).status());
  RETURN_IF_ERROR(WriteFileAtomically(
      options.out, AsView(genesis.SerializeAsString()), 0644));
  return cli::PrintFacts(
      invocation,
      {{"genesis_sha256", Cell::Text(HexEncode(crypto::DigestView(
                              registry::CommandDigest(genesis))))},
       {"trust_domain", Cell::Text(AsView(options.trust_domain))},
       {"officer_department", Cell::Text(AsView(options.officer_department))},
       {"officer_key_id", Cell::Text(AsView(officer.id()))},
       {"officer_key", Cell::Text(AsView(options.officer_key))}});
}

absl::Status Show(const cli::Invocation& invocation, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string stored, ReadFile(path));
  registry::v1::SignedCommand genesis;
  if (!genesis.ParseFromString(stored)) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat(path, " holds no genesis"));
  }
  auto command = registry::ParseCommand(genesis);
  if (!command.ok()) return Annotate(command.status(), AsView(path));
  if (!command->has_genesis()) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat(path, " holds no genesis"));
  }
  const registry::v1::Genesis& content = command->genesis();
  return cli::PrintFacts(
      invocation,
      {{"genesis_sha256", Cell::Text(HexEncode(crypto::DigestView(
                              registry::CommandDigest(genesis))))},
       {"trust_domain", Cell::Text(AsView(content.trust_domain()))},
       {"officer_department", Cell::Text(AsView(content.officer_department()))},
       {"officer_key_id", Cell::Text(AsView(genesis.key_id()))}});
}

}  // namespace

void AddGenesisCommands(CLI::App* app, cli::Invocation* invocation) {
  CLI::App* const group =
      cli::AddGroup(app, "genesis", "The beginning of a trust domain");
  auto options = std::make_shared<Options>();
  CLI::App* const create = cli::AddCommand(
      group, "create",
      "Make the genesis, and the first security officer's key if it is not "
      "there",
      "  sluicectl genesis create --trust-domain county.example \\\n"
      "      --ca-file ca.pem --officer-department data-bureau \\\n"
      "      --officer-key officer.pem --out genesis.bin\n"
      "\n"
      "Every configuration pins the genesis_sha256 it prints; the first "
      "broker\n"
      "is given the file. Keep the officer's key in a safe place.",
      invocation,
      [invocation, options] { return Create(*invocation, *options); });
  const auto add = [&](const std::string& name, std::string* value,
                       const std::string& description) {
    create->add_option(name, *value, description)->required();
  };
  add("--trust-domain", &options->trust_domain,
      "Host part of every SPIFFE id, such as county.example");
  add("--ca-file", &options->ca_file,
      "Certificates (PEM) of the CAs that may issue for it");
  add("--officer-department", &options->officer_department,
      "Department of the first security officer, such as data-bureau");
  add("--officer-key", &options->officer_key,
      "The officer's signing key (PEM, mode 0600); made if missing");
  add("--out", &options->out, "Where to write the genesis");

  auto path = std::make_shared<std::string>();
  cli::AddCommand(group, "show", "Digest and content of a genesis file",
                  "  sluicectl genesis show genesis.bin\n", invocation,
                  [invocation, path] { return Show(*invocation, *path); })
      ->add_option("FILE", *path, "The genesis' file")
      ->required();
}

}  // namespace sluice::sluicectl
