#include "libs/rpc/status.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"

namespace sluice::rpc {
namespace {

// gRPC's own status for "no connection" has no details of ours.
bool IsConnectionFailure(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         status.error_details().empty();
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    auto* any = details.add_details();
    any->set_type_url(std::string(url));
    any->set_value(std::string(payload));
  });
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message()),
                      details.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  std::string message = status.error_message();
  if (IsConnectionFailure(status)) {
    absl::StrAppend(
        &message,
        ": check that the broker runs at this address and that both "
        "certificates are of one trust domain and not expired");
  }
  absl::Status translated(static_cast<absl::StatusCode>(status.error_code()),
                          AsView(message));
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      translated.SetPayload(AsView(detail.type_url()),
                            absl::Cord(AsView(detail.value())));
    }
  }
  return translated;
}

}  // namespace sluice::rpc
