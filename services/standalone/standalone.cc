#include "services/standalone/standalone.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/audit/audit_log.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/bus/embedded_log.h"
#include "libs/config/yaml.h"
#include "libs/crypto/key_provider.h"
#include "libs/identity/certificate.h"
#include "libs/metrics/http_server.h"
#include "libs/metrics/metrics.h"
#include "libs/registry/registry.h"
#include "services/adapter/adapter.h"
#include "services/broker/broker.h"
#include "services/standalone/own_keys.h"

namespace sluice::standalone {
namespace {

using config::v1::StandaloneConfig;

constexpr char kMetricsListenDefault[] = "127.0.0.1:0";

void Resolve(const std::string& base_file, std::string* path) {
  if (!path->empty()) *path = ResolvePath(base_file, *path);
}

LogLevel LevelOf(config::v1::LogConfig::Level level) {
  switch (level) {
    case config::v1::LogConfig::DEBUG:
      return LogLevel::kDebug;
    case config::v1::LogConfig::WARN:
      return LogLevel::kWarning;
    case config::v1::LogConfig::ERROR:
      return LogLevel::kError;
    default:
      return LogLevel::kInfo;
  }
}

// `<trust domain>/<department>/<instance>`: the name of a broker's audit trail.
std::string OriginOf(const identity::Identity& broker) {
  return absl::StrCat(broker.trust_domain, "/", broker.department, "/",
                      broker.instance.empty() ? "broker" : broker.instance);
}

// Two adapters of one department would fence each other.
absl::Status CheckAdapters(const StandaloneConfig& config) {
  std::set<std::string> departments;
  for (int i = 0; i < config.adapters_size(); ++i) {
    const std::string& department = config.adapters(i).department();
    if (departments.insert(department).second) continue;
    return FieldError(status::v1::REASON_CODE_MALFORMED,
                      absl::StrCat("adapters[", i, "].department"),
                      absl::StrCat(department,
                                   " has an adapter already: a department has "
                                   "one, so put its resource files together"));
  }
  return absl::OkStatus();
}

class StandaloneProcess : public Standalone {
 public:
  explicit StandaloneProcess(const StandaloneConfig& config)
      : config_(config) {}

  ~StandaloneProcess() override { Stop(); }

  absl::Status Open() {
    ASSIGN_OR_RETURN(const identity::CheckedCertificate certificate,
                     CheckCertificate());
    RETURN_IF_ERROR(MakeFolders(config_.data_dir(), 0700));
    bus::EmbeddedLogOptions log_options;
    log_options.path = absl::StrCat(config_.data_dir(), "/bus");
    // The folder's lock: a second process stops here, before it touches
    // anything.
    ASSIGN_OR_RETURN(log_, bus::OpenEmbeddedLog(log_options));
    ASSIGN_OR_RETURN(OwnKeys keys, LoadOrMakeKeys(config_));
    keys_ = std::make_unique<const OwnKeys>(std::move(keys));
    RETURN_IF_ERROR(OpenRegistry());
    ASSIGN_OR_RETURN(secrets_, crypto::OpenFileKeyProvider(
                                   absl::StrCat(config_.data_dir(), "/keys")));
    RETURN_IF_ERROR(OpenAuditTrail(certificate.certificate.identity));
    RETURN_IF_ERROR(StartBroker(certificate));
    StartAdapters();
    return ServeMetrics();
  }

  const std::string& grpc_address() const override {
    return broker_->address();
  }
  const std::string& http_url() const override { return http_->url(); }
  std::string genesis_sha256() const override {
    return HexEncode(crypto::DigestView(keys_->genesis_digest));
  }

  void Stop() override {
    for (const auto& adapter : adapters_) adapter->Stop();
    if (broker_ != nullptr) {
      const uint32_t drain_ms = config_.broker().drain_ms();
      broker_->Stop(absl::Milliseconds(drain_ms == 0 ? broker::kDrainMsDefault
                                                     : drain_ms));
    }
    // It reads what the others count.
    http_.reset();
    // What the broker still has to record must find the audit trail open.
    broker_.reset();
    if (audit_ != nullptr) audit_->Stop();
    if (registry_ != nullptr) registry_->Stop();
  }

 private:
  absl::StatusOr<identity::CheckedCertificate> CheckCertificate() const {
    identity::CertificateFiles files;
    files.cert_file = config_.broker().tls().cert_file();
    files.key_file = config_.broker().tls().key_file();
    files.ca_file = config_.trust().ca_file();
    identity::ExpectedIdentity expected;
    expected.trust_domain = config_.trust().trust_domain();
    expected.role = registry::v1::ROLE_BROKER;
    return identity::CheckCertificateFiles(files, expected, absl::Now());
  }

  absl::Status OpenRegistry() {
    registry::RegistryOptions options;
    options.path = absl::StrCat(config_.data_dir(), "/registry");
    options.log = log_.get();
    options.genesis_digest = keys_->genesis_digest;
    ASSIGN_OR_RETURN(
        registry_,
        registry::Registry::Open(
            options, keys_->genesis.has_value() ? &*keys_->genesis : nullptr));
    RETURN_IF_ERROR(CheckTrust());
    return EnrolOwnKeys(config_, *keys_, registry_.get());
  }

