#include "tests/integration/county.h"

#include <httplib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::integration {
namespace {

const char* const kSluice = "services/standalone/sluice";
const char* const kSluicectl = "tools/sluicectl/sluicectl";
const char* const kAuditQuery = "tools/audit_query/audit-query";

constexpr char kConfig[] = R"(
data_dir: data
trust:
  trust_domain: county.example
  ca_file: certs/ca.pem
  officer_department: data-bureau
  departments:
    - {id: registry-office, name: 民政局}
    - {id: grid, name: 社区网格中心}
broker:
  listen: 127.0.0.1:0
  tls: {cert_file: certs/broker.pem, key_file: certs/broker.key}
adapters:
  - {department: registry-office, resource_dir: resources, scan_interval_ms: 200}
)";

constexpr char kResource[] = R"(
resource:
  id: registry-office.people
  kind: STATE
  key: [id]
  partitions: %d
  title: 人口
  sharing_type: CONDITIONAL
  fields:
    - {id: 1, name: id, type: STRING, required: true, sensitivity: L2_INTERNAL}
    - {id: 2, name: name, type: STRING, semantic_type: PERSON_NAME, sensitivity: L3_SENSITIVE}
    - {id: 3, name: phone, type: STRING, semantic_type: PHONE, sensitivity: L3_SENSITIVE}
    - {id: 4, name: born, type: DATE, sensitivity: L3_SENSITIVE}
    - {id: 5, name: income, type: INT64, sensitivity: L4_HIGHLY_SENSITIVE}
source:
  csv: {path: ../sources/people.csv}
)";

constexpr char kAgreement[] = R"(
id: %s
resource: registry-office.people
purpose: grid management
legal_basis: county order 12
fields:
  id: {keep: {}}
  name: {mask: {}}
  phone: {mask: {}}
  born: {generalize: {date: {unit: YEAR}}}
)";

// The value of `name` in a line of `name=value` words.
std::string ValueOf(const std::string& line, const std::string& name) {
  const size_t at = line.find(name + "=");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 1;
  return line.substr(begin, line.find(' ', begin) - begin);
}

// The sum of a metric's samples in Prometheus' text form.
double SumOf(const std::string& text, const std::string& metric) {
  double sum = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(metric, 0) == 0) {
      sum += std::atof(line.substr(line.rfind(' ') + 1).c_str());
    }
  }
  return sum;
}

}  // namespace

County::County() : ca_(identity::TestCa::Create(kTrustDomain)) {
  for (const char* name :
       {"certs", "clients", "resources", "sources", "agreements"}) {
    std::filesystem::create_directories(Path(name));
  }
  Write("certs/ca.pem", ca_.cert_pem());
  IssueCertificate(ca_, "broker", "data-bureau/broker",
                   {.ip_addresses = {"127.0.0.1"}});
  IssueCertificate(ca_, "officer", "data-bureau/officer");
  IssueCertificate(ca_, "auditor", "data-bureau/auditor");
  IssueCertificate(ca_, "grid", "grid/consumer");
  IssueCertificate(ca_, "approver", "registry-office/approver");
  Write("sluice.yaml", kConfig);
}

std::string County::Path(const std::string& name) const {
  return folder_.path() + "/" + name;
}

void County::Write(const std::string& name, const std::string& content,
                   int mode) const {
  std::ofstream(Path(name)) << content;
  REQUIRE(::chmod(Path(name).c_str(), mode) == 0);
}

void County::OfferPeople(int rows, int partitions) const {
  std::string csv = "id,name,phone,born,income\n";
  for (int i = 0; i < rows; ++i) {
    absl::StrAppendFormat(&csv, "P%08d,张小明,138%08d,19%02d-06-15,%d\n", i, i,
                          i % 100, 1000 + i);
  }
  Write("sources/people.csv", csv);
  Write("resources/people.yaml", absl::StrFormat(kResource, partitions));
}

void County::WritePeopleAgreement(const std::string& file,
                                  const std::string& id) const {
  Write(file, absl::StrFormat(kAgreement, id));
}

