// A county for one test: certificates, configuration, sources, a real `sluice`
// process and the command-line tools, in a folder of its own.
#ifndef SLUICE_TESTS_INTEGRATION_COUNTY_H_
#define SLUICE_TESTS_INTEGRATION_COUNTY_H_

#include <memory>
#include <string>
#include <vector>

#include "libs/identity/test_certificates.h"
#include "libs/storage/test_folder.h"
#include "tests/integration/process.h"

namespace sluice::integration {

// Departments: registry-office provides (a broker of data-bureau serves), grid
// receives.
class County {
 public:
  static constexpr char kTrustDomain[] = "county.example";
  static constexpr char kPurpose[] = "grid management";

  // Certificates, folders and sluice.yaml; nothing runs yet.
  County();

  std::string Path(const std::string& name) const;
  void Write(const std::string& name, const std::string& content,
             int mode = 0600) const;

  // A table `registry-office.people` of `rows` people, in `partitions`: a
  // resource file and its CSV. Row i has the id "P<i as 8 digits>".
  void OfferPeople(int rows, int partitions) const;
  // The agreement file of the grid for it.
  void WritePeopleAgreement(const std::string& file,
                            const std::string& id) const;

  // Issues a certificate `certs/<name>.pem` and .key for
  // spiffe://<trust domain>/<id>.
  void IssueCertificate(const identity::TestCa& ca, const std::string& name,
                        const std::string& id,
                        const identity::IssueOptions& options = {}) const;

  // Starts the process and waits until it is ready; fails the test otherwise.
  void Start();
  // The same, expecting it to end by itself.
  Finished StartExpectingFailure() const;
  // Ends the process with a signal and waits for it.
  Finished Stop(int signal_number);

  // Enrols the consumer's and the approver's key, offers nothing.
  void Enrol();
  // Requests and approves agreements/<id>.yaml.
  void Agree(const std::string& id);
  // Waits until the adapter has put `records` records on the bus since the
  // start.
  void AwaitPublished(int records) const;
  // Waits until so many sources are published to their ends, by this process or
  // one before it.
  void AwaitSourcesDone(int sources) const;

  // Runs a tool as one of: officer, auditor, grid, approver.
  Finished Sluicectl(const std::string& who,
                     std::vector<std::string> arguments) const;
  Finished AuditQuery(std::vector<std::string> arguments) const;

  // Of the running process.
  std::string server() const { return server_; }
  std::string http_url() const { return http_url_; }
  const identity::TestCa& ca() const { return ca_; }
  std::string log() const;

  // clients/<name>.yaml for the running process.
  void WriteClient(const std::string& name, const std::string& certificate,
                   const std::string& signing_key) const;

 private:
  // Waits until the samples of a metric add up to at least this.
  void AwaitMetric(const std::string& metric, double least) const;

  storage::TestFolder folder_;
  identity::TestCa ca_;
  std::string server_;
  std::string http_url_;
  std::string genesis_;
  std::unique_ptr<Process> process_;
};

}  // namespace sluice::integration

#endif  // SLUICE_TESTS_INTEGRATION_COUNTY_H_
