#include "libs/client/resuming_subscription.h"

#include <catch2/catch.hpp>
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

SubscribeResponse DeliveryAt(uint64_t id, const std::string& position) {
  SubscribeResponse response = DeliveryResponse(id, TestPeople());
  response.mutable_delivery()->set_position(position);
  return response;
}

grpc::Status Unavailable(ReasonCode reason) {
  return rpc::ToGrpc(Error(reason, "says the broker"));
}

// Reads until the client is done.
void Drain(Stream* stream, std::vector<SubscribeRequest>* requests) {
  SubscribeRequest request;
  while (stream->Read(&request)) requests->push_back(request);
}

TEST_CASE("a stream goes on at the next broker from the last delivery") {
  std::vector<SubscribeRequest> at_second;
  TestBrokers brokers({
      [](Stream* stream) {
        stream->Write(StartedResponse());
        stream->Write(DeliveryAt(1, "after 1"));
        stream->Write(DeliveryAt(2, "after 2"));
        return Unavailable(status::v1::REASON_CODE_SHUTTING_DOWN);
      },
      [&](Stream* stream) {
        SubscribeRequest request;
        stream->Read(&request);
        at_second.push_back(request);
        stream->Write(StartedResponse());
        stream->Write(DeliveryAt(1, "after 3"));
        Drain(stream, &at_second);
        return grpc::Status::OK;
      },
  });
  std::vector<Failover> failovers;
  ResumeOptions options;
  options.on_failover = [&](const Failover& one) { failovers.push_back(one); };
  const auto subscription = ResumingSubscription::Open(
      brokers.connection(), TestStart(), std::move(options));
  Expect<exchange::v1::Started>(subscription->Next());
  for (uint64_t id = 1; id <= 3; ++id) {
    // Started again, but nothing new in it: the caller is not told.
    const auto received = Expect<ReceivedDelivery>(subscription->Next());
    CHECK(received.delivery.delivery_id() == id);
    CHECK(received.delivery.position() == "after " + std::to_string(id));
  }
  // Of the broker that is gone, then of the one that delivers now.
  subscription->Ack(2);
  subscription->Ack(3);
  subscription->HalfClose();
  CHECK(Expect<StreamEnd>(subscription->Next()).status.ok());
  REQUIRE(at_second.size() == 2);
  CHECK(at_second[0].start().from() == exchange::v1::START_FROM_RESUME);
  CHECK(at_second[0].start().position() == "after 2");
  CHECK(at_second[1].ack().delivery_id() == 1);
  REQUIRE(failovers.size() == 1);
  CHECK(ReasonOf(failovers[0].why) == status::v1::REASON_CODE_SHUTTING_DOWN);
  CHECK(failovers[0].from != failovers[0].to);
}

TEST_CASE("a broker that dies under a stream is replaced") {
  std::vector<SubscribeRequest> requests;
  TestBrokers brokers({
      [&](Stream* stream) {
        stream->Write(StartedResponse());
        stream->Write(DeliveryAt(1, "after 1"));
        Drain(stream, &requests);
        return grpc::Status::OK;
      },
      [&](Stream* stream) {
        stream->Write(StartedResponse());
        SubscribeResponse caught_up;
        caught_up.mutable_caught_up()->set_position("after 1");
        stream->Write(caught_up);
        Drain(stream, &requests);
        return grpc::Status::OK;
      },
  });
  const auto subscription =
      ResumingSubscription::Open(brokers.connection(), TestStart(), {});
  Expect<exchange::v1::Started>(subscription->Next());
  Expect<ReceivedDelivery>(subscription->Next());
  brokers.End(0);
  Expect<exchange::v1::CaughtUp>(subscription->Next());
}

TEST_CASE("what the agreement lets through now is told when it has changed") {
  TestBrokers brokers({
      [](Stream* stream) {
        stream->Write(StartedResponse());
        stream->Write(DeliveryAt(1, "after 1"));
        return Unavailable(status::v1::REASON_CODE_LEASE_LOST);
      },
      [](Stream* stream) {
        SubscribeResponse started = StartedResponse();
        started.mutable_started()->set_agreement_version(2);
        stream->Write(started);
        return grpc::Status::OK;
      },
  });
  const auto subscription =
      ResumingSubscription::Open(brokers.connection(), TestStart(), {});
  Expect<exchange::v1::Started>(subscription->Next());
  Expect<ReceivedDelivery>(subscription->Next());
  CHECK(
      Expect<exchange::v1::Started>(subscription->Next()).agreement_version() ==
      2);
  CHECK(Expect<StreamEnd>(subscription->Next()).status.ok());
}

