#include "libs/delivery/framing.h"

#include <cstdint>
#include <string>
#include <utility>

#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/records/wire_reader.h"

namespace sluice::delivery {
namespace {

using exchange::v1::Delivery;
using exchange::v1::SubscribeResponse;

constexpr uint32_t kLengthDelimited = 2;

void AppendVarint(uint64_t value, std::string* to) {
  while (value >= 0x80) {
    to->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  to->push_back(static_cast<char>(value));
}

// Tag and length of a length-delimited field.
void AppendHead(int field, size_t length, std::string* to) {
  AppendVarint(static_cast<uint32_t>(field) << 3 | kLengthDelimited, to);
  AppendVarint(length, to);
}

absl::Status Malformed() {
  return Error(
      status::v1::REASON_CODE_MALFORMED,
      "the broker sent bytes that are no SubscribeResponse: check that "
      "client and broker are of the same release");
}

// Splits `message` into `field` and everything else. False if it does not
// parse.
bool SplitOff(uint32_t field, absl::string_view message, std::string* rest,
              absl::string_view* content) {
  records::WireReader reader(message);
  while (!reader.AtEnd()) {
    records::WireField next;
    if (!reader.Next(&next)) return false;
    if (next.number == field && next.has_bytes) {
      *content = next.bytes;
    } else {
      rest->append(message.data() + next.begin, next.end - next.begin);
    }
  }
  return true;
}

}  // namespace

Frame FrameDelivery(const Delivery& delivery, const Frame& batch) {
  std::string inner = delivery.SerializeAsString();
  size_t batch_bytes = 0;
  for (const SharedBytes& piece : batch) batch_bytes += piece.size();
  if (batch_bytes > 0) {
    AppendHead(Delivery::kBatchFieldNumber, batch_bytes, &inner);
  }
  std::string head;
  AppendHead(SubscribeResponse::kDeliveryFieldNumber,
             inner.size() + batch_bytes, &head);
  head += inner;
  Frame frame;
  frame.reserve(batch.size() + 1);
  frame.push_back(SharedBytes::Own(std::move(head)));
  frame.insert(frame.end(), batch.begin(), batch.end());
  return frame;
}

Frame FrameResponse(const SubscribeResponse& response) {
  return {SharedBytes::Own(response.SerializeAsString())};
}

absl::StatusOr<ReceivedResponse> Unframe(const SharedBytes& message) {
  ReceivedResponse received;
  std::string rest;
  absl::string_view delivery;
  if (!SplitOff(SubscribeResponse::kDeliveryFieldNumber, message.view(), &rest,
                &delivery)) {
    return Malformed();
  }
  if (!received.response.ParseFromString(rest)) return Malformed();
  if (delivery.data() == nullptr) return received;
  std::string inner;
  absl::string_view batch;
  if (!SplitOff(Delivery::kBatchFieldNumber, delivery, &inner, &batch) ||
      !received.response.mutable_delivery()->ParseFromString(inner)) {
    return Malformed();
  }
  if (!batch.empty()) {
    received.batch = message.Slice(batch.data() - message.data(), batch.size());
  }
  return received;
}

}  // namespace sluice::delivery
