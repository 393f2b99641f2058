// Brokers that play what a test tells them to, and a client of theirs.
#ifndef SLUICE_LIBS_CLIENT_TEST_BROKERS_H_
#define SLUICE_LIBS_CLIENT_TEST_BROKERS_H_

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "grpcpp/server.h"
#include "grpcpp/support/sync_stream.h"
#include "libs/client/connection.h"
#include "libs/client/subscription.h"
#include "libs/storage/test_folder.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/exchange/v1/exchange_service.grpc.pb.h"

namespace sluice::client {

inline constexpr char kTestBrokerId[] =
    "spiffe://county.example/data-bureau/broker";

class TestBrokers {
 public:
  using Stream = grpc::ServerReaderWriter<exchange::v1::SubscribeResponse,
                                          exchange::v1::SubscribeRequest>;
  // Answers Subscribe.
  using Script = std::function<grpc::Status(Stream*)>;
  // Answers GetRegistryStatus with the offset, and GetCheckpoint.
  using Answer = std::function<grpc::Status(uint64_t* offset)>;

  // A broker for each script, with a certificate for `server_id`. Their
  // addresses are in the client's configuration in this order.
  explicit TestBrokers(std::vector<Script> scripts,
                       const std::string& server_id = kTestBrokerId,
                       std::vector<Answer> answers = {});
  ~TestBrokers();
  TestBrokers(const TestBrokers&) = delete;
  TestBrokers& operator=(const TestBrokers&) = delete;

  Connection* connection() { return connection_.get(); }

  // Ends a broker; what it has running is cut off.
  void End(size_t index);

 private:
  struct Broker;

  const storage::TestFolder folder_;
  std::vector<std::unique_ptr<Broker>> brokers_;
  std::unique_ptr<Connection> connection_;
};

exchange::v1::Start TestStart();

// A resource of one field, `name` with id 2.
catalog::v1::Resource TestPeople();
exchange::v1::SubscribeResponse StartedResponse();
// One record of `resource`, which has one text field.
exchange::v1::SubscribeResponse DeliveryResponse(
    uint64_t id, const catalog::v1::Resource& resource);

// The event as a T; fails the test if it is another.
template <typename T>
T Expect(SubscriptionEvent event) {
  if (const auto* end = std::get_if<StreamEnd>(&event)) {
    INFO(end->status.message());
  }
  REQUIRE(std::holds_alternative<T>(event));
  return std::get<T>(std::move(event));
}

}  // namespace sluice::client

#endif  // SLUICE_LIBS_CLIENT_TEST_BROKERS_H_
