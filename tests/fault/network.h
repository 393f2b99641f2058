// A network of its own for one process, with two links to the machine: one to
// Kafka, that a test can cut, and one to clients.
#ifndef SLUICE_TESTS_FAULT_NETWORK_H_
#define SLUICE_TESTS_FAULT_NETWORK_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/process.h"

namespace sluice::fault {

// Lives in the kernel for as long as this object and the processes in it; what
// a killed test leaves behind is nothing.
class Network {
 public:
  // Whether this machine lets us: root, with CAP_NET_ADMIN.
  static bool IsPossible();

  // Fails the test if the system does.
  Network();
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // Where Kafka is to listen for who is inside, and where who is inside listens
  // for clients.
  const std::string& kafka_address() const { return kafka_outside_; }
  const std::string& client_address() const { return client_inside_; }

  // What stands before a command so that it runs inside.
  std::vector<std::string> Enter() const;

  // From here on no packet passes between Kafka and who is inside, in either
  // direction; nobody is told. And back.
  void CutKafka() const;
  void MendKafka() const;

 private:
  void RunInside(const std::string& command) const;
  void AddLink(const std::string& outside, const std::string& inside,
               const std::string& outside_address,
               const std::string& inside_address) const;

  // Holds the network until it is entered.
  std::unique_ptr<integration::Process> holder_;
  std::string holder_pid_;
  std::string kafka_outside_;
  std::string kafka_inside_;
  std::string client_outside_;
  std::string client_inside_;
};

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_NETWORK_H_
