// Lists that a broker gives a page at a time.
#ifndef SLUICE_LIBS_CLIENT_PAGING_H_
#define SLUICE_LIBS_CLIENT_PAGING_H_

#include "absl/status/status.h"
#include "libs/client/connection.h"

namespace sluice::client {

// Calls `visit(response)`, which returns whether to go on, with each page of
// the list that `request` asks for. Stops at the first error.
template <typename Stub, typename Request, typename Response, typename Visit>
absl::Status ForEachPage(Connection* connection,
                         grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                      const Request&,
                                                      Response*),
                         Request request, Visit visit) {
  while (true) {
    auto response = connection->Call(method, request);
    if (!response.ok()) return response.status();
    if (!visit(*response) || response->next_page_token().empty()) {
      return absl::OkStatus();
    }
    request.set_page_token(response->next_page_token());
  }
}

}  // namespace sluice::client

#endif  // SLUICE_LIBS_CLIENT_PAGING_H_
