#include "libs/bus/test_kafka.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "libs/base/status.h"

namespace sluice::bus {
namespace {

// In a shell, `word` as it is.
std::string Quoted(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

// What tools/kafka printed; its messages too when it failed.
absl::StatusOr<std::string> RunTool(const std::vector<std::string>& words) {
  // Tests run in the root of their runfiles, as tools/demo does in the tree's.
  std::string command = "tools/kafka";
  for (const std::string& word : words) {
    absl::StrAppend(&command, " ", Quoted(word));
  }
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return absl::UnknownError("popen failed");
  std::string output;
  std::array<char, 4096> buffer;
  size_t got = 0;
  while ((got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    output.append(buffer.data(), got);
  }
  const int ended = ::pclose(pipe);
  if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0) return output;
  return absl::UnknownError(absl::StrCat(command, " failed with status ",
                                         WEXITSTATUS(ended), ":\n", output));
}

std::string NewFolder() {
  static std::atomic<int> count = 0;
  const char* root = std::getenv("TEST_TMPDIR");
  return absl::StrCat(root == nullptr ? "/tmp" : root, "/kafka-", ::getpid(),
                      "-", ++count);
}

// The lines "name=value" of tools/kafka's output.
std::map<std::string, std::string> Settings(const std::string& output) {
  std::map<std::string, std::string> settings;
  for (const absl::string_view line :
       absl::StrSplit(output, '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> setting =
        absl::StrSplit(line, absl::MaxSplits('=', 1));
    settings.insert(setting);
  }
  return settings;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TestKafka>> TestKafka::Start(
    const TestKafkaOptions& options) {
  const std::string folder = NewFolder();
  std::vector<std::string> words = {"start",
                                    "--dir",
                                    folder,
                                    "--nodes",
                                    absl::StrCat(options.nodes),
                                    "--version",
                                    options.version,
                                    "--parent",
                                    absl::StrCat(::getpid())};
  if (options.secure) words.emplace_back("--secure");
  for (const std::string& setting : options.settings) {
    words.insert(words.end(), {"--set", setting});
  }
  if (options.disk_bytes > 0) {
    words.insert(words.end(),
                 {"--disk-bytes", absl::StrCat(options.disk_bytes)});
  }
  ASSIGN_OR_RETURN(const std::string output, RunTool(words));
  const auto settings = Settings(output);
  const auto bootstrap = settings.find("bootstrap");
  if (bootstrap == settings.end()) {
    return absl::UnknownError("tools/kafka start names no bootstrap servers: " +
                              output);
  }
  return std::unique_ptr<TestKafka>(new TestKafka(folder, bootstrap->second));
}

TestKafka::~TestKafka() {
  const auto ended = RunTool({"stop", "--remove", "--dir", folder_});
  if (!ended.ok()) {
    std::fprintf(stderr, "%s\n", std::string(ended.status().message()).c_str());
  }
}

std::string TestKafka::DataFolder(int node) const {
  return absl::StrCat(folder_, "/data-", node);
}

absl::Status TestKafka::OnNode(const std::string& command, int node) const {
  std::vector<std::string> words = {command, "--dir", folder_};
  if (node != 0) words.insert(words.end(), {"--node", absl::StrCat(node)});
  return RunTool(words).status();
}

absl::Status TestKafka::StopNode(int node) { return OnNode("stop", node); }
absl::Status TestKafka::KillNode(int node) { return OnNode("kill", node); }
absl::Status TestKafka::StartNode(int node) { return OnNode("start", node); }
absl::Status TestKafka::PauseNode(int node) { return OnNode("pause", node); }
absl::Status TestKafka::ResumeNode(int node) { return OnNode("resume", node); }

absl::Status TestKafka::SetTopic(
    const std::string& topic, const std::vector<std::string>& settings) const {
  std::vector<std::string> words = {"topic", "--dir", folder_, topic};
  for (const std::string& setting : settings) {
    words.insert(words.end(), {"--set", setting});
  }
  return RunTool(words).status();
}

absl::Status TestKafka::DeleteTopic(const std::string& topic) const {
  return RunTool({"topic", "--dir", folder_, topic, "--delete"}).status();
}

absl::StatusOr<std::map<std::string, std::string>> TestKafka::AdminSettings()
    const {
  ASSIGN_OR_RETURN(const std::string output,
                   RunTool({"client", "--dir", folder_}));
  return Settings(output);
}

absl::StatusOr<std::map<std::string, std::string>> TestKafka::Grant(
    const std::string& role, const std::string& user,
    const std::string& department, const std::string& topic_prefix) const {
  std::vector<std::string> words = {"grant", "--dir",  folder_, "--role",
                                    role,    "--user", user};
  if (!department.empty()) {
    words.insert(words.end(), {"--department", department});
  }
  if (!topic_prefix.empty()) {
    words.insert(words.end(), {"--prefix", topic_prefix});
  }
  ASSIGN_OR_RETURN(const std::string output, RunTool(words));
  return Settings(output);
}

TestKafka& SharedTestKafka() {
  static const std::unique_ptr<TestKafka> kafka = [] {
    TestKafkaOptions options;
    if (const char* version = std::getenv("SLUICE_TEST_KAFKA_VERSION")) {
      options.version = version;
    }
    auto started = TestKafka::Start(options);
    if (!started.ok()) {
      std::fprintf(stderr, "%s\n",
                   std::string(started.status().message()).c_str());
      std::abort();
    }
    return *std::move(started);
  }();
  return *kafka;
}

}  // namespace sluice::bus
