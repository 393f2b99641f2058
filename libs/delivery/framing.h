// The bytes of a v1.SubscribeResponse around a batch that is already encoded,
// so that columns reach the transport without being copied into a message.
#ifndef SLUICE_LIBS_DELIVERY_FRAMING_H_
#define SLUICE_LIBS_DELIVERY_FRAMING_H_

#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/shared_bytes.h"
#include "sluice/exchange/v1/exchange_service.pb.h"

namespace sluice::delivery {

// A serialized message in pieces; joined, they are the message.
using Frame = std::vector<SharedBytes>;

// SubscribeResponse{delivery} with `batch` as the serialized bytes of
// delivery.batch; `delivery.batch` itself must not be set. An empty `batch`
// leaves the field out.
Frame FrameDelivery(const exchange::v1::Delivery& delivery, const Frame& batch);

// Any other response.
Frame FrameResponse(const exchange::v1::SubscribeResponse& response);

// A response taken apart by its receiver: everything but delivery.batch, and
// that as a part of the message, uncopied.
struct ReceivedResponse {
  exchange::v1::SubscribeResponse response;
  SharedBytes batch;
};

// MALFORMED if the bytes are no SubscribeResponse.
absl::StatusOr<ReceivedResponse> Unframe(const SharedBytes& message);

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_FRAMING_H_
