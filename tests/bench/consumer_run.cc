#include "tests/bench/consumer_run.h"

#include <fcntl.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "tests/bench/bench_exchange.h"

namespace sluice::bench {
namespace {

double CpuSeconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

std::string ReadToEnd(int fd) {
  std::string content;
  std::array<char, 4096> block;
  while (true) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return content;
    content.append(block.data(), static_cast<size_t>(got));
  }
}

// Standard output of the program, once it has ended well.
absl::StatusOr<std::string> OutputOf(std::vector<std::string> arguments) {
  std::array<int, 2> pipe_fds;
  if (::pipe2(pipe_fds.data(), O_CLOEXEC) != 0) {
    return ErrnoError(errno, "making a pipe for", arguments[0]);
  }
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, arguments[0].c_str(), &actions,
                                   nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_fds[1]);
  std::string output;
  if (failed == 0) output = ReadToEnd(pipe_fds[0]);
  ::close(pipe_fds[0]);
  if (failed != 0) return ErrnoError(failed, "starting", arguments[0]);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  return Error(status::v1::REASON_CODE_WRONG_STATE,
               absl::StrCat("the consumer ", arguments[0],
                            " failed; what it wrote above says why"));
}

}  // namespace

absl::StatusOr<ConsumerRun> RunConsumer(const std::string& program,
                                        const std::string& config,
                                        const std::string& group) {
  const double cpu_before = CpuSeconds();
  ASSIGN_OR_RETURN(
      const std::string output,
      OutputOf({program, "--config", config, "--agreement", kAgreement,
                "--purpose", kPurpose, "--group", group}));
  ConsumerRun run;
  run.server_cpu_seconds = CpuSeconds() - cpu_before;
  google::protobuf::Struct said;
  if (!google::protobuf::util::JsonStringToMessage(output, &said).ok()) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 "the consumer's output is no JSON");
  }
  const auto number = [&](const char* name) {
    const auto found = said.fields().find(name);
    return found == said.fields().end() ? 0 : found->second.number_value();
  };
  run.records = static_cast<uint64_t>(number("records"));
  run.bytes = static_cast<uint64_t>(number("bytes"));
  run.seconds = number("seconds");
  run.consumer_cpu_seconds = number("cpu_seconds");
  return run;
}

}  // namespace sluice::bench
