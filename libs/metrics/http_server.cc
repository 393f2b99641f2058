#include "libs/metrics/http_server.h"

#include <httplib.h>

#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::metrics {
namespace {

// Scrapes are rare and short.
constexpr size_t kThreads = 2;
constexpr char kTextFormat[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kPlainText[] = "text/plain; charset=utf-8";

struct Address {
  std::string host;
  int port = 0;
};

absl::StatusOr<Address> ParseLoopback(const std::string& listen) {
  Address address;
  const size_t colon = listen.rfind(':');
  if (colon != std::string::npos) address.host = listen.substr(0, colon);
  if (colon == std::string::npos ||
      !absl::SimpleAtoi(listen.substr(colon + 1), &address.port) ||
      address.port < 0 || address.port > 65'535 ||
      (address.host != "127.0.0.1" && address.host != "localhost")) {
    return FieldError(
        status::v1::REASON_CODE_OUT_OF_BOUNDS, "metrics.listen",
        absl::StrCat("\"", listen,
                     "\" is no loopback host:port: give 127.0.0.1:9464, or "
                     "127.0.0.1:0 for a free port"));
  }
  return address;
}

class HttplibServer : public HttpServer {
 public:
  HttplibServer(const Metrics* metrics, std::function<absl::Status()> ready)
      : ready_(std::move(ready)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    // Without it two processes would share a port and neither would be told.
    server_.set_socket_options([](auto) {});
    server_.Get("/metrics", [metrics](const auto&, auto& response) {
      response.set_content(metrics->Expose(), kTextFormat);
    });
    server_.Get("/livez", [](const auto&, auto& response) {
      response.set_content("ok\n", kPlainText);
    });
    server_.Get("/readyz", [this](const auto&, auto& response) {
      const absl::Status status = ready_();
      if (!status.ok()) response.status = 503;
      response.set_content(
          status.ok() ? "ok\n" : absl::StrCat(status.message(), "\n"),
          kPlainText);
    });
  }

  ~HttplibServer() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Listen(const Address& address) {
    int port = address.port;
    if (port == 0) {
      port = server_.bind_to_any_port("127.0.0.1");
    } else if (!server_.bind_to_port("127.0.0.1", port)) {
      port = -1;
    }
    if (port < 0) {
      return FieldError(
          status::v1::REASON_CODE_STORAGE_FAILED, "metrics.listen",
          absl::StrCat("cannot listen on 127.0.0.1:", address.port,
                       ": another process has the port (`ss -ltnp` tells "
                       "which); choose another, or 0 for a free one"));
    }
    url_ = absl::StrCat("http://127.0.0.1:", port);
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // A stop before the accept loop runs would be lost, and its join endless.
    while (!server_.is_running()) std::this_thread::yield();
    return absl::OkStatus();
  }

  const std::string& url() const override { return url_; }

 private:
  const std::function<absl::Status()> ready_;
  httplib::Server server_;
  std::thread thread_;
  std::string url_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const std::string& listen, const Metrics* metrics,
    std::function<absl::Status()> ready) {
  ASSIGN_OR_RETURN(const Address address, ParseLoopback(listen));
  auto server = std::make_unique<HttplibServer>(metrics, std::move(ready));
  RETURN_IF_ERROR(server->Listen(address));
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace sluice::metrics
