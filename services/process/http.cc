#include "services/process/http.h"

#include <utility>

namespace sluice::process {
namespace {

constexpr char kListenDefault[] = "127.0.0.1:0";

}  // namespace

absl::StatusOr<std::unique_ptr<metrics::HttpServer>> ServeHttp(
    const config::v1::MetricsConfig& config, const metrics::Metrics* metrics,
    std::function<absl::Status()> ready) {
  return metrics::HttpServer::Start(
      config.listen().empty() ? kListenDefault : config.listen(), metrics,
      std::move(ready));
}

}  // namespace sluice::process
