#include "tests/bench/relay.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/server_builder.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/base/worker_pool.h"
#include "libs/delivery/gate.h"
#include "libs/delivery/stream.h"
#include "libs/records/envelope.h"
#include "libs/rpc/peer.h"
#include "services/broker/exchange_service.h"
#include "tests/bench/bench_exchange.h"

namespace sluice::bench {
namespace {

// Takes the body out of its envelope, which is what a consumer understands.
class RelayProcessor : public delivery::Processor {
 public:
  absl::StatusOr<std::optional<delivery::Prepared>> Process(
      const bus::TopicPartition& from, const bus::Message& message) override {
    ASSIGN_OR_RETURN(const records::OpenedEnvelope envelope,
                     records::OpenEnvelope(message.value));
    if (envelope.header.kind() != records::v1::MESSAGE_KIND_BATCH) {
      return std::nullopt;
    }
    delivery::Prepared prepared;
    prepared.delivery.set_partition(static_cast<uint32_t>(from.partition));
    prepared.delivery.set_generation(envelope.header.generation());
    prepared.delivery.set_sequence(envelope.header.sequence());
    prepared.batch.push_back(envelope.body);
    prepared.batch_bytes = envelope.body.size();
    prepared.row_count = envelope.header.row_count();
    return prepared;
  }

  void Begin(const bus::TopicPartition& /*partition*/,
             const delivery::StartPoint& /*start*/) override {}
};

// Streams that begin at the same moment: more than a benchmark opens.
constexpr size_t kAskingMax = 1'024;

class GrpcRelay : public Relay {
 public:
  explicit GrpcRelay(const RelayOptions& options)
      : options_(options),
        pool_("relay", static_cast<int>(
                           std::max(2U, std::thread::hardware_concurrency()))),
        service_(
            [](const grpc::CallbackServerContext& context) {
              return rpc::CallerOf(*context.auth_context(), kTrustDomain);
            },
            [this](const delivery::Caller&, const exchange::v1::Start& start,
                   delivery::Sink* sink) { return Open(start, sink); }) {}

  ~GrpcRelay() override {
    if (server_ != nullptr) {
      server_->Shutdown(absl::ToChronoTime(absl::Now() + absl::Seconds(1)));
      server_->Wait();
    }
    MutexLock lock(&mutex_);
    while (open_streams_ > 0) ended_.Wait(&mutex_);
  }

  absl::Status Listen() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", rpc::ServerTls(options_.tls),
                             &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return Error(status::v1::REASON_CODE_STORAGE_FAILED,
                   "the relay cannot listen on 127.0.0.1");
    }
    address_ = absl::StrCat("127.0.0.1:", port);
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }

 private:
  absl::StatusOr<delivery::Exchange::Opened> Open(
      const exchange::v1::Start& start, delivery::Sink* sink) {
    delivery::StreamOptions stream;
    stream.resource = options_.resource->id();
    stream.group = absl::StrCat("relay.", start.group());
    ASSIGN_OR_RETURN(
        stream.member,
        options_.log->JoinGroup(
            stream.group, absl::StrCat("records.", options_.resource->id())));
    ASSIGN_OR_RETURN(stream.start,
                     delivery::ParseStart(start, AsView(stream.resource)));
    stream.processor = std::make_unique<RelayProcessor>();
    stream.enter_gate = [this](const std::string&)
        -> absl::StatusOr<std::unique_ptr<delivery::Gate::Pass>> {
      return gate_.Enter();
    };
    {
      MutexLock lock(&mutex_);
      ++open_streams_;
    }
    stream.on_end = [this](const absl::Status&) {
      MutexLock lock(&mutex_);
      --open_streams_;
      ended_.SignalAll();
    };
    stream.log = options_.log;
    stream.pool = &pool_;
    stream.bus_threads = &asking_;
    stream.counters = &counters_;
    stream.sink = sink;
    delivery::Exchange::Opened opened;
    opened.started.set_resource(options_.resource->id());
    opened.started.set_schema_version(options_.resource->schema_version());
    *opened.started.mutable_fields() = options_.resource->fields();
    opened.stream = delivery::Stream::Create(std::move(stream));
    return opened;
  }

  const RelayOptions options_;
  delivery::DeliveryCounters counters_;
  // Never closed.
  delivery::Gate gate_;
  Mutex mutex_;
  CondVar ended_;
  int open_streams_ ABSL_GUARDED_BY(mutex_) = 0;
  delivery::BusThreads asking_{"relay/start", kAskingMax};
  WorkerPool pool_;
  broker::ExchangeServiceImpl service_;
  std::string address_;
  // Ends first: its calls use all of the above.
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Relay>> Relay::Start(
    const RelayOptions& options) {
  auto relay = std::make_unique<GrpcRelay>(options);
  RETURN_IF_ERROR(relay->Listen());
  return std::unique_ptr<Relay>(std::move(relay));
}

}  // namespace sluice::bench
