#include "libs/identity/spiffe_id.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"

namespace sluice::identity {
namespace {

constexpr absl::string_view kScheme = "spiffe://";
constexpr size_t kTrustDomainBytesMax = 255;
constexpr size_t kPartBytesMax = 63;
// Of a foreign id that an error shows.
constexpr size_t kShownBytesMax = 100;

constexpr std::pair<Role, absl::string_view> kRoles[] = {
    {registry::v1::ROLE_PROVIDER, "provider"},
    {registry::v1::ROLE_CONSUMER, "consumer"},
    {registry::v1::ROLE_APPROVER, "approver"},
    {registry::v1::ROLE_OPERATOR, "operator"},
    {registry::v1::ROLE_OFFICER, "officer"},
    {registry::v1::ROLE_AUDITOR, "auditor"},
    {registry::v1::ROLE_BROKER, "broker"},
    {registry::v1::ROLE_ADAPTER, "adapter"},
    {registry::v1::ROLE_WITNESS, "witness"},
};

bool IsLowerAlnum(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c);
}

// A trust domain or an instance.
bool IsDnsLike(absl::string_view text, size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && IsLowerAlnum(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return IsLowerAlnum(c) || c == '.' || c == '-';
         });
}

bool IsDepartment(absl::string_view text) {
  return IsDnsLike(text, kPartBytesMax) && absl::ascii_islower(text[0]) &&
         text.find('.') == absl::string_view::npos;
}

absl::Status Refuse(absl::string_view uri, absl::string_view why) {
  const bool cut = uri.size() > kShownBytesMax;
  return Error(
      status::v1::REASON_CODE_UNKNOWN_IDENTITY,
      absl::StrCat("\"", absl::CHexEscape(uri.substr(0, kShownBytesMax)),
                   cut ? "...\" " : "\" ", why,
                   ": use a certificate for "
                   "spiffe://<trust domain>/<department>/<role>[/<instance>]"));
}

}  // namespace

absl::StatusOr<Identity> ParseSpiffeId(absl::string_view uri) {
  absl::string_view rest = uri;
  if (!absl::ConsumePrefix(&rest, kScheme)) {
    return Refuse(uri, "is no SPIFFE id");
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(rest, '/');
  if (parts.size() < 3 || parts.size() > 4) {
    return Refuse(uri, "does not name a department and a role");
  }
  if (!IsDnsLike(parts[0], kTrustDomainBytesMax)) {
    return Refuse(uri, "has no valid trust domain");
  }
  if (!IsDepartment(parts[1])) return Refuse(uri, "has no valid department");
  Identity identity;
  identity.role = RoleFromName(parts[2]);
  if (identity.role == registry::v1::ROLE_UNSPECIFIED) {
    return Refuse(uri, absl::StrCat("has none of the roles ", RoleNames()));
  }
  if (parts.size() == 4) {
    if (!IsDnsLike(parts[3], kPartBytesMax)) {
      return Refuse(uri, "has no valid instance");
    }
    identity.instance = std::string(parts[3]);
  }
  identity.trust_domain = std::string(parts[0]);
  identity.department = std::string(parts[1]);
  return identity;
}

std::string FormatSpiffeId(const Identity& identity) {
  return absl::StrCat(kScheme, identity.trust_domain, "/", identity.department,
                      "/", RoleName(identity.role),
                      identity.instance.empty() ? "" : "/", identity.instance);
}

absl::string_view RoleName(Role role) {
  for (const auto& [known, name] : kRoles) {
    if (known == role) return name;
  }
  return "unspecified";
}

Role RoleFromName(absl::string_view name) {
  for (const auto& [role, known] : kRoles) {
    if (known == name) return role;
  }
  return registry::v1::ROLE_UNSPECIFIED;
}

std::string RoleNames() {
  std::string names;
  for (const auto& [role, name] : kRoles) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", name);
  }
  return names;
}

}  // namespace sluice::identity
