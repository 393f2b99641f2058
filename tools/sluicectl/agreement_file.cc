#include "tools/sluicectl/agreement_file.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/config/bounds.h"
#include "libs/config/spelling.h"
#include "libs/config/yaml.h"
#include "libs/desensitize/treatment.h"
#include "libs/predicate/pin_fields.h"
#include "libs/predicate/predicate.h"
#include "libs/registry/timestamp.h"

namespace sluice::sluicectl {
namespace {

using agreement::v1::Agreement;
using agreement::v1::FieldGrant;
using agreement::v1::Treatment;
using catalog::v1::Field;
using catalog::v1::Resource;
using config::Violation;

const Field* FindField(const Resource& resource, const std::string& name) {
  for (const Field& field : resource.fields()) {
    if (field.name() == name) return &field;
  }
  return nullptr;
}

// A field `name` at `path` that the resource does not have.
Violation UnknownField(const Resource& resource, const std::string& name,
                       const std::string& path) {
  std::vector<std::string> names;
  for (const Field& field : resource.fields()) names.push_back(field.name());
  const std::string meant = config::NearestName(AsView(name), names);
  std::string problem = absl::StrCat(resource.id(), " has no such field; ");
  if (meant.empty()) {
    absl::StrAppend(&problem, "`sluicectl catalog show ", resource.id(),
                    "` lists those it has");
  } else {
    absl::StrAppend(&problem, "did you mean ", meant, "?");
  }
  return {path, std::move(problem), status::v1::REASON_CODE_UNKNOWN_FIELD};
}

Violation FromStatus(const absl::Status& status) {
  const std::string field = FieldOf(status);
  absl::string_view problem = status.message();
  // The path that every FieldError begins with stands before the problem
  // anyway.
  absl::ConsumePrefix(&problem, absl::StrCat(field, ": "));
  return {field, std::string(problem), ReasonOf(status)};
}

absl::StatusOr<Treatment> TreatmentFor(const Treatment& treatment,
                                       const Field& field,
                                       const Resource& resource,
                                       absl::string_view path) {
  ASSIGN_OR_RETURN(Treatment resolved, desensitize::ResolveTreatment(
                                           treatment, field, resource, path));
  RETURN_IF_ERROR(desensitize::CheckStrength(resolved, field, path));
  return resolved;
}

void GrantFields(const config::v1::AgreementFile& content,
                 const Resource& resource, Agreement* agreement,
                 std::vector<Violation>* violations) {
  std::vector<FieldGrant> grants;
  for (const auto& [name, treatment] : content.fields()) {
    const std::string path = config::EntryPath("fields", AsView(name));
    const Field* const field = FindField(resource, name);
    if (field == nullptr) {
      violations->push_back(UnknownField(resource, name, path));
      continue;
    }
    FieldGrant grant;
    grant.set_field_id(field->id());
    grant.set_field_name(name);
    *grant.mutable_treatment() = treatment;
    const auto missing =
        predicate::PinFields(resource, AsView(path), grant.mutable_treatment());
    if (!missing.empty()) {
      for (const predicate::MissingField& each : missing) {
        violations->push_back(UnknownField(resource, each.name, each.path));
      }
      continue;
    }
    absl::StatusOr<Treatment> resolved =
        TreatmentFor(grant.treatment(), *field, resource, AsView(path));
    if (!resolved.ok()) {
      violations->push_back(FromStatus(resolved.status()));
      continue;
    }
    *grant.mutable_treatment() = *std::move(resolved);
    grants.push_back(std::move(grant));
  }
  std::sort(grants.begin(), grants.end(),
            [](const FieldGrant& a, const FieldGrant& b) {
              return a.field_id() < b.field_id();
            });
  for (FieldGrant& grant : grants) {
    *agreement->add_fields() = std::move(grant);
  }
}

// The day that `text` names, or `otherwise` if it is empty.
absl::CivilDay DayOf(const std::string& text, absl::string_view field,
                     absl::CivilDay otherwise,
                     std::vector<Violation>* violations) {
  absl::CivilDay day = otherwise;
  if (!text.empty() && !absl::ParseCivilTime(AsView(text), &day)) {
    violations->push_back({std::string(field),
                           "there is no such day; use one such as 2026-03-31",
                           status::v1::REASON_CODE_OUT_OF_BOUNDS});
  }
  return day;
}

void SetPeriod(const config::v1::AgreementFile& content, absl::Time now,
               Agreement* agreement, std::vector<Violation>* violations) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilDay from = DayOf(content.valid_from(), "valid_from",
                                    absl::ToCivilDay(now, utc), violations);
  const absl::CivilDay year_later(from.year() + 1, from.month(), from.day());
  const absl::CivilDay until =
      DayOf(content.valid_until(), "valid_until", year_later, violations);
  if (until <= from) {
    violations->push_back({"valid_until", "must be after valid_from",
                           status::v1::REASON_CODE_OUT_OF_BOUNDS});
  }
  *agreement->mutable_valid_from() =
      registry::ToTimestamp(absl::FromCivil(from, utc));
  *agreement->mutable_valid_until() =
      registry::ToTimestamp(absl::FromCivil(until, utc));
}

void SetLimits(const config::v1::AgreementFile& content, Agreement* agreement,
               std::vector<Violation>* violations) {
  if (!content.has_limits()) return;
  const agreement::v1::Limits& limits = content.limits();
  // Both would be taken without a word and do nothing.
  if (limits.records_per_day() == 0) {
    const std::string hint = "goes with records_per_day, which is missing";
    if (limits.on_limit() != agreement::v1::ON_LIMIT_UNSPECIFIED) {
      violations->push_back(
          {"limits.on_limit", hint, status::v1::REASON_CODE_OUT_OF_BOUNDS});
    }
    if (limits.utc_offset_minutes() != 0) {
      violations->push_back({"limits.utc_offset_minutes", hint,
                             status::v1::REASON_CODE_OUT_OF_BOUNDS});
    }
  }
  *agreement->mutable_limits() = limits;
}

void SetRowFilter(const config::v1::AgreementFile& content,
                  const Resource& resource, Agreement* agreement,
                  std::vector<Violation>* violations) {
  if (!content.has_row_filter()) return;
  auto* filter = agreement->mutable_row_filter();
  *filter = content.row_filter();
  const auto missing = predicate::PinFields(resource, "row_filter", filter);
  for (const predicate::MissingField& each : missing) {
    violations->push_back(UnknownField(resource, each.name, each.path));
  }
  if (!missing.empty()) return;
  const auto compiled = predicate::Compile(*filter, resource, "row_filter");
  if (!compiled.ok()) violations->push_back(FromStatus(compiled.status()));
}

std::string DayText(const agreement::v1::Limits& limits) {
  const int offset = limits.utc_offset_minutes();
  const char* then = "waits for the next day";
  if (limits.on_limit() == agreement::v1::ON_LIMIT_REFUSE) {
    then = "then refused until the next day";
  } else if (limits.on_limit() == agreement::v1::ON_LIMIT_SUSPEND) {
    then = "then suspended";
  }
  return absl::StrFormat("%d records a day (from 00:00 at UTC%c%02d:%02d), %s",
                         limits.records_per_day(), offset < 0 ? '-' : '+',
                         std::abs(offset) / 60, std::abs(offset) % 60, then);
}

}  // namespace

