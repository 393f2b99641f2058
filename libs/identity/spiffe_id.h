// Who someone is: a SPIFFE id of the form
// `spiffe://<trust domain>/<department>/<role>[/<instance>]`, as a
// certificate's URI SAN carries it.
#ifndef SLUICE_LIBS_IDENTITY_SPIFFE_ID_H_
#define SLUICE_LIBS_IDENTITY_SPIFFE_ID_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::identity {

using registry::v1::Role;

// Values of the four parts are held to:
// - trust domain: 1 to 255 of a-z 0-9 . -, starting with a letter or digit
// - department: a slug, 1 to 63 of a-z 0-9 -, starting with a letter
// - role: a name that RoleFromName knows
// - instance: 1 to 63 of a-z 0-9 . -, starting with a letter or digit
struct Identity {
  std::string trust_domain;
  std::string department;
  Role role = registry::v1::ROLE_UNSPECIFIED;
  // Tells apart several processes of one role; empty if there is none.
  std::string instance;

  friend bool operator==(const Identity&, const Identity&) = default;
};

// UNKNOWN_IDENTITY unless `uri` is exactly such an id: no upper case, no
// escapes, no port, query, fragment, empty part or slash at the end.
absl::StatusOr<Identity> ParseSpiffeId(absl::string_view uri);

// The reverse of ParseSpiffeId. The parts are not checked.
std::string FormatSpiffeId(const Identity& identity);

// "provider" for ROLE_PROVIDER; "unspecified" for what has no name.
absl::string_view RoleName(Role role);

// The reverse of RoleName; ROLE_UNSPECIFIED if no role has this name.
Role RoleFromName(absl::string_view name);

// Every role's name, comma-separated: for errors and help.
std::string RoleNames();

}  // namespace sluice::identity

#endif  // SLUICE_LIBS_IDENTITY_SPIFFE_ID_H_
