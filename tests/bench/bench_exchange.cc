#include "tests/bench/bench_exchange.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/bus/embedded_log.h"
#include "libs/bus/kafka_log.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/command.h"
#include "services/adapter/adapter.h"
#include "tools/loadgen/csv_writer.h"
#include "tools/loadgen/divisions.h"
#include "tools/loadgen/population.h"

namespace sluice::bench {
namespace {

using agreement::v1::Treatment;

constexpr char kOffice[] = "data-bureau";
constexpr char kProvider[] = "public-security";
constexpr char kConsumer[] = "community-grid";
constexpr char kResourceFolder[] = "resources/public-security";
constexpr uint64_t kSeed = 1;
constexpr uint64_t kRowsBetweenProgress = 10'000;

config::v1::StandaloneConfig ConfigIn(const std::string& folder) {
  config::v1::StandaloneConfig config;
  config.set_data_dir(absl::StrCat(folder, "/data"));
  config::v1::TrustConfig* trust = config.mutable_trust();
  trust->set_trust_domain(kTrustDomain);
  trust->set_ca_file(absl::StrCat(folder, "/certs/ca.pem"));
  trust->set_officer_department(kOffice);
  for (const char* department : {kProvider, kConsumer}) {
    auto* enrolled = trust->add_departments();
    enrolled->set_id(department);
    enrolled->set_name(department);
  }
  auto* adapter = config.add_adapters();
  adapter->set_department(kProvider);
  adapter->set_resource_dir(absl::StrCat(folder, "/", kResourceFolder));
  config.mutable_broker()->set_listen("127.0.0.1:0");
  return config;
}

// What the agreement does to a field: the least that the levels of sensitivity
// allow.
Treatment TreatmentOf(const catalog::v1::Field& field) {
  Treatment treatment;
  if (field.name() == "resident_id") {
    treatment.mutable_pseudonym()->set_length(32);
  } else if (field.name() == "birth_date") {
    treatment.mutable_generalize()->mutable_date()->set_unit(
        agreement::v1::DatePart::YEAR);
  } else if (field.name() == "address") {
    treatment.mutable_mask()->mutable_address()->set_level(
        agreement::v1::MaskAddress::DISTRICT);
  } else if (field.name() == "household_no") {
    auto* keep_ends = treatment.mutable_mask()->mutable_keep_ends();
    keep_ends->set_first(2);
    keep_ends->set_last(2);
  } else if (field.name() == "name" || field.name() == "phone") {
    treatment.mutable_mask();
  } else {
    treatment.mutable_keep();
  }
  return treatment;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BenchExchange>> BenchExchange::Start(
    const BenchExchangeOptions& options) {
  std::unique_ptr<BenchExchange> exchange(new BenchExchange(options));
  RETURN_IF_ERROR(exchange->WriteCertificates());
  RETURN_IF_ERROR(exchange->Open());
  RETURN_IF_ERROR(exchange->Enrol());
  return exchange;
}

BenchExchange::BenchExchange(const BenchExchangeOptions& options)
    : options_(options),
      ca_(identity::TestCa::Create(kTrustDomain)),
      consumer_(crypto::SigningKey::Generate()),
      approver_(crypto::SigningKey::Generate()) {}

BenchExchange::~BenchExchange() {
  if (broker_ != nullptr) broker_->Stop(absl::Seconds(1));
  if (audit_ != nullptr) audit_->Stop();
  if (registry_ != nullptr) registry_->Stop();
}

std::string BenchExchange::Path(const std::string& name) const {
  return absl::StrCat(options_.folder, "/", name);
}

absl::Status BenchExchange::WriteCertificates() {
  for (const char* folder :
       {"certs", "clients", "sources", "data", kResourceFolder}) {
    RETURN_IF_ERROR(MakeFolders(Path(folder), 0700));
  }
  const std::string domain = absl::StrCat("spiffe://", kTrustDomain, "/");
  const identity::IssuedCertificate broker =
      ca_.Issue(AsView(absl::StrCat(domain, kOffice, "/broker")),
                {.ip_addresses = {"127.0.0.1"}});
  tls_.certificate = broker.cert_pem;
  tls_.private_key = broker.key_pem;
  tls_.ca_bundle = ca_.cert_pem();
  const identity::IssuedCertificate consumer =
      ca_.Issue(AsView(absl::StrCat(domain, kConsumer, "/consumer")));
  RETURN_IF_ERROR(
      WriteFileAtomically(Path("certs/ca.pem"), AsView(ca_.cert_pem()), 0600));
  RETURN_IF_ERROR(WriteFileAtomically(Path("certs/consumer.pem"),
                                      AsView(consumer.cert_pem), 0600));
  return WriteFileAtomically(Path("certs/consumer.key"),
                             AsView(consumer.key_pem), 0600);
}

absl::Status BenchExchange::OpenLog() {
  if (options_.kafka.empty()) {
    bus::EmbeddedLogOptions embedded;
    embedded.path = Path("data/bus");
    ASSIGN_OR_RETURN(log_, bus::OpenEmbeddedLog(embedded));
    return absl::OkStatus();
  }
  bus::KafkaLogOptions kafka;
  kafka.bootstrap_servers = absl::StrSplit(options_.kafka, ',');
  // One node, which keeps what it acknowledged.
  kafka.replication_factor = 1;
  kafka.min_insync_replicas = 1;
  ASSIGN_OR_RETURN(log_, bus::OpenKafkaLog(kafka));
  return absl::OkStatus();
}

absl::Status BenchExchange::Open() {
  const config::v1::StandaloneConfig config = ConfigIn(options_.folder);
  RETURN_IF_ERROR(OpenLog());
  ASSIGN_OR_RETURN(standalone::OwnKeys keys,
                   standalone::LoadOrMakeKeys(config));
  keys_ = std::make_unique<const standalone::OwnKeys>(std::move(keys));

  registry::RegistryOptions registry_options;
  registry_options.path = Path("data/registry");
  registry_options.log = log_.get();
  registry_options.genesis_digest = keys_->genesis_digest;
  ASSIGN_OR_RETURN(
      registry_, registry::Registry::Open(registry_options, &*keys_->genesis));
  RETURN_IF_ERROR(standalone::EnrolOwnKeys(config, *keys_, registry_.get()));

  ASSIGN_OR_RETURN(secrets_, crypto::OpenFileKeyProvider(Path("data/keys")));
  audit::AuditLogOptions audit_options;
  audit_options.path = Path("data/audit");
  audit_options.origin = absl::StrCat(kTrustDomain, "/", kOffice, "/broker");
  audit_options.key = &keys_->broker;
  ASSIGN_OR_RETURN(audit_, audit::AuditLog::Open(audit_options));

  broker::BrokerOptions broker_options;
  broker_options.config = config.broker();
  broker_options.tls = tls_;
  broker_options.registry = registry_.get();
  broker_options.log = log_.get();
  broker_options.audit = audit_.get();
  broker_options.keys = secrets_.get();
  ASSIGN_OR_RETURN(broker_, broker::Broker::Start(broker_options));
  return absl::OkStatus();
}

absl::Status BenchExchange::SubmitAs(const crypto::SigningKey& key,
                                     registry::v1::Command command) {
  command.set_genesis_digest(keys_->genesis_digest.data(),
                             keys_->genesis_digest.size());
  ASSIGN_OR_RETURN(
      const registry::Submitted submitted,
      registry_->Submit(registry::SignCommand(std::move(command), key)));
  if (submitted.verdict.accepted()) return absl::OkStatus();
  return Error(submitted.verdict.reason(), AsView(submitted.verdict.message()));
}

absl::Status BenchExchange::Enrol() {
  const auto enrol = [this](const char* department, registry::v1::Role role,
                            const crypto::SigningKey& key) {
    registry::v1::Command command;
    auto* enrolled = command.mutable_enrol_key();
    enrolled->set_department(department);
    enrolled->set_role(role);
    // Nobody approves an own request, so the two are different people.
    enrolled->set_holder(absl::StrCat("bench, ", department));
    enrolled->set_public_key(key.public_key().bytes());
    return SubmitAs(*keys_->officer, std::move(command));
  };
  RETURN_IF_ERROR(enrol(kConsumer, registry::v1::ROLE_CONSUMER, consumer_));
  return enrol(kProvider, registry::v1::ROLE_APPROVER, approver_);
}

absl::Status BenchExchange::MakePopulation(const Progress& progress) {
  ASSIGN_OR_RETURN(const std::vector<loadgen::Community> communities,
                   loadgen::ReadCommunities(options_.divisions_file));
  ASSIGN_OR_RETURN(const std::unique_ptr<loadgen::CsvWriter> writer,
                   loadgen::CsvWriter::Open(Path("sources/population.csv")));
  loadgen::Population population(kSeed, &communities);
  writer->Append(loadgen::kPopulationHeader);
  RETURN_IF_ERROR(writer->EndRow());
  for (uint64_t row = 0; row < options_.rows; ++row) {
    RETURN_IF_ERROR(population.WriteRow(writer.get()));
    if (row % kRowsBetweenProgress == 0) progress(row);
  }
  return writer->Finish();
}

absl::Status BenchExchange::Publish(const Progress& progress) {
  ASSIGN_OR_RETURN(const std::string resource,
                   ReadFile(options_.resource_file));
  RETURN_IF_ERROR(WriteFileAtomically(
      Path(absl::StrCat(kResourceFolder, "/population.yaml")), AsView(resource),
      0600));
  adapter::AdapterDependencies dependencies;
  dependencies.log = log_.get();
  dependencies.catalog = publish::AccessTo(registry_.get());
  dependencies.catalog.genesis_digest = keys_->genesis_digest;
  dependencies.key = keys_->adapters.at(kProvider);
  dependencies.progress = [&](const adapter::SourceStatus& source) {
    progress(source.progress.records_published);
  };
  adapter::Adapter adapter(ConfigIn(options_.folder).adapters(0),
                           std::move(dependencies));
  adapter.Scan();
  RETURN_IF_ERROR(adapter.health());
  for (const adapter::SourceStatus& source : adapter.sources()) {
    RETURN_IF_ERROR(source.last_error);
  }
  const uint64_t published = adapter.counters().records_published;
  if (published == options_.rows) return absl::OkStatus();
  return Error(status::v1::REASON_CODE_WRONG_STATE,
               absl::StrCat("the adapter published ", published, " of ",
                            options_.rows, " rows: ", options_.resource_file,
                            " does not fit the population"));
}

absl::Status BenchExchange::Agree() {
  ASSIGN_OR_RETURN(const auto resource, registry_->GetResource(kResource));
  registry::v1::Command request;
  auto* agreement = request.mutable_request_agreement()->mutable_agreement();
  agreement->set_id(kAgreement);
  agreement->set_version(1);
  agreement->set_resource(kResource);
  agreement->set_consumer(kConsumer);
  agreement->set_purpose(kPurpose);
  agreement->set_legal_basis("none: the records are synthetic");
  agreement->add_modes(agreement::v1::DELIVERY_MODE_SUBSCRIBE);
  for (const catalog::v1::Field& field : resource->fields()) {
    auto* grant = agreement->add_fields();
    grant->set_field_id(field.id());
    grant->set_field_name(field.name());
    *grant->mutable_treatment() = TreatmentOf(field);
  }
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  agreement->mutable_valid_from()->set_seconds(now - 3600);
  agreement->mutable_valid_until()->set_seconds(now + 24 * 3600);
  RETURN_IF_ERROR(SubmitAs(consumer_, std::move(request)));

  ASSIGN_OR_RETURN(const auto requested,
                   registry_->GetAgreement(kAgreement, 1));
  registry::v1::Command approval;
  auto* approve = approval.mutable_approve_agreement();
  approve->set_id(kAgreement);
  approve->set_version(1);
  approve->set_request_digest(requested->request_digest());
  return SubmitAs(approver_, std::move(approval));
}

absl::StatusOr<std::string> BenchExchange::WriteClient(
    const std::string& name, const std::string& server) const {
  const std::string path = Path(absl::StrCat("clients/", name, ".yaml"));
  RETURN_IF_ERROR(WriteFileAtomically(
      path,
      AsView(absl::StrCat("servers: [", server,
                          "]\nca_file: ../certs/ca.pem\n"
                          "tls:\n"
                          "  cert_file: ../certs/consumer.pem\n"
                          "  key_file: ../certs/consumer.key\n")),
      0600));
  return path;
}

}  // namespace sluice::bench
