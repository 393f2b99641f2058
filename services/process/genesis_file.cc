#include "services/process/genesis_file.h"

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/registry/command.h"

namespace sluice::process {

absl::StatusOr<registry::v1::SignedCommand> ReadGenesisFile(
    const std::string& path) {
  ASSIGN_OR_RETURN(const std::string stored, ReadFile(path));
  registry::v1::SignedCommand genesis;
  if (genesis.ParseFromString(stored)) return genesis;
  return Error(status::v1::REASON_CODE_CORRUPT,
               absl::StrCat(path, " is damaged: restore it from a backup"));
}

absl::StatusOr<Trust> ReadTrust(const config::v1::PinnedTrust& config) {
  Trust trust;
  ASSIGN_OR_RETURN(const std::string digest,
                   HexDecode(AsView(config.genesis_sha256())));
  trust.genesis_digest = crypto::DigestFrom(AsView(digest));
  if (config.genesis_file().empty()) return trust;
  auto genesis = ReadGenesisFile(config.genesis_file());
  if (!genesis.ok()) {
    return FieldError(ReasonOf(genesis.status()), "trust.genesis_file",
                      genesis.status().message());
  }
  const crypto::Digest stored = registry::CommandDigest(*genesis);
  if (stored != trust.genesis_digest) {
    return FieldError(
        status::v1::REASON_CODE_WRONG_TRUST_DOMAIN, "trust.genesis_file",
        absl::StrCat(config.genesis_file(), " is genesis ",
                     HexEncode(crypto::DigestView(stored)),
                     " and trust.genesis_sha256 pins ", config.genesis_sha256(),
                     ": choose the file of that trust domain, or its pin"));
  }
  trust.genesis = *std::move(genesis);
  return trust;
}

}  // namespace sluice::process
