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
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/metrics/http_server.h"
#include "libs/metrics/metrics.h"
#include "libs/registry/broker_quota.h"
#include "libs/registry/membership.h"
#include "libs/registry/quota.h"
#include "libs/registry/registry.h"
#include "services/broker/audit_trail.h"
#include "services/broker/await_lease.h"
#include "services/broker/broker.h"
#include "services/process/config_file.h"
#include "services/process/http.h"
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
    ASSIGN_OR_RETURN(audit_,
                     OpenAuditTrail(absl::StrCat(config.data_dir(), "/audit"),
                                    identity(), files_.signing_key, *registry_,
                                    process::kSoftwareVersion));
    RETURN_IF_ERROR(JoinBrokers());
    RETURN_IF_ERROR(StartBroker());
    broker_->AddMetrics(&metrics_);
    ASSIGN_OR_RETURN(http_, process::ServeHttp(config.metrics(), &metrics_,
                                               [this] { return ready(); }));
    return absl::OkStatus();
  }

  std::string ready_line() const override {
    return absl::StrCat(
        "grpc=", broker_->address(), " http=", http_->url(), " genesis=",
        HexEncode(crypto::DigestView(files_.trust.genesis_digest)));
  }

  void Stop() override {
    if (broker_ != nullptr) {
      const uint32_t drain_ms = files_.config.broker().drain_ms();
      broker_->Stop(
          absl::Milliseconds(drain_ms == 0 ? kDrainMsDefault : drain_ms));
    }
    // Nothing is written any more: others need not wait for the lease.
    if (membership_ != nullptr) membership_->Stop();
    // It reads what the others count.
    http_.reset();
    // What the broker still has to record must find the audit trail open.
    broker_.reset();
    quota_.reset();
    if (audit_ != nullptr) audit_->Stop();
    if (registry_ != nullptr) registry_->Stop();
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
    registry::MembershipOptions options;
    options.registry = registry_.get();
    options.log = log_.get();
    options.key = &files_.signing_key;
    options.address = AdvertisedAddress(files_.config);
    if (files_.config.lease_ms() != 0) {
      options.lease = absl::Milliseconds(files_.config.lease_ms());
    }
    ASSIGN_OR_RETURN(options.pseudonym_root_check,
                     process::PseudonymRootCheck(files_.keys.get()));
    ASSIGN_OR_RETURN(membership_, registry::Membership::Start(options));
    registry::QuotaOptions quota_options;
    quota_options.registry = registry_.get();
    quota_options.log = log_.get();
    quota_options.key = &files_.signing_key;
    quota_options.incarnation = membership_->incarnation();
    quota_options.lease = options.lease;
    ASSIGN_OR_RETURN(quota_, registry::OpenQuota(quota_options));
    const absl::Status enrolled = CheckOwnKey();
    if (enrolled.ok()) {
      AwaitLease(*membership_);
    } else {
      LogWarning("this broker delivers nothing yet", {{"error", enrolled}});
    }
    return absl::OkStatus();
  }

  absl::Status StartBroker() {
    BrokerOptions options;
    options.config = files_.config.broker();
    options.tls.certificate = files_.certificate.cert_pem;
    options.tls.private_key = files_.certificate.key_pem;
    options.tls.ca_bundle = registry_->genesis_content().ca_bundle_pem();
    options.registry = registry_.get();
    options.log = log_.get();
    options.audit = audit_.get();
    options.keys = files_.keys.get();
    options.membership = membership_.get();
    options.quota = quota_.get();
    options.signing_key = &files_.signing_key;
    ASSIGN_OR_RETURN(broker_, Broker::Start(options));
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
  std::unique_ptr<registry::Membership> membership_;
  std::unique_ptr<registry::Quota> quota_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<metrics::HttpServer> http_;
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
