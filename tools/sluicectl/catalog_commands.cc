// sluicectl catalog.
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/client/connect.h"
#include "libs/client/paging.h"
#include "tools/sluicectl/names.h"
#include "tools/sluicectl/subcommands.h"

namespace sluice::sluicectl {
namespace {

using catalog::v1::CatalogService;
using catalog::v1::Field;
using catalog::v1::Resource;
using cli::Cell;

absl::Status List(const cli::Invocation& invocation,
                  const std::string& department) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  const auto writer = cli::MakeOutput(invocation, {{"id"},
                                                   {"title"},
                                                   {"kind"},
                                                   {"sharing"},
                                                   {"update_cycle"},
                                                   {"fields", true},
                                                   {"version", true}});
  catalog::v1::ListResourcesRequest request;
  request.set_department(department);
  const auto write_page = [&](const catalog::v1::ListResourcesResponse& page) {
    for (const Resource& resource : page.resources()) {
      writer->Write({Cell::Text(AsView(resource.id())),
                     Cell::Text(AsView(resource.title())),
                     Cell::Text(AsView(NameOf(resource.kind()))),
                     Cell::Text(AsView(NameOf(resource.sharing_type()))),
                     Cell::Text(AsView(NameOf(resource.update_cycle()))),
                     Cell::Number(int64_t{resource.fields_size()}),
                     Cell::Number(uint64_t{resource.version()})});
    }
    return true;
  };
  RETURN_IF_ERROR(client::ForEachPage(connection.get(),
                                      &CatalogService::Stub::ListResources,
                                      request, write_page));
  return writer->Flush();
}

cli::Facts Metadata(const Resource& resource) {
  const auto text = [](const std::string& value) {
    return Cell::Text(AsView(value));
  };
  return {
      {"id", text(resource.id())},
      {"title", text(resource.title())},
      {"abstract", text(resource.abstract())},
      {"code", text(resource.code())},
      {"classification", text(resource.classification())},
      {"provider", text(resource.provider_name())},
      {"provider_uscc", text(resource.provider_uscc())},
      {"format", text(resource.format())},
      {"sharing", text(NameOf(resource.sharing_type()))},
      {"sharing_condition", text(resource.sharing_condition())},
      {"openness", text(NameOf(resource.openness()))},
      {"update_cycle", text(NameOf(resource.update_cycle()))},
      {"published", text(resource.published())},
      {"related", text(absl::StrJoin(resource.related_codes(), ", "))},
      {"kind", text(NameOf(resource.kind()))},
      {"key", text(absl::StrJoin(resource.key(), ", "))},
      {"partitions",
       Cell::Number(uint64_t{std::max(resource.partitions(), 1U)})},
      {"version", Cell::Number(uint64_t{resource.version()})},
      {"schema_version", Cell::Number(uint64_t{resource.schema_version()})}};
}

absl::Status WriteFields(const cli::Invocation& invocation,
                         const Resource& resource) {
  const auto writer = cli::MakeOutput(invocation, {{"field", true},
                                                   {"name"},
                                                   {"title"},
                                                   {"type"},
                                                   {"required"},
                                                   {"sensitivity"},
                                                   {"semantic_type"},
                                                   {"description"}});
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Cell() : Cell::Text(AsView(text));
  };
  for (const Field& field : resource.fields()) {
    writer->Write(
        {Cell::Number(uint64_t{field.id()}), Cell::Text(AsView(field.name())),
         text_or_null(field.title()), Cell::Text(AsView(NameOf(field.type()))),
         Cell::Text(field.required() ? "yes" : "no"),
         Cell::Text(AsView(NameOf(field.sensitivity()))),
         text_or_null(NameOf(field.semantic_type())),
         text_or_null(field.description())});
  }
  return writer->Flush();
}

absl::Status Show(const cli::Invocation& invocation, const std::string& id) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  catalog::v1::GetResourceRequest request;
  request.set_id(id);
  ASSIGN_OR_RETURN(
      const catalog::v1::GetResourceResponse response,
      connection->Call(&CatalogService::Stub::GetResource, request));
  // A program gets the fields alone: one kind of row.
  if (invocation.output == cli::OutputFormat::kTable) {
    RETURN_IF_ERROR(cli::PrintFacts(invocation, Metadata(response.resource())));
    std::cout << '\n';
  }
  return WriteFields(invocation, response.resource());
}

}  // namespace

void AddCatalogCommands(CLI::App* app, cli::Invocation* invocation) {
  CLI::App* const group =
      cli::AddGroup(app, "catalog", "What departments offer");
  auto department = std::make_shared<std::string>();
  cli::AddCommand(
      group, "list", "Every resource, or those of one department",
      "  sluicectl catalog list\n"
      "  sluicectl catalog list --department health --output csv\n",
      invocation,
      [invocation, department] { return List(*invocation, *department); })
      ->add_option("--department", *department,
                   "Only resources of this department");

  auto id = std::make_shared<std::string>();
  cli::AddCommand(
      group, "show", "One resource with its fields (jsonl, csv: the fields)",
      "  sluicectl catalog show civil-affairs.divisions\n", invocation,
      [invocation, id] { return Show(*invocation, *id); })
      ->add_option("ID", *id, "<department>.<slug>")
      ->required();
}

}  // namespace sluice::sluicectl