std::string DescribeLimits(const agreement::v1::Limits& limits) {
  std::vector<std::string> parts;
  if (limits.records_per_second() > 0) {
    parts.push_back(
        absl::StrCat(limits.records_per_second(), " records a second"));
  }
  if (limits.records_per_day() > 0) parts.push_back(DayText(limits));
  if (limits.concurrent_streams() > 0) {
    parts.push_back(
        absl::StrCat(limits.concurrent_streams(), " streams at once"));
  }
  return parts.empty() ? "none" : absl::StrJoin(parts, "; ");
}

absl::StatusOr<AgreementFile> ReadAgreementFile(const std::string& path) {
  AgreementFile file;
  file.path = path;
  ASSIGN_OR_RETURN(file.text, ReadFile(path));
  RETURN_IF_ERROR(
      config::ParseYamlConfig(AsView(file.text), path, &file.content));
  return file;
}

absl::StatusOr<Agreement> ResolveAgreement(const AgreementFile& file,
                                           const Resource& resource,
                                           absl::string_view consumer,
                                           uint32_t version, absl::Time now) {
  if (resource.sharing_type() == catalog::v1::SHARING_TYPE_NOT_SHARED) {
    return Error(status::v1::REASON_CODE_NOT_SHARED,
                 absl::StrCat(file.path, ": ", resource.id(),
                              " is not shared (不予共享): its department has "
                              "to change that first"));
  }
  const config::v1::AgreementFile& content = file.content;
  Agreement agreement;
  agreement.set_id(content.id());
  agreement.set_version(version);
  agreement.set_resource(resource.id());
  agreement.set_consumer(std::string(consumer));
  agreement.set_purpose(content.purpose());
  agreement.set_legal_basis(content.legal_basis());
  *agreement.mutable_modes() = content.modes();
  if (agreement.modes().empty()) {
    agreement.add_modes(agreement::v1::DELIVERY_MODE_SUBSCRIBE);
  }
  agreement.set_on_untreatable(content.on_untreatable());
  std::vector<Violation> violations;
  SetPeriod(content, now, &agreement, &violations);
  SetLimits(content, &agreement, &violations);
  SetRowFilter(content, resource, &agreement, &violations);
  GrantFields(content, resource, &agreement, &violations);
  if (!violations.empty()) {
    return config::YamlProblems(AsView(file.text), file.path, violations);
  }
  return agreement;
}

}  // namespace sluice::sluicectl
