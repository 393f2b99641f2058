#include "tests/fault/network.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace sluice::fault {
namespace {

// Of no machine.
constexpr char kNobody[] = "02:00:00:00:00:01";

std::string TemporaryFolder() {
  const char* folder = std::getenv("TEST_TMPDIR");
  return folder == nullptr ? "/tmp" : folder;
}

integration::Finished Shell(const std::string& command) {
  return integration::RunProgram({"/bin/sh", "-c", command}, TemporaryFolder());
}

void MustRun(const std::string& command) {
  const integration::Finished finished = Shell(command);
  INFO(command << "\n" << finished.err);
  REQUIRE(finished.exit_code == 0);
}

// The holder ends with the thread that made it, so none is left behind.
std::vector<std::string> HolderCommand() {
  return {"/usr/bin/setpriv",
          "--pdeathsig",
          "KILL",
          "/usr/bin/unshare",
          "--net",
          "--",
          "/bin/sh",
          "-c",
          "ip link set lo up && echo $$ && exec sleep infinity"};
}

}  // namespace

bool Network::IsPossible() {
  return ::geteuid() == 0 &&
         Shell("unshare --net ip link set lo up").exit_code == 0;
}

Network::Network() {
  holder_ = std::make_unique<integration::Process>(
      HolderCommand(), TemporaryFolder(), "network");
  const std::string line = holder_->ReadFirstLine();
  REQUIRE_FALSE(line.empty());
  holder_pid_ = line;
  // Two tests at once have different process ids, and so different networks.
  const int id = std::atoi(line.c_str()) % 16384;
  const auto address = [id](int host) {
    return absl::StrCat("10.", 192 + id / 256, ".", id % 256, ".", host);
  };
  kafka_outside_ = address(1);
  kafka_inside_ = address(2);
  client_outside_ = address(5);
  client_inside_ = address(6);
  AddLink(absl::StrCat("slk", id), "kafka", kafka_outside_, kafka_inside_);
  AddLink(absl::StrCat("slc", id), "client", client_outside_, client_inside_);
}

// The links go with the network.
Network::~Network() = default;

std::vector<std::string> Network::Enter() const {
  return {"/usr/bin/nsenter",
          absl::StrCat("--net=/proc/", holder_pid_, "/ns/net"), "--"};
}

void Network::RunInside(const std::string& command) const {
  MustRun(absl::StrCat("nsenter --net=/proc/", holder_pid_, "/ns/net -- ",
                       command));
}

void Network::AddLink(const std::string& outside, const std::string& inside,
                      const std::string& outside_address,
                      const std::string& inside_address) const {
  MustRun(absl::StrCat("ip link add ", outside, " type veth peer name ", inside,
                       " netns ", holder_pid_));
  MustRun(absl::StrCat("ip addr add ", outside_address, "/30 dev ", outside));
  MustRun(absl::StrCat("ip link set ", outside, " up"));
  RunInside(absl::StrCat("ip addr add ", inside_address, "/30 dev ", inside));
  RunInside(absl::StrCat("ip link set ", inside, " up"));
}

void Network::CutKafka() const {
  // Each side sends to a machine that is not there. A link that is taken down
  // would be noticed at once.
  MustRun(absl::StrCat("ip neigh replace ", kafka_inside_, " lladdr ", kNobody,
                       " nud permanent dev $(ip -o route get ", kafka_inside_,
                       " | sed 's/.* dev \\([^ ]*\\).*/\\1/')"));
  RunInside(absl::StrCat("ip neigh replace ", kafka_outside_, " lladdr ",
                         kNobody, " nud permanent dev kafka"));
}

void Network::MendKafka() const {
  MustRun(absl::StrCat("ip neigh del ", kafka_inside_,
                       " dev $(ip -o route get ", kafka_inside_,
                       " | sed 's/.* dev \\([^ ]*\\).*/\\1/')"));
  RunInside(absl::StrCat("ip neigh del ", kafka_outside_, " dev kafka"));
}

}  // namespace sluice::fault