  // Callers are judged by the genesis. A configuration that says otherwise
  // would come out as each of them being refused.
  absl::Status CheckTrust() const {
    const registry::v1::Genesis& genesis = registry_->genesis_content();
    if (genesis.trust_domain() != config_.trust().trust_domain()) {
      return FieldError(
          status::v1::REASON_CODE_WRONG_TRUST_DOMAIN, "trust.trust_domain",
          absl::StrCat("is ", config_.trust().trust_domain(), ", and ",
                       config_.data_dir(), " is of ", genesis.trust_domain(),
                       ": choose another data_dir, or the trust domain and "
                       "certificates of this one"));
    }
    ASSIGN_OR_RETURN(const std::string ca_bundle,
                     ReadFile(config_.trust().ca_file()));
    if (ca_bundle != genesis.ca_bundle_pem()) {
      LogWarning(
          "trust.ca_file is not what the genesis holds; clients are "
          "checked against the genesis",
          {{"file", config_.trust().ca_file()}});
    }
    return absl::OkStatus();
  }

  absl::Status OpenAuditTrail(const identity::Identity& broker) {
    audit::AuditLogOptions options;
    options.path = absl::StrCat(config_.data_dir(), "/audit");
    options.origin = OriginOf(broker);
    options.key = &keys_->broker;
    ASSIGN_OR_RETURN(audit_, audit::AuditLog::Open(options));
    audit::v1::Entry entry;
    entry.set_registry_offset(registry_->status().applied_offset);
    auto* started = entry.mutable_trail_started();
    started->set_origin(audit_->origin());
    started->set_software_version(kSoftwareVersion);
    started->set_tree_size(audit_->size());
    return audit_->AppendAndWait(std::move(entry)).status();
  }

  absl::Status StartBroker(const identity::CheckedCertificate& certificate) {
    broker::BrokerOptions options;
    options.config = config_.broker();
    options.tls.certificate = certificate.cert_pem;
    options.tls.private_key = certificate.key_pem;
    options.tls.ca_bundle = registry_->genesis_content().ca_bundle_pem();
    options.registry = registry_.get();
    options.log = log_.get();
    options.audit = audit_.get();
    options.keys = secrets_.get();
    ASSIGN_OR_RETURN(broker_, broker::Broker::Start(options));
    return absl::OkStatus();
  }

  void StartAdapters() {
    for (const auto& config : config_.adapters()) {
      adapter::AdapterDependencies dependencies;
      dependencies.log = log_.get();
      dependencies.catalog = publish::AccessTo(registry_.get());
      dependencies.catalog.genesis_digest = keys_->genesis_digest;
      dependencies.key = keys_->adapters.at(config.department());
      adapters_.push_back(
          std::make_unique<adapter::Adapter>(config, std::move(dependencies)));
      adapters_.back()->Start();
    }
  }

  absl::Status ServeMetrics() {
    broker_->AddMetrics(&metrics_);
    AddAdapterMetrics("sluice_published_records_total",
                      "Records that adapters put on the bus.",
                      &adapter::AdapterCounters::records_published);
    AddAdapterMetrics("sluice_quarantined_records_total",
                      "Records that were bad and went to quarantine.",
                      &adapter::AdapterCounters::records_quarantined);
    AddAdapterMetrics("sluice_source_failures_total",
                      "Times that a source could not be published.",
                      &adapter::AdapterCounters::source_failures);
    const std::string& listen = config_.metrics().listen();
    ASSIGN_OR_RETURN(
        http_, metrics::HttpServer::Start(
                   listen.empty() ? kMetricsListenDefault : listen, &metrics_,
                   [this] { return broker_->ready(); }));
    return absl::OkStatus();
  }

  void AddAdapterMetrics(const char* name, const char* help,
                         uint64_t adapter::AdapterCounters::* counter) {
    metrics_.AddCounters(name, help, [this, counter] {
      std::vector<metrics::Sample> samples;
      for (const auto& adapter : adapters_) {
        const adapter::AdapterCounters counters = adapter->counters();
        samples.push_back({{{"department", adapter->department()}},
                           static_cast<double>(counters.*counter)});
      }
      return samples;
    });
  }

  static constexpr char kSoftwareVersion[] = "0.1.0";

  const StandaloneConfig config_;
  // In the order they are made; destroyed the other way round.
  metrics::Metrics metrics_;
  std::unique_ptr<bus::EmbeddedLog> log_;
  std::unique_ptr<const OwnKeys> keys_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<crypto::KeyProvider> secrets_;
  std::unique_ptr<audit::AuditLog> audit_;
  std::unique_ptr<broker::Broker> broker_;
  std::vector<std::unique_ptr<adapter::Adapter>> adapters_;
  std::unique_ptr<metrics::HttpServer> http_;
};

}  // namespace

absl::StatusOr<StandaloneConfig> Standalone::ReadConfig(
    const std::string& path) {
  ASSIGN_OR_RETURN(StandaloneConfig config,
                   config::ReadYamlConfig<StandaloneConfig>(path));
  Resolve(path, config.mutable_data_dir());
  Resolve(path, config.mutable_trust()->mutable_ca_file());
  Resolve(path, config.mutable_broker()->mutable_tls()->mutable_cert_file());
  Resolve(path, config.mutable_broker()->mutable_tls()->mutable_key_file());
  for (auto& adapter : *config.mutable_adapters()) {
    Resolve(path, adapter.mutable_resource_dir());
  }
  RETURN_IF_ERROR(Annotate(CheckAdapters(config), AsView(path)));
  return config;
}

absl::StatusOr<std::unique_ptr<Standalone>> Standalone::Start(
    const StandaloneConfig& config) {
  ConfigureLog(config.log().format() == config::v1::LogConfig::JSON
                   ? LogFormat::kJson
                   : LogFormat::kText,
               LevelOf(config.log().level()));
  auto process = std::make_unique<StandaloneProcess>(config);
  RETURN_IF_ERROR(process->Open());
  return std::unique_ptr<Standalone>(std::move(process));
}

}  // namespace sluice::standalone
