// Who may call what, asked of a real process by certificates of every kind.

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/client/connection.h"
#include "libs/rpc/byte_buffer.h"
#include "libs/rpc/credentials.h"
#include "tests/integration/county.h"

namespace sluice::integration {
namespace {

using Catch::Matchers::Contains;

std::string ReasonOfStatus(const absl::Status& status) {
  return std::string(ReasonName(ReasonOf(status)));
}

// A connection with the certificate `certs/<name>.pem`.
std::unique_ptr<client::Connection> ConnectAs(const County& county,
                                              const std::string& name) {
  county.WriteClient(name, name, "");
  auto config =
      client::ReadClientConfig(county.Path("clients/" + name + ".yaml"));
  REQUIRE(config.ok());
  auto connection = client::Connection::Open(*std::move(config));
  INFO(connection.status().message());
  REQUIRE(connection.ok());
  return *std::move(connection);
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

absl::Status ReadEntries(client::Connection* connection) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + client::kCallDeadline));
  const auto reader = connection->endpoint()
                          ->stub<audit::v1::AuditService::Stub>()
                          ->ReadEntries(&context, {});
  audit::v1::ReadEntriesResponse response;
  while (reader->Read(&response)) {
  }
  return connection->endpoint()->Judge(reader->Finish(), context,
                                       client::kCallDeadline);
}

// What each method of the audit service says to a caller.
std::vector<std::pair<std::string, absl::Status>> CallAuditMethods(
    client::Connection* connection) {
  using Stub = audit::v1::AuditService::Stub;
  const auto call = [connection](auto method, const auto& request) {
    return connection->Call(method, request).status();
  };
  audit::v1::GetInclusionProofRequest inclusion;
  inclusion.set_tree_size(1);
  audit::v1::GetConsistencyProofRequest consistency;
  consistency.set_old_size(1);
  consistency.set_new_size(1);
  return {
      {"ListEntries",
       call(&Stub::ListEntries, audit::v1::ListEntriesRequest())},
      {"ReadEntries", ReadEntries(connection)},
      {"GetCheckpoint",
       call(&Stub::GetCheckpoint, audit::v1::GetCheckpointRequest())},
      {"GetInclusionProof", call(&Stub::GetInclusionProof, inclusion)},
      {"GetConsistencyProof", call(&Stub::GetConsistencyProof, consistency)},
  };
}

// Sends bytes to a method of which there is no generated code here, and takes
// one answer. Also for a stream that answers each request with one response.
absl::StatusOr<std::string> CallRaw(client::Connection* connection,
                                    const std::string& method,
                                    const std::string& request) {
  grpc::GenericStub stub(connection->endpoint()->channel());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + client::kCallDeadline));
  const grpc::ByteBuffer sent =
      rpc::ToByteBuffer({SharedBytes::Own(std::string(request))});
  grpc::ByteBuffer received;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &sent, &received,
                 [&done](grpc::Status status) { done.set_value(status); });
  const absl::Status status = connection->endpoint()->Judge(
      done.get_future().get(), context, client::kCallDeadline);
  if (!status.ok()) return status;
  return std::string(rpc::ToSharedBytes(received).view());
}

