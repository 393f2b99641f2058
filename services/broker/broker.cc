#include "services/broker/broker.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/server_builder.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/delivery/exchange.h"
#include "libs/registry/command.h"
#include "services/broker/access.h"
#include "services/broker/agreement_service.h"
#include "services/broker/audit_service.h"
#include "services/broker/broker_metrics.h"
#include "services/broker/catalog_service.h"
#include "services/broker/checkpoint_timer.h"
#include "services/broker/exchange_service.h"
#include "services/broker/health_follower.h"
#include "services/broker/registry_service.h"

namespace sluice::broker {
namespace {

// Requests are commands and short lists; the largest is a command with its
// signature.
constexpr int kRequestBytesMax = 1 << 20;
// Threads for the unary methods, which may wait for a disk. Those that wait for
// the bus and for other brokers leave half of them to the rest.
constexpr int kUnaryThreadsMax = 32;
constexpr int kSubmitsMax = 16;
constexpr int kKeepaliveMs = 30'000;
// A client that pings more often is sent away; ours does every ten seconds.
constexpr int kClientPingMs = 5'000;
// Calls on one connection beside the streams that may be open. A further call
// waits in its client.
constexpr int kCallsBesideStreamsMax = 64;

uint32_t OrDefault(uint32_t value, uint32_t default_value) {
  return value == 0 ? default_value : value;
}

absl::Status Suspend(const agreement::v1::Agreement& agreement,
                     const std::string& reason, const crypto::SigningKey& key,
                     registry::Registry* registry) {
  registry::v1::Command command;
  const crypto::Digest genesis = registry::CommandDigest(registry->genesis());
  command.set_genesis_digest(genesis.data(), genesis.size());
  auto* suspend = command.mutable_suspend_agreement();
  suspend->set_id(agreement.id());
  suspend->set_version(agreement.version());
  suspend->set_reason(reason);
  ASSIGN_OR_RETURN(
      const registry::Submitted submitted,
      registry->Submit(registry::SignCommand(std::move(command), key)));
  if (submitted.verdict.accepted()) return absl::OkStatus();
  return Error(submitted.verdict.reason(), AsView(submitted.verdict.message()));
}

delivery::ExchangeOptions ExchangeOptionsOf(const BrokerOptions& options) {
  delivery::ExchangeOptions exchange;
  exchange.registry = options.registry;
  exchange.log = options.log;
  exchange.audit = options.audit;
  exchange.keys = options.keys;
  exchange.lease = options.membership;
  exchange.quota = options.quota;
  if (options.signing_key != nullptr) {
    exchange.suspend = [registry = options.registry, key = options.signing_key](
                           const agreement::v1::Agreement& agreement,
                           const std::string& reason) {
      return Suspend(agreement, reason, *key, registry);
    };
  }
  exchange.clock = options.clock;
  exchange.streams_max =
      OrDefault(options.config.streams_max(), kStreamsMaxDefault);
  exchange.held_keys_bytes_max =
      size_t{OrDefault(options.config.held_keys_mib(), kHeldKeysMibDefault)}
      << 20;
  exchange.worker_threads = static_cast<int>(
      OrDefault(options.config.worker_threads(),
                std::max(2U, std::thread::hardware_concurrency())));
  return exchange;
}

class GrpcBroker : public Broker {
 public:
  explicit GrpcBroker(const BrokerOptions& options)
      : options_(options),
        exchange_(ExchangeOptionsOf(options)),
        access_(options.registry, &exchange_),
        exchange_service_(
            [this](const grpc::CallbackServerContext& context) {
              return access_.Check(context, "Subscribe");
            },
            [this](const delivery::Caller& caller,
                   const exchange::v1::Start& start, delivery::Sink* sink) {
              return exchange_.Subscribe(caller, start, sink);
            }),
        catalog_service_(options.registry, &access_),
        agreement_service_(options.registry, &access_),
        registry_service_(options.registry, options.membership, &access_,
                          kSubmitsMax),
        audit_service_(options.audit, options.registry, &access_),
        checkpoints_(options.audit, absl::Milliseconds(OrDefault(
                                        options.config.checkpoint_interval_ms(),
                                        kCheckpointIntervalMsDefault))) {}

