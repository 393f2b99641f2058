// Streams that take their time to open, seen from a gRPC client.
#include "services/broker/exchange_service.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"
#include "libs/rpc/status.h"

namespace sluice::broker {
namespace {

using exchange::v1::SubscribeRequest;
using exchange::v1::SubscribeResponse;

// A server whose streams open when the test lets them.
struct SlowServer {
  explicit SlowServer(
      absl::Duration last_write_max = ExchangeServiceImpl::kLastWriteMax)
      : service(
            [this](const grpc::CallbackServerContext&) {
              return domain.HealthConsumer();
            },
            [this](const delivery::Caller&, const exchange::v1::Start&,
                   delivery::Sink* sink) { return Open(sink); },
            last_write_max) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&service);
    server = builder.BuildAndStart();
    REQUIRE(server != nullptr);
    stub = exchange::v1::ExchangeService::NewStub(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }
  ~SlowServer() { server->Shutdown(); }

  absl::StatusOr<delivery::Exchange::Opened> Open(delivery::Sink* sink) {
    {
      MutexLock lock(&mutex);
      ++asked;
      changed.SignalAll();
      while (!may_open) changed.Wait(&mutex);
    }
    RETURN_IF_ERROR(refusal);
    delivery::StreamOptions options = domain.Options(nullptr);
    options.sink = sink;
    options.on_end = [this](const absl::Status& status) {
      MutexLock lock(&mutex);
      ended = status;
      ++ends;
      changed.SignalAll();
    };
    return delivery::Exchange::Opened{
        delivery::Stream::Create(std::move(options)), {}};
  }

  void WaitUntilAsked() {
    MutexLock lock(&mutex);
    while (asked == 0) changed.Wait(&mutex);
  }
  void LetOpen() {
    MutexLock lock(&mutex);
    may_open = true;
    changed.SignalAll();
  }
  absl::Status WaitForEnd() {
    MutexLock lock(&mutex);
    while (ends == 0) changed.Wait(&mutex);
    return ended;
  }

  // Before the first call.
  absl::Status refusal;
  delivery::DeliveryFixture domain;
  Mutex mutex;
  CondVar changed;
  int asked ABSL_GUARDED_BY(mutex) = 0;
  bool may_open ABSL_GUARDED_BY(mutex) = false;
  int ends ABSL_GUARDED_BY(mutex) = 0;
  absl::Status ended ABSL_GUARDED_BY(mutex);
  ExchangeServiceImpl service;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<exchange::v1::ExchangeService::Stub> stub;
};

SubscribeRequest Start() {
  SubscribeRequest request;
  request.mutable_start()->set_agreement("health-people");
  request.mutable_start()->set_purpose("vaccination");
  return request;
}

SubscribeRequest Credit() {
  SubscribeRequest request;
  request.mutable_credit()->set_batches(10);
  request.mutable_credit()->set_bytes(1 << 20);
  return request;
}

TEST_CASE("What follows a start is taken once the stream is open") {
  SlowServer slow;
  slow.domain.PublishBatches(0, 2);
  grpc::ClientContext context;
  const auto call = slow.stub->Subscribe(&context);
  REQUIRE(call->Write(Start()));
  REQUIRE(call->Write(Credit()));
  slow.WaitUntilAsked();
  slow.LetOpen();
  SubscribeResponse response;
  REQUIRE(call->Read(&response));
  CHECK(response.has_started());
  REQUIRE(call->Read(&response));
  CHECK(response.delivery().sequence() == 1);
  REQUIRE(call->Read(&response));
  CHECK(response.delivery().sequence() == 2);
  CHECK(call->WritesDone());
  while (call->Read(&response)) continue;
  CHECK(call->Finish().ok());
  CHECK(slow.WaitForEnd().ok());
}

TEST_CASE("A call that is cancelled while its stream opens leaves no stream") {
  SlowServer slow;
  grpc::ClientContext context;
  const auto call = slow.stub->Subscribe(&context);
  REQUIRE(call->Write(Start()));
  slow.WaitUntilAsked();
  context.TryCancel();
  CHECK(call->Finish().error_code() == grpc::StatusCode::CANCELLED);
  slow.LetOpen();
  // As cancelled or as a call without a reader, whichever gRPC says first.
  const absl::Status why = slow.WaitForEnd();
  CHECK((why.ok() || ReasonOf(why) == status::v1::REASON_CODE_SHUTTING_DOWN));
}

TEST_CASE("A server that is shut down waits for streams that open") {
  SlowServer slow;
  grpc::ClientContext context;
  const auto call = slow.stub->Subscribe(&context);
  REQUIRE(call->Write(Start()));
  slow.WaitUntilAsked();
  std::thread shutdown(
      [&] { slow.server->Shutdown(std::chrono::system_clock::now()); });
  (void)call->Finish();
  slow.LetOpen();
  shutdown.join();
  CHECK_FALSE(slow.WaitForEnd().ok());
}

// Publishes more than a connection takes in that nobody reads from, and behind
// it a message that breaks the chain.
void PublishMuchThenBreak(delivery::DeliveryFixture* domain) {
  for (int i = 0; i < 4; ++i) {
    domain->Publish(0, domain->chains[0]->Batch(4096));
  }
  domain->chains[0]->Batch();
  domain->PublishBatches(0, 1);
}

TEST_CASE("Why the data cannot go on is told behind what is being written") {
  SlowServer slow(absl::InfiniteDuration());
  PublishMuchThenBreak(&slow.domain);
  slow.LetOpen();
  grpc::ClientContext context;
  const auto call = slow.stub->Subscribe(&context);
  REQUIRE(call->Write(Start()));
  REQUIRE(call->Write(Credit()));
  CHECK(ReasonOf(slow.WaitForEnd()) == status::v1::REASON_CODE_CHAIN_BROKEN);
  SubscribeResponse response;
  while (call->Read(&response)) continue;
  CHECK(ReasonOf(rpc::FromGrpc(call->Finish())) ==
        status::v1::REASON_CODE_CHAIN_BROKEN);
}

TEST_CASE("A consumer that does not read cannot hold a stream that has ended") {
  SlowServer slow(absl::ZeroDuration());
  PublishMuchThenBreak(&slow.domain);
  slow.LetOpen();
  grpc::ClientContext context;
  const auto call = slow.stub->Subscribe(&context);
  REQUIRE(call->Write(Start()));
  REQUIRE(call->Write(Credit()));
  CHECK(ReasonOf(slow.WaitForEnd()) == status::v1::REASON_CODE_CHAIN_BROKEN);
  // Returns when no call is left.
  slow.server->Shutdown();
  SubscribeResponse response;
  while (call->Read(&response)) continue;
  CHECK_FALSE(call->Finish().ok());
}

TEST_CASE("A stream that cannot be opened says why") {
  SlowServer slow;
  slow.refusal = Error(status::v1::REASON_CODE_LEASE_LOST, "no lease");
  slow.LetOpen();
  grpc::ClientContext context;
  const auto call = slow.stub->Subscribe(&context);
  REQUIRE(call->Write(Start()));
  SubscribeResponse response;
  CHECK_FALSE(call->Read(&response));
  const grpc::Status status = call->Finish();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(ReasonOf(rpc::FromGrpc(status)) == status::v1::REASON_CODE_LEASE_LOST);
}

}  // namespace
}  // namespace sluice::broker