TEST_CASE("a refusal that does not pass ends the stream at once") {
  int second = 0;
  TestBrokers brokers({
      [](Stream*) {
        return Unavailable(status::v1::REASON_CODE_AGREEMENT_REVOKED);
      },
      [&](Stream*) {
        ++second;
        return grpc::Status::OK;
      },
  });
  const auto subscription =
      ResumingSubscription::Open(brokers.connection(), TestStart(), {});
  CHECK(ReasonOf(Expect<StreamEnd>(subscription->Next()).status) ==
        status::v1::REASON_CODE_AGREEMENT_REVOKED);
  CHECK(second == 0);
}

TEST_CASE("a stream that is caught up goes on from there, whence it began") {
  std::vector<SubscribeRequest> at_second;
  const auto caught_up = [](const std::string& position) {
    SubscribeResponse response;
    response.mutable_caught_up()->set_position(position);
    return response;
  };
  TestBrokers brokers({
      [&](Stream* stream) {
        stream->Write(StartedResponse());
        stream->Write(DeliveryAt(1, "after 1"));
        // Then nothing passes the row filter.
        stream->Write(caught_up("after 7"));
        return Unavailable(status::v1::REASON_CODE_LEASE_LOST);
      },
      [&](Stream* stream) {
        SubscribeRequest request;
        stream->Read(&request);
        at_second.push_back(request);
        stream->Write(StartedResponse());
        stream->Write(caught_up("after 7"));
        return Unavailable(status::v1::REASON_CODE_LEASE_LOST);
      },
  });
  exchange::v1::Start start = TestStart();
  start.set_from(exchange::v1::START_FROM_END);
  const auto subscription =
      ResumingSubscription::Open(brokers.connection(), start, {});
  Expect<exchange::v1::Started>(subscription->Next());
  Expect<ReceivedDelivery>(subscription->Next());
  Expect<exchange::v1::CaughtUp>(subscription->Next());
  Expect<exchange::v1::CaughtUp>(subscription->Next());
  REQUIRE(at_second.size() == 1);
  CHECK(at_second[0].start().from() == exchange::v1::START_FROM_RESUME);
  CHECK(at_second[0].start().position() == "after 7");
}

TEST_CASE("a stream from the end that broke before a delivery does not skip") {
  TestBrokers brokers({
      [](Stream* stream) {
        stream->Write(StartedResponse());
        return Unavailable(status::v1::REASON_CODE_LEASE_LOST);
      },
  });
  exchange::v1::Start start = TestStart();
  start.set_from(exchange::v1::START_FROM_END);
  const auto subscription =
      ResumingSubscription::Open(brokers.connection(), start, {});
  Expect<exchange::v1::Started>(subscription->Next());
  const StreamEnd end = Expect<StreamEnd>(subscription->Next());
  CHECK(ReasonOf(end.status) == status::v1::REASON_CODE_LEASE_LOST);
  CHECK_THAT(std::string(end.status.message()),
             Catch::Matchers::Contains("subscribe again"));
}

TEST_CASE("an outage that lasts ends the stream with what was said last") {
  int calls = 0;
  TestBrokers brokers({[&](Stream*) {
    ++calls;
    return Unavailable(status::v1::REASON_CODE_LEASE_LOST);
  }});
  SECTION("without patience, at the first") {
    ResumeOptions options;
    options.first_outage_max = absl::ZeroDuration();
    const auto subscription = ResumingSubscription::Open(
        brokers.connection(), TestStart(), std::move(options));
    CHECK(ReasonOf(Expect<StreamEnd>(subscription->Next()).status) ==
          status::v1::REASON_CODE_LEASE_LOST);
    CHECK(calls == 1);
  }
  SECTION("after some tries") {
    ResumeOptions options;
    options.first_outage_max = absl::Milliseconds(300);
    const auto subscription = ResumingSubscription::Open(
        brokers.connection(), TestStart(), std::move(options));
    CHECK(ReasonOf(Expect<StreamEnd>(subscription->Next()).status) ==
          status::v1::REASON_CODE_LEASE_LOST);
    CHECK(calls > 1);
  }
}

TEST_CASE("a stream that looks for a broker can be stopped") {
  TestBrokers brokers(
      {[](Stream*) { return Unavailable(status::v1::REASON_CODE_TOO_MANY); }});
  ResumingSubscription* subscription_to_stop = nullptr;
  std::thread stopper;
  ResumeOptions options;
  options.first_outage_max = absl::Hours(1);
  options.on_failover = [&](const Failover& one) {
    if (one.wait < absl::Seconds(1)) return;
    stopper = std::thread([&] { subscription_to_stop->HalfClose(); });
  };
  const auto subscription = ResumingSubscription::Open(
      brokers.connection(), TestStart(), std::move(options));
  subscription_to_stop = subscription.get();
  CHECK(absl::IsCancelled(Expect<StreamEnd>(subscription->Next()).status));
  stopper.join();
}

}  // namespace
}  // namespace sluice::client
