// The client against a server in this process that speaks the same TLS.
#include "libs/client/subscription.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/client/test_brokers.h"
#include "libs/rpc/status.h"

namespace sluice::client {
namespace {

using exchange::v1::SubscribeRequest;
using exchange::v1::SubscribeResponse;
using Stream = TestBrokers::Stream;

// A broker with `script`, a connection to it, and streams of it.
class Fixture : public TestBrokers {
 public:
  explicit Fixture(TestBrokers::Script script,
                   const std::string& server_id = kTestBrokerId)
      : TestBrokers({std::move(script)}, server_id) {}

  std::unique_ptr<Subscription> Open(const Window& window = Window()) {
    return Subscription::Open(connection(), TestStart(), window);
  }
};

TEST_CASE("what the broker sends arrives in order, and an ack goes back") {
  std::vector<SubscribeRequest> requests;
  Fixture fixture([&requests](Stream* stream) {
    SubscribeRequest request;
    stream->Read(&request);
    requests.push_back(request);
    stream->Write(StartedResponse());
    stream->Write(DeliveryResponse(1, TestPeople()));
    SubscribeResponse marker;
    marker.mutable_delivery()->set_delivery_id(2);
    marker.mutable_delivery()->set_marker(exchange::v1::MARKER_BASELINE_END);
    stream->Write(marker);
    SubscribeResponse caught_up;
    caught_up.mutable_caught_up();
    stream->Write(caught_up);
    while (stream->Read(&request)) requests.push_back(request);
    return grpc::Status::OK;
  });
  const auto subscription = fixture.Open();
  CHECK(Expect<exchange::v1::Started>(subscription->Next()).agreement() ==
        "grid-people");
  const auto first = Expect<ReceivedDelivery>(subscription->Next());
  CHECK(first.delivery.delivery_id() == 1);
  REQUIRE(first.batch.has_value());
  CHECK(first.batch->row_count == 1);
  CHECK(std::string(first.batch->FindColumn(2)->Text(0)) == "张三");
  const auto second = Expect<ReceivedDelivery>(subscription->Next());
  CHECK_FALSE(second.batch.has_value());
  CHECK(second.delivery.marker() == exchange::v1::MARKER_BASELINE_END);
  Expect<exchange::v1::CaughtUp>(subscription->Next());
  subscription->Ack(2);
  subscription->HalfClose();
  CHECK(Expect<StreamEnd>(subscription->Next()).status.ok());
  CHECK(Expect<StreamEnd>(subscription->Next()).status.ok());
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].start().purpose() == "grid service");
  CHECK(requests[0].start().credit().batches() == Window().batches);
  CHECK(requests[0].start().credit().bytes() == Window().bytes);
  CHECK(requests[1].ack().delivery_id() == 2);
}

TEST_CASE("credit goes back as deliveries are taken, exactly what they cost") {
  constexpr uint64_t kDeliveries = 40;
  uint64_t sent_bytes = 0;
  exchange::v1::Credit returned;
  bool overdrawn = false;
  Fixture fixture([&](Stream* stream) {
    SubscribeRequest request;
    stream->Read(&request);
    uint64_t credit = request.start().credit().batches();
    stream->Write(StartedResponse());
    for (uint64_t id = 1; id <= kDeliveries; ++id) {
      // Sends only what it has credit for: without top-up this never ends.
      while (credit == 0) {
        if (!stream->Read(&request)) return grpc::Status::OK;
        credit += request.credit().batches();
        returned.set_batches(returned.batches() + request.credit().batches());
        returned.set_bytes(returned.bytes() + request.credit().bytes());
      }
      --credit;
      const SubscribeResponse response = DeliveryResponse(id, TestPeople());
      sent_bytes += response.delivery().batch().ByteSizeLong();
      stream->Write(response);
    }
    while (stream->Read(&request)) {
      returned.set_batches(returned.batches() + request.credit().batches());
      returned.set_bytes(returned.bytes() + request.credit().bytes());
    }
    overdrawn = returned.batches() > kDeliveries;
    return grpc::Status::OK;
  });
  const auto subscription = fixture.Open({.batches = 4, .bytes = 1 << 20});
  Expect<exchange::v1::Started>(subscription->Next());
  for (uint64_t id = 1; id <= kDeliveries; ++id) {
    CHECK(
        Expect<ReceivedDelivery>(subscription->Next()).delivery.delivery_id() ==
        id);
  }
  subscription->HalfClose();
  CHECK(Expect<StreamEnd>(subscription->Next()).status.ok());
  CHECK_FALSE(overdrawn);
  CHECK(returned.batches() >= kDeliveries - 4);
  CHECK(returned.bytes() <= sent_bytes);
  CHECK(returned.bytes() * kDeliveries == sent_bytes * returned.batches());
}

