#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/registry/rules.h"

namespace sluice::registry {
namespace {

using catalog::v1::Field;
using catalog::v1::Resource;

std::string FieldPath(int index, absl::string_view part) {
  return absl::StrCat("fields[", index, "].", part);
}

const Field* FindFieldByName(const Resource& resource,
                             const std::string& name) {
  for (const Field& field : resource.fields()) {
    if (field.name() == name) return &field;
  }
  return nullptr;
}

absl::Status CheckAuthor(const RuleContext& context, const Resource& resource) {
  RETURN_IF_ERROR(context.RequireRole({v1::ROLE_PROVIDER, v1::ROLE_ADAPTER},
                                      "put a catalog entry"));
  const std::string department =
      resource.id().substr(0, resource.id().find('.'));
  if (department == context.author.department()) return absl::OkStatus();
  return FieldError(
      status::v1::REASON_CODE_WRONG_DEPARTMENT, "id",
      absl::StrCat("key ", context.author.id(), " is of department ",
                   context.author.department(), ", and ", resource.id(),
                   " belongs to ", department,
                   ": a department puts its own entries only"));
}

absl::Status CheckVersion(const v1::PutResource& command,
                          const ResourceHistory* history) {
  const Resource& resource = command.resource();
  const uint32_t current =
      history == nullptr ? 0 : history->newest()->version();
  if (command.expected_version() != current) {
    return FieldError(
        status::v1::REASON_CODE_VERSION_CONFLICT, "expected_version",
        absl::StrCat(resource.id(), " is at version ", current,
                     " and the command would replace version ",
                     command.expected_version(),
                     ": read the entry again and put your change on top"));
  }
  if (resource.version() != current + 1) {
    return FieldError(status::v1::REASON_CODE_VERSION_CONFLICT, "version",
                      absl::StrCat("the entry that replaces version ", current,
                                   " has version ", current + 1));
  }
  if (resource.schema_version() != 0) {
    return FieldError(status::v1::REASON_CODE_MALFORMED, "schema_version",
                      "the registry assigns it: leave it out");
  }
  return absl::OkStatus();
}

absl::Status CheckFieldsAreUnique(const Resource& resource) {
  std::set<uint32_t> ids;
  std::set<std::string> names;
  for (int i = 0; i < resource.fields_size(); ++i) {
    const Field& field = resource.fields(i);
    if (!ids.insert(field.id()).second) {
      return FieldError(
          status::v1::REASON_CODE_MALFORMED, FieldPath(i, "id"),
          absl::StrCat("id ", field.id(),
                       " is taken by a field before it: give each "
                       "field an id of its own"));
    }
    if (!names.insert(field.name()).second) {
      return FieldError(
          status::v1::REASON_CODE_MALFORMED, FieldPath(i, "name"),
          absl::StrCat("the name ", field.name(),
                       " is taken by a field before it: give each "
                       "field a name of its own"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckKey(const Resource& resource) {
  if (resource.kind() == catalog::v1::RESOURCE_KIND_STATE &&
      resource.key().empty()) {
    return FieldError(
        status::v1::REASON_CODE_MALFORMED, "key",
        "a resource of kind STATE needs one: name the fields that "
        "identify a record");
  }
  std::set<std::string> names;
  for (int i = 0; i < resource.key_size(); ++i) {
    const std::string path = absl::StrCat("key[", i, "]");
    const Field* field = FindFieldByName(resource, resource.key(i));
    if (field == nullptr) {
      return FieldError(status::v1::REASON_CODE_UNKNOWN_FIELD, path,
                        "names no field of this resource: the key is made of "
                        "names under `fields`");
    }
    if (!names.insert(field->name()).second) {
      return FieldError(status::v1::REASON_CODE_MALFORMED, path,
                        absl::StrCat("the key names ", field->name(),
                                     " twice: once is enough"));
    }
    if (!field->required()) {
      return FieldError(status::v1::REASON_CODE_MALFORMED, path,
                        absl::StrCat("the key field ", field->name(),
                                     " may be absent: set `required: true` on "
                                     "it"));
    }
  }
  return absl::OkStatus();
}

// Ids of the key's fields; the names were checked.
std::vector<uint32_t> KeyIds(const Resource& resource) {
  std::vector<uint32_t> ids;
  for (const std::string& name : resource.key()) {
    const Field* field = FindFieldByName(resource, name);
    ids.push_back(field == nullptr ? 0 : field->id());
  }
  return ids;
}

uint32_t PartitionsOf(const Resource& resource) {
  return resource.partitions() == 0 ? 1 : resource.partitions();
}

absl::Status Incompatible(absl::string_view path, absl::string_view message) {
  return FieldError(status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE, path, message);
}

absl::Status CheckFieldIsCompatible(const Field& field, int index,
                                    const ResourceHistory& history,
                                    const std::set<uint32_t>& current_ids) {
  const auto earlier = history.fields_ever.find(field.id());
  if (earlier == history.fields_ever.end()) return absl::OkStatus();
  const Field& was = earlier->second;
  if (current_ids.count(field.id()) == 0) {
    return Incompatible(
        FieldPath(index, "id"),
        absl::StrCat(
            "id ", field.id(), " was that of the field ", was.name(),
            ", which was removed; ids are never used again: take a new "
            "one"));
  }
  if (was.name() != field.name()) {
    return Incompatible(
        FieldPath(index, "name"),
        absl::StrCat("id ", field.id(), " is the field ", was.name(),
                     "; it cannot become ", field.name(),
                     ": give another meaning another id"));
  }
  if (was.type() != field.type()) {
    return Incompatible(
        FieldPath(index, "type"),
        absl::StrCat("the field ", field.name(),
                     " cannot change its type: add a field with a new id and "
                     "remove this one"));
  }
  if (was.scale() != field.scale()) {
    return Incompatible(
        FieldPath(index, "scale"),
        absl::StrCat("the field ", field.name(),
                     " cannot change its scale: add a field with a new id and "
                     "remove this one"));
  }
  return absl::OkStatus();
}

absl::Status CheckCompatible(const Resource& resource,
                             const ResourceHistory& history) {
  const Resource& current = *history.newest();
  if (resource.kind() != current.kind()) {
    return Incompatible("kind",
                        "a resource never changes its kind: make a new one");
  }
  if (PartitionsOf(resource) != PartitionsOf(current)) {
    return Incompatible(
        "partitions", absl::StrCat("the records of ", current.id(), " lie in ",
                                   PartitionsOf(current),
                                   " partitions, which never changes: make a "
                                   "new resource"));
  }
  std::set<uint32_t> current_ids;
  for (const Field& field : current.fields()) current_ids.insert(field.id());
  for (int i = 0; i < resource.fields_size(); ++i) {
    RETURN_IF_ERROR(
        CheckFieldIsCompatible(resource.fields(i), i, history, current_ids));
  }
  if (KeyIds(resource) != KeyIds(current)) {
    return Incompatible(
        "key",
        "the key never changes, its fields' ids neither: make a "
        "new resource");
  }
  return absl::OkStatus();
}

bool HasSameFields(const Resource& a, const Resource& b) {
  if (a.fields_size() != b.fields_size()) return false;
  for (int i = 0; i < a.fields_size(); ++i) {
    if (!google::protobuf::util::MessageDifferencer::Equals(a.fields(i),
                                                            b.fields(i))) {
      return false;
    }
  }
  return true;
}

absl::Status CheckLimits(const State& state, const ResourceHistory* history) {
  if (history == nullptr &&
      state.resource_count() >= state.limits().resources_max) {
    return Error(status::v1::REASON_CODE_TOO_MANY,
                 absl::StrCat("the catalog has ", state.resource_count(),
                              " entries, which is as many as it may have"));
  }
  if (history != nullptr &&
      history->by_schema.size() >= state.limits().schemas_max) {
    return FieldError(
        status::v1::REASON_CODE_TOO_MANY, "fields",
        absl::StrCat(
            history->newest()->id(), " has had ", history->by_schema.size(),
            " schemas, which is as many as a resource may have: make a "
            "new one"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Changes> JudgePutResource(const RuleContext& context,
                                         const v1::PutResource& command) {
  const Resource& resource = command.resource();
  RETURN_IF_ERROR(CheckAuthor(context, resource));
  const ResourceHistory* history =
      context.state.FindResource(AsView(resource.id()));
  RETURN_IF_ERROR(CheckVersion(command, history));
  RETURN_IF_ERROR(CheckFieldsAreUnique(resource));
  RETURN_IF_ERROR(CheckKey(resource));
  uint32_t schema_version = 1;
  if (history != nullptr) {
    RETURN_IF_ERROR(CheckCompatible(resource, *history));
    const Resource& current = *history->newest();
    schema_version =
        current.schema_version() + (HasSameFields(resource, current) ? 0 : 1);
  }
  if (history == nullptr ||
      schema_version != history->newest()->schema_version()) {
    RETURN_IF_ERROR(CheckLimits(context.state, history));
  }
  Resource accepted = resource;
  accepted.set_schema_version(schema_version);
  Changes changes;
  changes.resources.push_back(
      std::make_shared<const Resource>(std::move(accepted)));
  return changes;
}

}  // namespace sluice::registry