  ~GrpcBroker() override { Stop(absl::ZeroDuration()); }

  absl::Status Listen() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    int port = 0;
    // Two processes must not share a port without being told.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
    // Clients ask this often whether a stream's broker still runs.
    builder.AddChannelArgument(
        GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kClientPingMs);
    builder.AddChannelArgument(
        GRPC_ARG_MAX_CONCURRENT_STREAMS,
        static_cast<int>(
            OrDefault(options_.config.streams_max(), kStreamsMaxDefault)) +
            kCallsBesideStreamsMax);
    builder.SetMaxReceiveMessageSize(kRequestBytesMax);
    builder.SetResourceQuota(
        grpc::ResourceQuota("broker").SetMaxThreads(kUnaryThreadsMax));
    builder.AddListeningPort(options_.config.listen(),
                             rpc::ServerTls(options_.tls), &port);
    builder.RegisterService(&exchange_service_);
    builder.RegisterService(&catalog_service_);
    builder.RegisterService(&agreement_service_);
    builder.RegisterService(&registry_service_);
    builder.RegisterService(&audit_service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return FieldError(
          status::v1::REASON_CODE_STORAGE_FAILED, "broker.listen",
          absl::StrCat("cannot listen on ", options_.config.listen(),
                       ": another process has the port (`ss -ltnp` tells "
                       "which), or the host is not of this machine; choose "
                       "another, or port 0 for a free one"));
    }
    const std::string& listen = options_.config.listen();
    address_ = absl::StrCat(listen.substr(0, listen.rfind(':')), ":", port);
    health_ = std::make_unique<HealthFollower>(server_->GetHealthCheckService(),
                                               [this] { return ready(); });
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }

  absl::Status ready() const override {
    if (stopped_) {
      return Error(status::v1::REASON_CODE_SHUTTING_DOWN, "shutting down");
    }
    RETURN_IF_ERROR(options_.registry->health());
    if (options_.membership == nullptr) return absl::OkStatus();
    return options_.membership->Check();
  }

  void AddMetrics(metrics::Metrics* metrics) override {
    AddExchangeMetrics(&exchange_, options_.audit, metrics);
    AddRegistryMetrics(options_.registry, options_.membership, metrics);
  }

  void Stop(absl::Duration drain) override {
    if (stopped_.exchange(true)) return;
    if (server_ == nullptr) return;
    health_.reset();
    if (auto* health = server_->GetHealthCheckService()) health->Shutdown();
    if (!exchange_.Stop(drain)) {
      LogWarning("streams were still open at the end of the drain time",
                 {{"streams", exchange_.open_streams()}});
    } else if (options_.membership != nullptr) {
      // Nothing is written any more: others need not wait for the lease, nor
      // calls here for others.
      options_.membership->Stop();
    }
    // What is left is cancelled at the deadline.
    server_->Shutdown(absl::ToChronoTime(absl::Now() + absl::Seconds(1)));
    server_->Wait();
  }

 private:
  const BrokerOptions options_;
  delivery::Exchange exchange_;
  const Access access_;
  ExchangeServiceImpl exchange_service_;
  CatalogServiceImpl catalog_service_;
  AgreementServiceImpl agreement_service_;
  RegistryServiceImpl registry_service_;
  AuditServiceImpl audit_service_;
  CheckpointTimer checkpoints_;
  std::atomic<bool> stopped_{false};
  std::string address_;
  // Ends first: its calls use all of the above.
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<HealthFollower> health_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Broker>> Broker::Start(
    const BrokerOptions& options) {
  auto broker = std::make_unique<GrpcBroker>(options);
  RETURN_IF_ERROR(broker->Listen());
  return std::unique_ptr<Broker>(std::move(broker));
}

}  // namespace sluice::broker
