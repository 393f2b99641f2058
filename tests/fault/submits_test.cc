// Broken: all of Kafka is stopped while more commands are submitted than a
// broker works on at a time. Must hold: what the broker cannot take it refuses
// at once; whoever only reads is answered all the while; when Kafka goes on, so
// do the commands that wait.

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/client/commands.h"
#include "libs/registry/command.h"
#include "libs/rpc/status.h"
#include "tests/fault/cluster.h"
#include "tests/fault/eventually.h"

namespace sluice::fault {
namespace {

using registry::v1::RegistryService;

// More than the places for them.
constexpr int kSubmits = 20;
constexpr int kPlaces = 16;

void Require(const absl::Status& status) {
  INFO(std::string(status.message()));
  REQUIRE(status.ok());
}

// Commands submitted at once, each once.
class Submits {
 public:
  explicit Submits(client::Connection* officer) {
    const auto key = client::LoadSigningKey(*officer);
    Require(key.status());
    const auto genesis = client::FetchGenesis(officer);
    Require(genesis.status());
    for (int i = 0; i < kSubmits; ++i) {
      registry::v1::Command command;
      command.set_genesis_digest(genesis->digest.data(),
                                 genesis->digest.size());
      auto* department =
          command.mutable_enrol_department()->mutable_department();
      department->set_id(absl::StrCat("department-", i));
      department->set_name("A department");
      registry::v1::SubmitRequest request;
      *request.mutable_command() =
          registry::SignCommand(std::move(command), *key);
      threads_.emplace_back([this, officer, request = std::move(request)] {
        Submit(*officer->endpoint(), request);
      });
    }
  }
  ~Submits() { Join(); }
  Submits(const Submits&) = delete;
  Submits& operator=(const Submits&) = delete;

  void Join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  int accepted() const { return accepted_; }
  int refused() const { return refused_; }
  int ended() const { return ended_; }

 private:
  void Submit(const client::Endpoint& endpoint,
              const registry::v1::SubmitRequest& request) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    registry::v1::SubmitResponse response;
    const absl::Status status =
        rpc::FromGrpc(endpoint.stub<RegistryService::Stub>()->Submit(
            &context, request, &response));
    if (status.ok() && response.verdict().accepted()) ++accepted_;
    if (ReasonOf(status) == status::v1::REASON_CODE_TOO_MANY) ++refused_;
    ++ended_;
  }

  std::atomic<int> accepted_ = 0;
  std::atomic<int> refused_ = 0;
  std::atomic<int> ended_ = 0;
  std::vector<std::thread> threads_;
};

TEST_CASE(
    "commands that wait for Kafka do not keep a broker from answering who "
    "reads") {
  Cluster cluster;
  cluster.Offer("events", 1);
  cluster.AddAdapter("a1");
  cluster.Agree("all", "events");
  const auto officer = cluster.Connect("officer");
  // It takes the registry's appends as long as it takes Kafka's answer.
  Require(cluster.kafka().PauseNode());
  Submits submits(officer.get());
  CHECK(Eventually([&] { return submits.refused() == kSubmits - kPlaces; },
                   kPatience));
  CHECK(submits.ended() == kSubmits - kPlaces);
  const auto catalog =
      officer->Call(&catalog::v1::CatalogService::Stub::ListResources,
                    catalog::v1::ListResourcesRequest());
  Require(catalog.status());
  CHECK(catalog->resources_size() == 1);
  agreement::v1::GetAgreementRequest agreement;
  agreement.set_id("all");
  Require(officer
              ->Call(&agreement::v1::AgreementService::Stub::GetAgreement,
                     agreement)
              .status());
  Require(officer
              ->Call(&RegistryService::Stub::GetRegistryStatus,
                     registry::v1::GetRegistryStatusRequest())
              .status());
  CHECK(submits.ended() == kSubmits - kPlaces);
  Require(cluster.kafka().ResumeNode());
  submits.Join();
  CHECK(submits.accepted() == kPlaces);
}

}  // namespace
}  // namespace sluice::fault
