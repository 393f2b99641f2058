// A county as a set of services on a real Kafka: brokers and an adapter, each a
// process of its own, set up with the commands of docs/operations/install.md.
#ifndef SLUICE_TESTS_INTEGRATION_KAFKA_COUNTY_H_
#define SLUICE_TESTS_INTEGRATION_KAFKA_COUNTY_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/county.h"
#include "tests/integration/process.h"

namespace sluice::integration {

// The departments and people of County. Whatever fails in here fails the test.
class KafkaCounty {
 public:
  // A trust domain in files: certificates, genesis, the brokers' common root, a
  // signing key for b1, b2, the adapter and the people. Nothing runs yet.
  // `bootstrap` is Kafka's; each county has topics of its own on it.
  explicit KafkaCounty(std::string bootstrap);

  const County& files() const { return files_; }
  const std::string& name_prefix() const { return name_prefix_; }

  // services/<name>.yaml. `trust` and `kafka` are YAML in place of the usual
  // sections where they are not empty.
  void WriteBroker(const std::string& name, const std::string& trust = "",
                   const std::string& kafka = "") const;
  void WriteAdapter(const std::string& kafka = "") const;

  // Starts b1, b2 or the adapter as its file says, waits for the ready line,
  // and has clients know all brokers that run; client `<who>-<broker>` knows
  // that one alone.
  void Start(const std::string& name);
  Finished StartExpectingFailure(const std::string& name,
                                 const std::string& argument = "") const;
  Finished Stop(const std::string& name, int signal_number);

  // The answer of /readyz: "200" or what is wrong.
  std::string Readyz(const std::string& name) const;
  void AwaitReady(const std::string& name) const;
  // Of a process that runs, the sum of a metric's samples.
  double Metric(const std::string& name, const std::string& metric) const;
  std::string log(const std::string& name) const;

  // As one of officer, auditor, grid, approver.
  Finished Sluicectl(const std::string& who,
                     std::vector<std::string> arguments) const;
  // The same; it must succeed.
  Finished MustSluicectl(const std::string& who,
                         std::vector<std::string> arguments) const;
  // With the key keys/<name>.pem.
  void EnrolKey(const std::string& name, const std::string& department,
                const std::string& role) const;
  // Departments, people, brokers and the adapter, with b1 running.
  void EnrolAll() const;

 private:
  struct Running {
    std::unique_ptr<Process> process;
    std::string ready;
  };

  Finished Tool(std::vector<std::string> arguments) const;
  void WriteClients() const;
  std::string KafkaYaml() const;

  const std::string bootstrap_;
  const std::string name_prefix_;
  County files_;
  std::string genesis_;
  std::map<std::string, Running> running_;
};

}  // namespace sluice::integration

#endif  // SLUICE_TESTS_INTEGRATION_KAFKA_COUNTY_H_
