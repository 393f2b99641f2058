#include "libs/client/connection.h"

#include <catch2/catch.hpp>
#include <string>

#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/client/test_brokers.h"
#include "libs/rpc/status.h"

namespace sluice::client {
namespace {

using Catch::Matchers::Contains;
using registry::v1::RegistryService;

grpc::Status NoStream(TestBrokers::Stream* /*stream*/) {
  return grpc::Status::OK;
}

TestBrokers::Answer Says(uint64_t offset, int* calls) {
  return [offset, calls](uint64_t* answered) {
    ++*calls;
    *answered = offset;
    return grpc::Status::OK;
  };
}

TestBrokers::Answer Refuses(ReasonCode reason, int* calls) {
  return [reason, calls](uint64_t* /*answered*/) {
    ++*calls;
    return rpc::ToGrpc(Error(reason, "says the broker"));
  };
}

absl::StatusOr<uint64_t> OffsetOf(Connection* connection,
                                  absl::Duration deadline = absl::Seconds(10)) {
  const auto response =
      connection->Call(&RegistryService::Stub::GetRegistryStatus,
                       registry::v1::GetRegistryStatusRequest(), deadline);
  if (!response.ok()) return response.status();
  return response->applied_offset();
}

TEST_CASE("calls go to the first broker while it answers") {
  int first = 0;
  int second = 0;
  TestBrokers brokers({NoStream, NoStream}, kTestBrokerId,
                      {Says(1, &first), Says(2, &second)});
  CHECK(*OffsetOf(brokers.connection()) == 1);
  CHECK(*OffsetOf(brokers.connection()) == 1);
  CHECK(second == 0);
}

TEST_CASE("a broker that is gone is replaced by the next, and stays so") {
  int first = 0;
  int second = 0;
  TestBrokers brokers({NoStream, NoStream}, kTestBrokerId,
                      {Says(1, &first), Says(2, &second)});
  brokers.End(0);
  CHECK(*OffsetOf(brokers.connection()) == 2);
  CHECK(*OffsetOf(brokers.connection()) == 2);
  CHECK(first == 0);
}

TEST_CASE("a refusal that may pass is asked again elsewhere, another is not") {
  int first = 0;
  int second = 0;
  SECTION("a lost lease") {
    TestBrokers brokers({NoStream, NoStream}, kTestBrokerId,
                        {Refuses(status::v1::REASON_CODE_LEASE_LOST, &first),
                         Says(2, &second)});
    CHECK(*OffsetOf(brokers.connection()) == 2);
    CHECK(first == 1);
  }
  SECTION("a role that may not") {
    TestBrokers brokers(
        {NoStream, NoStream}, kTestBrokerId,
        {Refuses(status::v1::REASON_CODE_ROLE_NOT_ALLOWED, &first),
         Says(2, &second)});
    CHECK(ReasonOf(OffsetOf(brokers.connection()).status()) ==
          status::v1::REASON_CODE_ROLE_NOT_ALLOWED);
    CHECK(second == 0);
  }
}

TEST_CASE("a broker that may take long to answer is not given up before") {
  int first = 0;
  int second = 0;
  // Longer than the part of the deadline that each of two brokers has.
  const auto slow = [&first](uint64_t* answered) {
    ++first;
    absl::SleepFor(absl::Milliseconds(800));
    *answered = 1;
    return grpc::Status::OK;
  };
  TestBrokers brokers({NoStream, NoStream}, kTestBrokerId,
                      {slow, Says(2, &second)});
  const auto response =
      brokers.connection()->Call(&RegistryService::Stub::GetRegistryStatus,
                                 registry::v1::GetRegistryStatusRequest(),
                                 absl::Milliseconds(1'500), absl::Seconds(60));
  REQUIRE(response.ok());
  CHECK(response->applied_offset() == 1);
  CHECK(first == 1);
  CHECK(second == 0);
}

TEST_CASE("it ends in time when nobody answers, with the best of the reasons") {
  int calls = 0;
  TestBrokers brokers({NoStream, NoStream}, kTestBrokerId,
                      {Refuses(status::v1::REASON_CODE_LEASE_LOST, &calls),
                       Refuses(status::v1::REASON_CODE_LEASE_LOST, &calls)});
  SECTION("refused by one, the other is gone") {
    brokers.End(1);
    CHECK(ReasonOf(OffsetOf(brokers.connection(), absl::Seconds(2)).status()) ==
          status::v1::REASON_CODE_LEASE_LOST);
    CHECK(calls > 1);
  }
  SECTION("both are gone") {
    brokers.End(0);
    brokers.End(1);
    const absl::Status failed =
        OffsetOf(brokers.connection(), absl::Seconds(2)).status();
    CHECK(absl::IsUnavailable(failed));
    CHECK_THAT(std::string(failed.message()),
               Contains("none of the brokers 127.0.0.1:"));
  }
}

TEST_CASE("who has read an audit trail is not given another broker's") {
  int first = 0;
  int second = 0;
  TestBrokers brokers({NoStream, NoStream}, kTestBrokerId,
                      {Says(1, &first), Says(2, &second)});
  const auto checkpoint = [&] {
    return brokers.connection()->Call(
        &audit::v1::AuditService::Stub::GetCheckpoint,
        audit::v1::GetCheckpointRequest(), absl::Seconds(2));
  };
  REQUIRE(checkpoint().ok());
  brokers.End(0);
  CHECK(absl::IsUnavailable(checkpoint().status()));
  CHECK(second == 0);
}

}  // namespace
}  // namespace sluice::client