TEST_CASE("a refusal ends the stream with its reason") {
  Fixture fixture([](Stream*) {
    return rpc::ToGrpc(Error(status::v1::REASON_CODE_PURPOSE_MISMATCH,
                             "another purpose was agreed"));
  });
  const auto subscription = fixture.Open();
  const StreamEnd end = Expect<StreamEnd>(subscription->Next());
  CHECK(ReasonOf(end.status) == status::v1::REASON_CODE_PURPOSE_MISMATCH);
}

TEST_CASE("a server that is no broker is not listened to") {
  Fixture fixture(
      [](Stream* stream) {
        stream->Write(StartedResponse());
        stream->Write(DeliveryResponse(1, TestPeople()));
        return grpc::Status::OK;
      },
      "spiffe://county.example/health/consumer");
  const auto subscription = fixture.Open();
  const StreamEnd end = Expect<StreamEnd>(subscription->Next());
  CHECK(ReasonOf(end.status) == status::v1::REASON_CODE_UNKNOWN_IDENTITY);
}

TEST_CASE("a broker of another trust domain is not listened to") {
  Fixture fixture(
      [](Stream* stream) {
        stream->Write(StartedResponse());
        return grpc::Status::OK;
      },
      "spiffe://city.example/data-bureau/broker");
  const auto subscription = fixture.Open();
  const StreamEnd end = Expect<StreamEnd>(subscription->Next());
  CHECK(ReasonOf(end.status) == status::v1::REASON_CODE_UNKNOWN_IDENTITY);
}

TEST_CASE("columns that were not announced end the stream") {
  Fixture fixture([](Stream* stream) {
    catalog::v1::Resource more = TestPeople();
    more.mutable_fields(0)->set_id(3);
    stream->Write(StartedResponse());
    stream->Write(DeliveryResponse(1, more));
    return grpc::Status::OK;
  });
  const auto subscription = fixture.Open();
  Expect<exchange::v1::Started>(subscription->Next());
  const StreamEnd end = Expect<StreamEnd>(subscription->Next());
  CHECK(ReasonOf(end.status) == status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE);
}

TEST_CASE("a delivery before the start is no stream of ours") {
  Fixture fixture([](Stream* stream) {
    stream->Write(DeliveryResponse(1, TestPeople()));
    return grpc::Status::OK;
  });
  const auto subscription = fixture.Open();
  const StreamEnd end = Expect<StreamEnd>(subscription->Next());
  CHECK(ReasonOf(end.status) == status::v1::REASON_CODE_MALFORMED);
}

TEST_CASE("another thread can cancel a stream that waits") {
  Fixture fixture([](Stream* stream) {
    stream->Write(StartedResponse());
    SubscribeRequest request;
    while (stream->Read(&request)) {
    }
    return grpc::Status::OK;
  });
  const auto subscription = fixture.Open();
  Expect<exchange::v1::Started>(subscription->Next());
  std::thread canceller([&] { subscription->Cancel(); });
  CHECK(absl::IsCancelled(Expect<StreamEnd>(subscription->Next()).status));
  canceller.join();
}

TEST_CASE("another thread can half-close a stream that waits") {
  Fixture fixture([](Stream* stream) {
    stream->Write(StartedResponse());
    SubscribeRequest request;
    while (stream->Read(&request)) {
    }
    return grpc::Status::OK;
  });
  const auto subscription = fixture.Open();
  Expect<exchange::v1::Started>(subscription->Next());
  std::thread closer([&] { subscription->HalfClose(); });
  CHECK(Expect<StreamEnd>(subscription->Next()).status.ok());
  closer.join();
}

TEST_CASE("a stream that is dropped in the middle ends on both sides") {
  Fixture fixture([](Stream* stream) {
    stream->Write(StartedResponse());
    while (stream->Write(DeliveryResponse(1, TestPeople()))) {
    }
    return grpc::Status::OK;
  });
  const auto subscription = fixture.Open();
  Expect<exchange::v1::Started>(subscription->Next());
  Expect<ReceivedDelivery>(subscription->Next());
}

TEST_CASE("a method that the server does not have fails with its address") {
  Fixture fixture([](Stream*) { return grpc::Status::OK; });
  const auto response = fixture.connection()->Call(
      &registry::v1::RegistryService::Stub::GetGenesis,
      registry::v1::GetGenesisRequest());
  REQUIRE_FALSE(response.ok());
  CHECK(absl::IsUnimplemented(response.status()));
  CHECK_THAT(std::string(response.status().message()),
             Catch::Matchers::Contains("127.0.0.1:"));
}

}  // namespace
}  // namespace sluice::client
