// sluicectl department.
#include <memory>
#include <string>

#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/client/commands.h"
#include "libs/client/connect.h"
#include "libs/client/paging.h"
#include "tools/sluicectl/subcommands.h"

namespace sluice::sluicectl {
namespace {

using cli::Cell;

absl::Status Enrol(const cli::Invocation& invocation,
                   const registry::v1::Department& department) {
  registry::v1::Command command;
  *command.mutable_enrol_department()->mutable_department() = department;
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  ASSIGN_OR_RETURN(const registry::v1::SubmitResponse response,
                   client::SubmitCommand(connection.get(), std::move(command)));
  return cli::PrintFacts(invocation,
                         {{"id", Cell::Text(AsView(department.id()))},
                          {"name", Cell::Text(AsView(department.name()))},
                          {"uscc", Cell::Text(AsView(department.uscc()))},
                          {"offset", Cell::Number(response.offset())}});
}

absl::Status List(const cli::Invocation& invocation) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  const auto writer = cli::MakeOutput(invocation, {{"id"}, {"name"}, {"uscc"}});
  const auto write_page =
      [&](const registry::v1::ListDepartmentsResponse& page) {
        for (const registry::v1::Department& department : page.departments()) {
          writer->Write({Cell::Text(AsView(department.id())),
                         Cell::Text(AsView(department.name())),
                         department.uscc().empty()
                             ? Cell()
                             : Cell::Text(AsView(department.uscc()))});
        }
        return true;
      };
  RETURN_IF_ERROR(client::ForEachPage(
      connection.get(), &registry::v1::RegistryService::Stub::ListDepartments,
      registry::v1::ListDepartmentsRequest(), write_page));
  return writer->Flush();
}

}  // namespace

void AddDepartmentCommands(CLI::App* app, cli::Invocation* invocation) {
  CLI::App* const group = cli::AddGroup(app, "department", "Departments");
  struct Options {
    std::string id;
    std::string name;
    std::string uscc;
  };
  auto options = std::make_shared<Options>();
  CLI::App* const enrol = cli::AddCommand(
      group, "enrol", "Enrol a department (security officer)",
      "  sluicectl department enrol civil-affairs --name 民政局\n", invocation,
      [invocation, options] {
        registry::v1::Department department;
        department.set_id(options->id);
        department.set_name(options->name);
        department.set_uscc(options->uscc);
        return Enrol(*invocation, department);
      });
  enrol->add_option("ID", options->id, "A slug such as civil-affairs")
      ->required();
  enrol->add_option("--name", options->name, "For people: 民政局")->required();
  enrol->add_option("--uscc", options->uscc, "Unified social credit code");

  cli::AddCommand(group, "list", "Every department",
                  "  sluicectl department list\n", invocation,
                  [invocation] { return List(*invocation); });
}

}  // namespace sluice::sluicectl