// All pages of a list, by pages of `page_size`.
template <typename Stub, typename Request, typename Response, typename IdsOf>
std::vector<std::string> Walk(client::Connection* connection,
                              grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&,
                                                           Response*),
                              uint32_t page_size, IdsOf ids_of) {
  std::vector<std::string> all;
  Request request;
  request.set_page_size(page_size);
  do {
    const auto page = connection->Call(method, request);
    INFO(page.status().message());
    REQUIRE(page.ok());
    const std::vector<std::string> ids = ids_of(*page);
    if (page_size != 0) CHECK(ids.size() <= page_size);
    all.insert(all.end(), ids.begin(), ids.end());
    REQUIRE(all.size() < 100);
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return all;
}

TEST_CASE("the audit trail is for auditors alone, and who else asks is in it") {
  County county;
  county.Start();
  std::set<std::string> expected;
  for (const char* who : {"grid", "officer", "approver", "broker"}) {
    const auto connection = ConnectAs(county, who);
    for (const auto& [method, status] : CallAuditMethods(connection.get())) {
      INFO(who << " calls " << method << ": " << status.message());
      CHECK(ReasonOfStatus(status) == "ROLE_NOT_ALLOWED");
      CHECK(absl::IsPermissionDenied(status));
      expected.insert(absl::StrCat(who, " ", method));
    }
  }
  const auto auditor = ConnectAs(county, "auditor");
  for (const auto& [method, status] : CallAuditMethods(auditor.get())) {
    INFO(method << ": " << status.message());
    CHECK(status.ok());
  }

  audit::v1::ListEntriesRequest request;
  request.set_page_size(1000);
  const auto listed =
      auditor->Call(&audit::v1::AuditService::Stub::ListEntries, request);
  REQUIRE(listed.ok());
  std::set<std::string> refused;
  std::set<std::string> accesses;
  for (const auto& indexed : listed->entries()) {
    const audit::v1::Entry& entry = indexed.entry();
    if (entry.has_audit_access()) {
      CHECK(entry.audit_access().peer().spiffe_id() ==
            "spiffe://county.example/data-bureau/auditor");
      accesses.insert(entry.audit_access().method());
    }
    if (!entry.has_refusal()) continue;
    CHECK(entry.refusal().reason() == status::v1::REASON_CODE_ROLE_NOT_ALLOWED);
    const std::string& id = entry.refusal().peer().spiffe_id();
    const std::string role = id.substr(id.rfind('/') + 1);
    refused.insert(absl::StrCat(role == "consumer" ? "grid" : role, " ",
                                entry.refusal().method()));
  }
  CHECK(refused == expected);
  CHECK(accesses.size() == 5);
  county.Stop(SIGTERM);
}

TEST_CASE(
    "refusals of the last moment before a stop are counted in the trail") {
  County county;
  county.Start();
  using Stub = audit::v1::AuditService::Stub;
  {
    const auto grid = ConnectAs(county, "grid");
    for (int i = 0; i < 5; ++i) {
      CHECK_FALSE(
          grid->Call(&Stub::GetCheckpoint, audit::v1::GetCheckpointRequest())
              .ok());
    }
  }
  REQUIRE(county.Stop(SIGTERM).exit_code == 0);
  CHECK_THAT(county.log(), !Contains("AUDIT_UNAVAILABLE"));

  county.Start();
  const auto auditor = ConnectAs(county, "auditor");
  audit::v1::ListEntriesRequest request;
  request.mutable_filter()->add_kinds("refusal");
  const auto listed = auditor->Call(&Stub::ListEntries, request);
  REQUIRE(listed.ok());
  uint32_t refusals = 0;
  for (const auto& indexed : listed->entries()) {
    refusals += indexed.entry().refusal().count();
  }
  CHECK(refusals == 5);
  county.Stop(SIGTERM);
}

TEST_CASE("an agreement is shown to its two departments and to no third one") {
  County county;
  county.OfferPeople(3, 1);
  county.WritePeopleAgreement("agreements/grid-people.yaml", "grid-people");
  county.Start();
  county.Enrol();
  county.AwaitPublished(3);
  const Finished requested = county.Sluicectl(
      "grid", {"agreement", "request", "agreements/grid-people.yaml"});
  INFO(requested.err);
  REQUIRE(requested.exit_code == 0);
  county.IssueCertificate(county.ca(), "health", "health/consumer");
  // A department's name at the start of another's gives it nothing.
  county.IssueCertificate(county.ca(), "registry", "registry/approver");

  using Stub = agreement::v1::AgreementService::Stub;
  agreement::v1::GetAgreementRequest existing;
  existing.set_id("grid-people");
  agreement::v1::GetAgreementRequest missing;
  missing.set_id("nothing");
  const auto count_as = [&](const std::string& who) {
    const auto connection = ConnectAs(county, who);
    const auto listed = connection->Call(
        &Stub::ListAgreements, agreement::v1::ListAgreementsRequest());
    REQUIRE(listed.ok());
    const absl::Status got =
        connection->Call(&Stub::GetAgreement, existing).status();
    if (!got.ok()) {
      // As if there were none.
      const absl::Status none =
          connection->Call(&Stub::GetAgreement, missing).status();
      CHECK(ReasonOfStatus(got) == "NOT_FOUND");
      CHECK(got.message() == none.message());
    }
    CHECK(got.ok() == (listed->agreements_size() > 0));
    return listed->agreements_size();
  };
  CHECK(count_as("grid") == 1);
  CHECK(count_as("approver") == 1);
  CHECK(count_as("auditor") == 1);
  CHECK(count_as("health") == 0);
  CHECK(count_as("registry") == 0);
  county.Stop(SIGTERM);
}

TEST_CASE("lists come in pages of bounded size that miss and repeat nothing") {
  County county;
  county.Start();
  const auto grid = ConnectAs(county, "grid");
  const auto auditor = ConnectAs(county, "auditor");
  const auto departments = [&](uint32_t page_size) {
    return Walk(
        grid.get(), &registry::v1::RegistryService::Stub::ListDepartments,
        page_size, [](const registry::v1::ListDepartmentsResponse& page) {
          std::vector<std::string> ids;
          for (const auto& one : page.departments()) {
            ids.push_back(one.id());
          }
          return ids;
        });
  };
  CHECK(departments(0) ==
        std::vector<std::string>{"data-bureau", "grid", "registry-office"});
  CHECK(departments(1) == departments(0));
  CHECK(departments(2) == departments(0));
  CHECK(departments(3) == departments(0));
  CHECK(departments(1000) == departments(0));

  const auto keys = [&](uint32_t page_size) {
    return Walk(grid.get(), &registry::v1::RegistryService::Stub::ListKeys,
                page_size, [](const registry::v1::ListKeysResponse& page) {
                  std::vector<std::string> ids;
                  for (const auto& one : page.keys()) ids.push_back(one.id());
                  return ids;
                });
  };
  CHECK(keys(0).size() == 3);  // Officer, broker, adapter.
  CHECK(keys(1) == keys(0));
  CHECK(keys(2) == keys(0));

  const auto check_bound = [](client::Connection* connection, auto method,
                              auto request) {
    request.set_page_size(1001);
    absl::Status refused = connection->Call(method, request).status();
    INFO(refused.message());
    CHECK(ReasonOfStatus(refused) == "OUT_OF_BOUNDS");
    CHECK(FieldOf(refused) == "page_size");
    request.set_page_size(1000);
    CHECK(connection->Call(method, request).ok());
    request.set_page_token(std::string(1000, 'x'));
    refused = connection->Call(method, request).status();
    CHECK(FieldOf(refused) == "page_token");
  };
  check_bound(grid.get(), &catalog::v1::CatalogService::Stub::ListResources,
              catalog::v1::ListResourcesRequest());
  check_bound(grid.get(),
              &agreement::v1::AgreementService::Stub::ListAgreements,
              agreement::v1::ListAgreementsRequest());
  check_bound(grid.get(), &registry::v1::RegistryService::Stub::ListDepartments,
              registry::v1::ListDepartmentsRequest());
  check_bound(grid.get(), &registry::v1::RegistryService::Stub::ListKeys,
              registry::v1::ListKeysRequest());
  check_bound(auditor.get(), &audit::v1::AuditService::Stub::ListEntries,
              audit::v1::ListEntriesRequest());
  county.Stop(SIGTERM);
}

TEST_CASE("who has no certificate of the trust domain gets nowhere") {
  County county;
  county.Start();
  const auto get_genesis =
      [&](const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
        const auto stub = registry::v1::RegistryService::NewStub(
            grpc::CreateChannel(county.server(), credentials));
        grpc::ClientContext context;
        context.set_deadline(
            absl::ToChronoTime(absl::Now() + client::kCallDeadline));
        registry::v1::GetGenesisResponse response;
        return stub->GetGenesis(&context, {}, &response);
      };
  rpc::TlsMaterial material;
  material.ca_bundle = county.ca().cert_pem();
  grpc::SslCredentialsOptions without;
  without.pem_root_certs = material.ca_bundle;
  CHECK(get_genesis(grpc::SslCredentials(without)).error_code() ==
        grpc::StatusCode::UNAVAILABLE);
  CHECK(get_genesis(grpc::InsecureChannelCredentials()).error_code() ==
        grpc::StatusCode::UNAVAILABLE);
  // The same call with one.
  material.certificate = ReadText(county.Path("certs/grid.pem"));
  material.private_key = ReadText(county.Path("certs/grid.key"));
  CHECK(get_genesis(rpc::ClientTls(material)).ok());

  // Of the same CA, and of another trust domain: no identity here.
  const identity::IssuedCertificate issued =
      county.ca().Issue("spiffe://other.example/grid/auditor");
  county.Write("certs/foreign.pem", issued.cert_pem);
  county.Write("certs/foreign.key", issued.key_pem);
  const auto foreign = ConnectAs(county, "foreign");
  for (const auto& [method, status] : CallAuditMethods(foreign.get())) {
    INFO(method << ": " << status.message());
    CHECK(ReasonOfStatus(status) == "UNKNOWN_IDENTITY");
    CHECK(absl::IsUnauthenticated(status));
  }
  const absl::Status refused =
      foreign
          ->Call(&catalog::v1::CatalogService::Stub::ListResources,
                 catalog::v1::ListResourcesRequest())
          .status();
  CHECK(ReasonOfStatus(refused) == "UNKNOWN_IDENTITY");
  CHECK_THAT(std::string(refused.message()),
             Contains("other.example") && Contains("county.example"));
  county.Stop(SIGTERM);
}

TEST_CASE("health checks and reflection answer as in any gRPC server") {
  County county;
  county.Start();
  const auto grid = ConnectAs(county, "grid");
  // HealthCheckResponse{status: SERVING}
  const auto health = CallRaw(grid.get(), "/grpc.health.v1.Health/Check", "");
  INFO(health.status().message());
  REQUIRE(health.ok());
  CHECK(*health == "\x08\x01");
  // ServerReflectionRequest{list_services: "*"}
  const auto services =
      CallRaw(grid.get(),
              "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
              "\x3A\x01*");
  INFO(services.status().message());
  REQUIRE(services.ok());
  for (const char* service :
       {"sluice.exchange.v1.ExchangeService",
        "sluice.catalog.v1.CatalogService",
        "sluice.agreement.v1.AgreementService",
        "sluice.registry.v1.RegistryService", "sluice.audit.v1.AuditService",
        "grpc.health.v1.Health"}) {
    CHECK_THAT(*services, Contains(service));
  }
  county.Stop(SIGTERM);
}

}  // namespace
}  // namespace sluice::integration