void County::IssueCertificate(const identity::TestCa& ca,
                              const std::string& name, const std::string& id,
                              const identity::IssueOptions& options) const {
  const identity::IssuedCertificate issued =
      ca.Issue(absl::StrCat("spiffe://", kTrustDomain, "/", id), options);
  Write("certs/" + name + ".pem", issued.cert_pem);
  Write("certs/" + name + ".key", issued.key_pem);
}

void County::Start() {
  process_ = std::make_unique<Process>(
      std::vector<std::string>{Runfile(kSluice), "--config", "sluice.yaml"},
      folder_.path(), "sluice");
  const std::string ready = process_->ReadFirstLine();
  INFO(log());
  REQUIRE(ready.rfind("ready ", 0) == 0);
  server_ = ValueOf(ready, "grpc");
  http_url_ = ValueOf(ready, "http");
  genesis_ = ValueOf(ready, "genesis");
  WriteClient("officer", "officer", "../data/keys/signing/officer.pem");
  WriteClient("auditor", "auditor", "");
  WriteClient("grid", "grid", "grid.pem");
  WriteClient("approver", "approver", "approver.pem");
}

Finished County::StartExpectingFailure() const {
  return RunProgram({Runfile(kSluice), "--config", "sluice.yaml"},
                    folder_.path());
}

Finished County::Stop(int signal_number) {
  process_->Signal(signal_number);
  Finished finished = process_->Wait();
  process_.reset();
  return finished;
}

void County::WriteClient(const std::string& name,
                         const std::string& certificate,
                         const std::string& signing_key) const {
  std::string yaml = absl::StrCat(
      "servers: [", server_,
      "]\nca_file: ../certs/ca.pem\ntls: {cert_file: ", "../certs/",
      certificate, ".pem, key_file: ../certs/", certificate,
      ".key}\ngenesis_sha256: \"", genesis_, "\"\n");
  if (!signing_key.empty()) {
    absl::StrAppend(&yaml, "signing_key_file: ", signing_key, "\n");
  }
  Write("clients/" + name + ".yaml", yaml);
}

void County::Enrol() {
  const auto enrol = [this](const std::string& who,
                            const std::string& department,
                            const std::string& role) {
    const std::string key = "clients/" + who + ".pem";
    const Finished created = Sluicectl("officer", {"key", "create", key});
    INFO(created.err);
    REQUIRE(created.exit_code == 0);
    const Finished enrolled = Sluicectl(
        "officer", {"key", "enrol", "--department", department, "--role", role,
                    "--holder", who, "--key-file", key});
    INFO(enrolled.err);
    REQUIRE(enrolled.exit_code == 0);
  };
  enrol("grid", "grid", "consumer");
  enrol("approver", "registry-office", "approver");
}

void County::Agree(const std::string& id) {
  const Finished requested =
      Sluicectl("grid", {"agreement", "request", "agreements/" + id + ".yaml"});
  INFO(requested.err);
  REQUIRE(requested.exit_code == 0);
  const Finished approved =
      Sluicectl("approver", {"agreement", "approve", id, "--yes"});
  INFO(approved.err);
  REQUIRE(approved.exit_code == 0);
}

void County::AwaitMetric(const std::string& metric, double least) const {
  httplib::Client client(http_url_);
  // The process offers no event to another; each look is a full scrape. Bounded
  // by the test's own time limit.
  while (true) {
    const auto scraped = client.Get("/metrics");
    REQUIRE(scraped);
    if (SumOf(scraped->body, metric) >= least) return;
    std::this_thread::yield();
  }
}

void County::AwaitPublished(int records) const {
  AwaitMetric("sluice_published_records_total", records);
}

void County::AwaitSourcesDone(int sources) const {
  AwaitMetric(
      R"(sluice_sources{department="registry-office",state="published")",
      sources);
}

Finished County::Sluicectl(const std::string& who,
                           std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {Runfile(kSluicectl), "--config",
                                       "clients/" + who + ".yaml"});
  return RunProgram(arguments, folder_.path());
}

Finished County::AuditQuery(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(),
                   {Runfile(kAuditQuery), "--config", "clients/auditor.yaml"});
  return RunProgram(arguments, folder_.path());
}

std::string County::log() const {
  std::ifstream file(Path("sluice.err"));
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace sluice::integration
