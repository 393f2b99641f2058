#include "libs/delivery/framing.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "google/protobuf/util/message_differencer.h"
#include "libs/base/status.h"

namespace sluice::delivery {
namespace {

using exchange::v1::Delivery;
using exchange::v1::SubscribeResponse;
using google::protobuf::util::MessageDifferencer;

std::string Join(const Frame& frame) {
  std::string joined;
  for (const SharedBytes& piece : frame) {
    joined.append(piece.data(), piece.size());
  }
  return joined;
}

Delivery RandomDelivery(std::mt19937_64* random) {
  Delivery delivery;
  delivery.set_delivery_id((*random)() >> ((*random)() % 64));
  delivery.set_partition(static_cast<uint32_t>((*random)() % 3));
  delivery.set_generation((*random)() >> ((*random)() % 64));
  delivery.set_sequence((*random)() >> ((*random)() % 64));
  delivery.set_position(std::string((*random)() % 300, 'p'));
  delivery.set_audit_id("county.example/1");
  delivery.set_untreatable_values((*random)() % 2);
  if ((*random)() % 4 == 0)
    delivery.set_marker(exchange::v1::MARKER_BASELINE_END);
  return delivery;
}

records::v1::RecordBatch RandomBatch(std::mt19937_64* random) {
  records::v1::RecordBatch batch;
  batch.set_resource("civil-affairs.people");
  batch.set_schema_version(1);
  batch.set_row_count(static_cast<uint32_t>((*random)() % 100 + 1));
  batch.add_columns()->set_field_id(1);
  batch.set_body(std::string((*random)() % 100'000, 'b'));
  return batch;
}

// Cut at random places, as the columns' buffers are.
Frame Cut(const std::string& bytes, std::mt19937_64* random) {
  const SharedBytes whole = SharedBytes::Own(bytes);
  Frame frame;
  for (size_t at = 0; at < bytes.size();) {
    const size_t length =
        std::min<size_t>(bytes.size() - at, (*random)() % 50'000 + 1);
    frame.push_back(whole.Slice(at, length));
    at += length;
  }
  return frame;
}

TEST_CASE("A framed delivery has the bytes of the generated class") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    const Delivery delivery = RandomDelivery(&random);
    const records::v1::RecordBatch batch = RandomBatch(&random);
    SubscribeResponse whole;
    *whole.mutable_delivery() = delivery;
    *whole.mutable_delivery()->mutable_batch() = batch;
    CHECK(Join(FrameDelivery(delivery,
                             Cut(batch.SerializeAsString(), &random))) ==
          whole.SerializeAsString());
  }
}

TEST_CASE("A delivery without a batch has none in its frame") {
  std::mt19937_64 random(2);
  SubscribeResponse whole;
  *whole.mutable_delivery() = RandomDelivery(&random);
  const std::string framed = Join(FrameDelivery(whole.delivery(), {}));
  CHECK(framed == whole.SerializeAsString());
  const auto received = Unframe(SharedBytes::Own(framed));
  REQUIRE(received.ok());
  CHECK(received->response.has_delivery());
  CHECK(received->batch.empty());
  CHECK(MessageDifferencer::Equals(received->response, whole));
}

TEST_CASE("What was framed is received, its batch uncopied") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 200; ++i) {
    const Delivery delivery = RandomDelivery(&random);
    const std::string batch = RandomBatch(&random).SerializeAsString();
    const SharedBytes message =
        SharedBytes::Own(Join(FrameDelivery(delivery, Cut(batch, &random))));
    const auto received = Unframe(message);
    REQUIRE(received.ok());
    CHECK(MessageDifferencer::Equals(received->response.delivery(), delivery));
    CHECK(received->batch.view() == AsView(batch));
    CHECK(received->batch.data() >= message.data());
    CHECK(received->batch.data() + received->batch.size() <=
          message.data() + message.size());
  }
}

TEST_CASE("Other responses pass as they are") {
  SubscribeResponse response;
  response.mutable_started()->set_agreement("grid-people");
  auto received = Unframe(SharedBytes::Own(Join(FrameResponse(response))));
  REQUIRE(received.ok());
  CHECK(MessageDifferencer::Equals(received->response, response));
  response.mutable_caught_up()->mutable_as_of()->set_seconds(12);
  received = Unframe(SharedBytes::Own(Join(FrameResponse(response))));
  REQUIRE(received.ok());
  CHECK(MessageDifferencer::Equals(received->response, response));
}

TEST_CASE(
    "Damaged frames are malformed or parse, and stay inside their bytes") {
  std::mt19937_64 random(4);
  records::v1::RecordBatch batch;
  batch.set_resource("civil-affairs.people");
  batch.set_body("bytes");
  const std::string good = Join(FrameDelivery(
      RandomDelivery(&random), {SharedBytes::Own(batch.SerializeAsString())}));
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = good.substr(0, random() % (good.size() + 1));
    for (int flips = 0; flips < 2 && !damaged.empty(); ++flips) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    const SharedBytes message = SharedBytes::Own(damaged);
    const auto received = Unframe(message);
    if (!received.ok()) {
      CHECK(ReasonOf(received.status()) == status::v1::REASON_CODE_MALFORMED);
    } else if (!received->batch.empty()) {
      CHECK(received->batch.data() >= message.data());
      CHECK(received->batch.data() + received->batch.size() <=
            message.data() + message.size());
    }
  }
}

}  // namespace
}  // namespace sluice::delivery
