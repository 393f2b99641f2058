#include "libs/client/test_brokers.h"

#include "absl/strings/str_cat.h"
#include "grpcpp/server_builder.h"
#include "libs/base/file.h"
#include "libs/base/string_view.h"
#include "libs/identity/test_certificates.h"
#include "libs/records/batch_builder.h"
#include "libs/rpc/credentials.h"

namespace sluice::client {

// One server with the services that tests call.
struct TestBrokers::Broker : exchange::v1::ExchangeService::Service,
                             registry::v1::RegistryService::Service,
                             audit::v1::AuditService::Service {
  Script script;
  Answer answer;
  std::unique_ptr<grpc::Server> server;

  grpc::Status Subscribe(grpc::ServerContext* /*context*/,
                         Stream* stream) override {
    return script(stream);
  }

  grpc::Status GetRegistryStatus(
      grpc::ServerContext* /*context*/,
      const registry::v1::GetRegistryStatusRequest* /*request*/,
      registry::v1::GetRegistryStatusResponse* response) override {
    uint64_t offset = 0;
    const grpc::Status status = answer(&offset);
    response->set_applied_offset(offset);
    return status;
  }

  grpc::Status GetCheckpoint(
      grpc::ServerContext* /*context*/,
      const audit::v1::GetCheckpointRequest* /*request*/,
      audit::v1::GetCheckpointResponse* /*response*/) override {
    uint64_t offset = 0;
    return answer(&offset);
  }
};

TestBrokers::TestBrokers(std::vector<Script> scripts,
                         const std::string& server_id,
                         std::vector<Answer> answers) {
  const identity::TestCa ca = identity::TestCa::Create("county.example");
  const auto certificate =
      ca.Issue(AsView(server_id), {.ip_addresses = {"127.0.0.1"}});
  std::string servers;
  for (size_t i = 0; i < scripts.size(); ++i) {
    auto broker = std::make_unique<Broker>();
    broker->script = std::move(scripts[i]);
    if (i < answers.size()) broker->answer = std::move(answers[i]);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(
        "127.0.0.1:0",
        rpc::ServerTls(
            {certificate.cert_pem, certificate.key_pem, ca.cert_pem()}),
        &port);
    builder.RegisterService(
        static_cast<exchange::v1::ExchangeService::Service*>(broker.get()));
    if (broker->answer) {
      builder.RegisterService(
          static_cast<registry::v1::RegistryService::Service*>(broker.get()));
      builder.RegisterService(
          static_cast<audit::v1::AuditService::Service*>(broker.get()));
    }
    broker->server = builder.BuildAndStart();
    REQUIRE(broker->server != nullptr);
    absl::StrAppend(&servers, servers.empty() ? "" : ", ", "127.0.0.1:", port);
    brokers_.push_back(std::move(broker));
  }
  const auto write = [this](const std::string& name,
                            const std::string& content) {
    REQUIRE(
        WriteFileAtomically(folder_.path() + "/" + name, AsView(content), 0600)
            .ok());
  };
  const auto client = ca.Issue("spiffe://county.example/grid/consumer");
  write("ca.pem", ca.cert_pem());
  write("c.pem", client.cert_pem);
  write("c.key", client.key_pem);
  write("client.yaml", absl::StrCat("servers: [", servers,
                                    "]\nca_file: ca.pem\n"
                                    "tls: {cert_file: c.pem, "
                                    "key_file: c.key}\n"));
  auto config = ReadClientConfig(folder_.path() + "/client.yaml");
  REQUIRE(config.ok());
  auto connection = Connection::Open(*std::move(config));
  INFO(connection.status().message());
  REQUIRE(connection.ok());
  connection_ = *std::move(connection);
}

TestBrokers::~TestBrokers() {
  for (size_t i = 0; i < brokers_.size(); ++i) End(i);
}

void TestBrokers::End(size_t index) {
  if (brokers_[index]->server == nullptr) return;
  brokers_[index]->server->Shutdown(std::chrono::system_clock::now());
  brokers_[index]->server->Wait();
  brokers_[index]->server.reset();
}

exchange::v1::Start TestStart() {
  exchange::v1::Start start;
  start.set_agreement("grid-people");
  start.set_purpose("grid service");
  return start;
}

catalog::v1::Resource TestPeople() {
  catalog::v1::Resource resource;
  resource.set_id("civil-affairs.people");
  resource.set_schema_version(1);
  auto* field = resource.add_fields();
  field->set_id(2);
  field->set_name("name");
  field->set_type(records::v1::DATA_TYPE_STRING);
  return resource;
}

exchange::v1::SubscribeResponse StartedResponse() {
  exchange::v1::SubscribeResponse response;
  response.mutable_started()->set_agreement("grid-people");
  *response.mutable_started()->mutable_fields() = TestPeople().fields();
  return response;
}

exchange::v1::SubscribeResponse DeliveryResponse(
    uint64_t id, const catalog::v1::Resource& resource) {
  records::BatchBuilder builder(resource);
  builder.column(0)->AppendText("张三");
  builder.FinishRow();
  const auto encoded = records::EncodeBatch(builder.Finish());
  REQUIRE(encoded.ok());
  exchange::v1::SubscribeResponse response;
  response.mutable_delivery()->set_delivery_id(id);
  REQUIRE(response.mutable_delivery()->mutable_batch()->ParseFromString(
      encoded->Flatten()));
  return response;
}

}  // namespace sluice::client
