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
#include "libs/base/software_version.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/bus/embedded_log.h"
#include "libs/crypto/key_provider.h"
#include "libs/identity/certificate.h"
#include "libs/metrics/metrics.h"
#include "libs/registry/registry.h"
#include "services/adapter/adapter.h"
#include "services/adapter/adapter_metrics.h"
#include "services/broker/audit_trail.h"
#include "services/broker/joined_broker.h"
#include "services/process/config_file.h"
#include "services/standalone/own_keys.h"

namespace sluice::standalone {
namespace {

using config::v1::StandaloneConfig;

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

class StandaloneProcess : public process::Service {
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
    ASSIGN_OR_RETURN(audit_, broker::OpenAuditTrail(
                                 absl::StrCat(config_.data_dir(), "/audit"),
                                 certificate.certificate.identity,
                                 keys_->broker, *registry_, kSoftwareVersion));
    RETURN_IF_ERROR(StartBroker(certificate));
    StartAdapters();
    return ServeMetrics();
  }

  std::string ready_line() const override {
    return absl::StrCat(
        "grpc=", broker_->address(), " http=", broker_->http_url(),
        " genesis=", HexEncode(crypto::DigestView(keys_->genesis_digest)));
  }

  void Stop() override {
    for (const auto& adapter : adapters_) adapter->Stop();
    if (broker_ != nullptr) broker_->Stop();
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

  // There is no other broker to join. But this process may come after one that
  // was killed, limits are kept through the registry's log, and what is asked
  // of a broker has the same answer here.
  absl::Status StartBroker(const identity::CheckedCertificate& certificate) {
    broker::JoinedBrokerOptions options;
    options.broker.config = config_.broker();
    options.broker.tls.certificate = certificate.cert_pem;
    options.broker.tls.private_key = certificate.key_pem;
    options.broker.tls.ca_bundle = registry_->genesis_content().ca_bundle_pem();
    options.broker.registry = registry_.get();
    options.broker.log = log_.get();
    options.broker.audit = audit_.get();
    options.broker.keys = secrets_.get();
    options.broker.signing_key = &keys_->broker;
    ASSIGN_OR_RETURN(broker_, broker::JoinedBroker::Start(options));
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
    std::vector<const adapter::Adapter*> adapters;
    adapters.reserve(adapters_.size());
    for (const auto& adapter : adapters_) adapters.push_back(adapter.get());
    adapter::AddAdapterMetrics(adapters, &metrics_);
    return broker_->ServeHttp(config_.metrics(), &metrics_,
                              [this] { return broker_->ready(); });
  }

  const StandaloneConfig config_;
  // In the order they are made; destroyed the other way round.
  metrics::Metrics metrics_;
  std::unique_ptr<bus::EmbeddedLog> log_;
  std::unique_ptr<const OwnKeys> keys_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<crypto::KeyProvider> secrets_;
  std::unique_ptr<audit::AuditLog> audit_;
  std::unique_ptr<broker::JoinedBroker> broker_;
  std::vector<std::unique_ptr<adapter::Adapter>> adapters_;
};

}  // namespace

absl::StatusOr<StandaloneConfig> ReadConfig(const std::string& path) {
  ASSIGN_OR_RETURN(StandaloneConfig config,
                   process::ReadConfigFile<StandaloneConfig>(path));
  RETURN_IF_ERROR(Annotate(CheckAdapters(config), AsView(path)));
  return config;
}

absl::StatusOr<std::unique_ptr<process::Service>> Start(
    const StandaloneConfig& config) {
  process::ApplyLogConfig(config.log());
  auto process = std::make_unique<StandaloneProcess>(config);
  RETURN_IF_ERROR(process->Open());
  return std::unique_ptr<process::Service>(std::move(process));
}

}  // namespace sluice::standalone
