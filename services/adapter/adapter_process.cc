#include "services/adapter/adapter_process.h"

#include <pthread.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/log.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/metrics/http_server.h"
#include "libs/metrics/metrics.h"
#include "libs/registry/registry.h"
#include "services/adapter/adapter.h"
#include "services/adapter/adapter_metrics.h"
#include "services/process/config_file.h"
#include "services/process/http.h"
#include "services/process/kafka.h"
#include "services/process/registry.h"
#include "services/process/signing_key.h"

namespace sluice::adapter {
namespace {

using config::v1::AdapterProcessConfig;

constexpr absl::Duration kEnrolmentInterval = absl::Milliseconds(200);

class AdapterProcess : public process::Service {
 public:
  explicit AdapterProcess(AdapterFiles files) : files_(std::move(files)) {}

  ~AdapterProcess() override { Stop(); }

  absl::Status Open() {
    const AdapterProcessConfig& config = files_.config;
    RETURN_IF_ERROR(MakeFolders(config.data_dir(), 0700));
    LogInfo("connecting to Kafka",
            {{"servers", absl::StrJoin(files_.kafka.bootstrap_servers, ",")}});
    ASSIGN_OR_RETURN(log_, bus::OpenKafkaLog(files_.kafka));
    ASSIGN_OR_RETURN(
        registry_,
        process::OpenRegistry(absl::StrCat(config.data_dir(), "/registry"),
                              files_.trust, log_.get()));
    AdapterDependencies dependencies;
    dependencies.log = log_.get();
    dependencies.catalog = publish::AccessTo(registry_.get());
    dependencies.catalog.genesis_digest = files_.trust.genesis_digest;
    dependencies.key = files_.signing_key;
    adapter_ =
        std::make_unique<Adapter>(config.adapter(), std::move(dependencies));
    AddAdapterMetrics({adapter_.get()}, &metrics_);
    ASSIGN_OR_RETURN(http_, process::ServeHttp(config.metrics(), &metrics_,
                                               [this] { return ready(); }));
    starter_ = std::thread([this] { StartWhenEnrolled(); });
    return absl::OkStatus();
  }

  std::string ready_line() const override {
    return absl::StrCat(
        "http=", http_->url(), " genesis=",
        HexEncode(crypto::DigestView(files_.trust.genesis_digest)));
  }

  void Stop() override {
    {
      MutexLock lock(&mutex_);
      stopping_ = true;
      stop_.SignalAll();
    }
    if (starter_.joinable()) starter_.join();
    if (adapter_ != nullptr) adapter_->Stop();
    // It reads what the others count.
    http_.reset();
    adapter_.reset();
    if (registry_ != nullptr) registry_->Stop();
  }

 private:
  absl::Status CheckOwnKey() const {
    return process::CheckEnrolled(*registry_, files_.signing_key.public_key(),
                                  files_.config.adapter().department(),
                                  registry::v1::ROLE_ADAPTER);
  }

  absl::Status ready() const {
    RETURN_IF_ERROR(registry_->health());
    RETURN_IF_ERROR(CheckOwnKey());
    return adapter_->health();
  }

  // What is signed with a key that nobody knows would only wait at the brokers.
  void StartWhenEnrolled() {
    pthread_setname_np(pthread_self(), "enrolment");
    bool told = false;
    while (true) {
      const absl::Status enrolled = CheckOwnKey();
      MutexLock lock(&mutex_);
      if (stopping_) return;
      if (enrolled.ok()) break;
      if (!std::exchange(told, true)) {
        LogWarning("this adapter publishes nothing yet", {{"error", enrolled}});
      }
      stop_.WaitFor(&mutex_, kEnrolmentInterval);
    }
    adapter_->Start();
  }

  const AdapterFiles files_;
  // In the order they are made; destroyed the other way round.
  metrics::Metrics metrics_;
  std::unique_ptr<bus::EventLog> log_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<Adapter> adapter_;
  std::unique_ptr<metrics::HttpServer> http_;

  Mutex mutex_;
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread starter_;
};

}  // namespace

absl::StatusOr<AdapterFiles> ReadAdapterFiles(const std::string& path) {
  ASSIGN_OR_RETURN(AdapterProcessConfig config,
                   process::ReadConfigFile<AdapterProcessConfig>(path));
  const auto read = [&]() -> absl::StatusOr<AdapterFiles> {
    ASSIGN_OR_RETURN(process::Trust trust, process::ReadTrust(config.trust()));
    ASSIGN_OR_RETURN(crypto::SigningKey signing_key,
                     process::LoadSigningKey(config.signing_key_file()));
    ASSIGN_OR_RETURN(bus::KafkaLogOptions kafka,
                     process::KafkaOptionsOf(config.kafka(), "sluice-adapter"));
    return AdapterFiles{config, std::move(trust), std::move(signing_key),
                        std::move(kafka)};
  };
  auto files = read();
  if (!files.ok()) return Annotate(files.status(), AsView(path));
  return files;
}

absl::StatusOr<std::unique_ptr<process::Service>> StartAdapterProcess(
    AdapterFiles files) {
  process::ApplyLogConfig(files.config.log());
  auto process = std::make_unique<AdapterProcess>(std::move(files));
  RETURN_IF_ERROR(process->Open());
  return std::unique_ptr<process::Service>(std::move(process));
}

}  // namespace sluice::adapter
