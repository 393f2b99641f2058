// The one HTTP listener: /metrics for Prometheus, /livez and /readyz for
// whoever supervises the process. Plain text without TLS, so on loopback only.
#ifndef SLUICE_LIBS_METRICS_HTTP_SERVER_H_
#define SLUICE_LIBS_METRICS_HTTP_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/metrics/metrics.h"

namespace sluice::metrics {

// Thread-safe.
class HttpServer {
 public:
  // Serves on `listen`, a loopback `host:port`; port 0 takes a free one.
  // `metrics` and `ready`, which says why not if the process cannot serve, are
  // used until the server is gone. OUT_OF_BOUNDS for an address that is not
  // loopback, STORAGE_FAILED if the port is taken.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const std::string& listen, const Metrics* metrics,
      std::function<absl::Status()> ready);

  // Stops serving and joins its threads.
  virtual ~HttpServer() = default;

  // `http://127.0.0.1:<port>`.
  virtual const std::string& url() const = 0;
};

}  // namespace sluice::metrics

#endif  // SLUICE_LIBS_METRICS_HTTP_SERVER_H_
