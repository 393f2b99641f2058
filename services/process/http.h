// The process' HTTP listener, as the configuration says.
#ifndef SLUICE_SERVICES_PROCESS_HTTP_H_
#define SLUICE_SERVICES_PROCESS_HTTP_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/metrics/http_server.h"
#include "libs/metrics/metrics.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::process {

// As HttpServer::Start, at a free port where the configuration names none.
absl::StatusOr<std::unique_ptr<metrics::HttpServer>> ServeHttp(
    const config::v1::MetricsConfig& config, const metrics::Metrics* metrics,
    std::function<absl::Status()> ready);

}  // namespace sluice::process

#endif  // SLUICE_SERVICES_PROCESS_HTTP_H_
