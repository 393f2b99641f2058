#include "services/broker/broker_process.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "libs/audit/audit_log.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/log.h"
#include "libs/base/software_version.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/metrics/metrics.h"
#include "libs/registry/registry.h"
#include "services/broker/audit_trail.h"
#include "services/broker/joined_broker.h"
#include "services/process/config_file.h"
#include "services/process/kafka.h"
#include "services/process/registry.h"
#include "services/process/shared_keys.h"
#include "services/process/signing_key.h"

namespace sluice::broker {
namespace {

using config::v1::BrokerProcessConfig;

// What others are told; nothing where only the running process knows the port.
std::string AdvertisedAddress(const BrokerProcessConfig& config) {
  if (!config.advertised_address().empty()) return config.advertised_address();
  const std::string& listen = config.broker().listen();
  return absl::EndsWith(AsView(listen), ":0") ? "" : listen;
}

class BrokerProcess : public process::Service {
 public:
  explicit BrokerProcess(BrokerFiles files) : files_(std::move(files)) {}

  ~BrokerProcess() override { Stop(); }

  absl::Status Open() {
    const BrokerProcessConfig& config = files_.config;
    RETURN_IF_ERROR(MakeFolders(config.data_dir(), 0700));
    LogInfo("connecting to Kafka",
            {{"servers", absl::StrJoin(files_.kafka.bootstrap_servers, ",")}});
    ASSIGN_OR_RETURN(log_, bus::OpenKafkaLog(files_.kafka));
    RETURN_IF_ERROR(OpenRegistry());
    ASSIGN_OR_RETURN(
        audit_,
        OpenAuditTrail(absl::StrCat(config.data_dir(), "/audit"), identity(),
                       files_.signing_key, *registry_, kSoftwareVersion));
    RETURN_IF_ERROR(JoinBrokers());
    return broker_->ServeHttp(config.metrics(), &metrics_,
                              [this] { return ready(); });
  }

  std::string ready_line() const override {
    return absl::StrCat(
        "grpc=", broker_->address(), " http=", broker_->http_url(), " genesis=",
        HexEncode(crypto::DigestView(files_.trust.genesis_digest)));
  }

  void Stop() override {
    if (broker_ != nullptr) broker_->Stop();
  }

 private:
  const identity::Identity& identity() const {
    return files_.certificate.certificate.identity;
  }

  absl::Status OpenRegistry() {
    ASSIGN_OR_RETURN(registry_,
                     process::OpenRegistry(
                         absl::StrCat(files_.config.data_dir(), "/registry"),
                         files_.trust, log_.get()));
    const std::string& trust_domain =
        registry_->genesis_content().trust_domain();
    if (identity().trust_domain == trust_domain) return absl::OkStatus();
    return FieldError(
        status::v1::REASON_CODE_WRONG_TRUST_DOMAIN, "broker.tls.cert_file",
        absl::StrCat(files_.config.broker().tls().cert_file(),
                     " is of trust domain ", identity().trust_domain,
                     ", and the registry of ", trust_domain,
                     ": choose a certificate of this trust domain"));
  }

  absl::Status CheckOwnKey() const {
    return process::CheckEnrolled(*registry_, files_.signing_key.public_key(),
                                  identity().department,
                                  registry::v1::ROLE_BROKER);
  }

  absl::Status JoinBrokers() {
    JoinedBrokerOptions options;
    options.broker.config = files_.config.broker();
    options.broker.tls.certificate = files_.certificate.cert_pem;
    options.broker.tls.private_key = files_.certificate.key_pem;
    options.broker.tls.ca_bundle = registry_->genesis_content().ca_bundle_pem();
    options.broker.registry = registry_.get();
    options.broker.log = log_.get();
    options.broker.audit = audit_.get();
    options.broker.keys = files_.keys.get();
    options.broker.signing_key = &files_.signing_key;
    options.address = AdvertisedAddress(files_.config);
    if (files_.config.lease_ms() != 0) {
      options.lease = absl::Milliseconds(files_.config.lease_ms());
    }
    options.enrolled = CheckOwnKey();
    ASSIGN_OR_RETURN(broker_, JoinedBroker::Start(options));
    return absl::OkStatus();
  }

  absl::Status ready() const {
    RETURN_IF_ERROR(CheckOwnKey());
    return broker_->ready();
  }

  const BrokerFiles files_;
  // In the order they are made; destroyed the other way round.
  metrics::Metrics metrics_;
  std::unique_ptr<bus::EventLog> log_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<audit::AuditLog> audit_;
  std::unique_ptr<JoinedBroker> broker_;
};

}  // namespace

absl::StatusOr<BrokerFiles> ReadBrokerFiles(const std::string& path) {
  ASSIGN_OR_RETURN(BrokerProcessConfig config,
                   process::ReadConfigFile<BrokerProcessConfig>(path));
  const auto read = [&]() -> absl::StatusOr<BrokerFiles> {
    ASSIGN_OR_RETURN(process::Trust trust, process::ReadTrust(config.trust()));
    identity::ExpectedIdentity expected;
    expected.role = registry::v1::ROLE_BROKER;
    ASSIGN_OR_RETURN(identity::CheckedCertificate certificate,
                     identity::CheckCertificateFiles(
                         {config.broker().tls().cert_file(),
                          config.broker().tls().key_file(), config.ca_file()},
                         expected, absl::Now()));
    ASSIGN_OR_RETURN(crypto::SigningKey signing_key,
                     process::LoadSigningKey(config.signing_key_file()));
    ASSIGN_OR_RETURN(std::unique_ptr<crypto::KeyProvider> keys,
                     process::OpenSharedKeys(config.keys_dir()));
    ASSIGN_OR_RETURN(bus::KafkaLogOptions kafka,
                     process::KafkaOptionsOf(config.kafka(), "sluice-broker"));
    return BrokerFiles{config,
                       std::move(trust),
                       std::move(certificate),
                       std::move(signing_key),
                       std::move(keys),
                       std::move(kafka)};
  };
  auto files = read();
  if (!files.ok()) return Annotate(files.status(), AsView(path));
  return files;
}

absl::StatusOr<std::unique_ptr<process::Service>> StartBrokerProcess(
    BrokerFiles files) {
  process::ApplyLogConfig(files.config.log());
  auto process = std::make_unique<BrokerProcess>(std::move(files));
  RETURN_IF_ERROR(process->Open());
  return std::unique_ptr<process::Service>(std::move(process));
}

}  // namespace sluice::broker
