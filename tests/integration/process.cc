#include "tests/integration/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sluice::integration {
namespace {

void Check(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::abort();
}

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

[[noreturn]] void Become(const std::vector<std::string>& arguments,
                         const std::string& folder, int out_fd,
                         const std::string& err_path) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const int err_fd =
      ::open(err_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int null_fd = ::open("/dev/null", O_RDONLY);
  if (err_fd < 0 || null_fd < 0 || ::dup2(null_fd, 0) < 0 ||
      ::dup2(out_fd, 1) < 0 || ::dup2(err_fd, 2) < 0 ||
      ::chdir(folder.c_str()) != 0) {
    ::_exit(127);
  }
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments,
                 const std::string& folder, const std::string& name)
    : err_path_(folder + "/" + name + ".err") {
  std::array<int, 2> pipe_fds;
  Check(::pipe2(pipe_fds.data(), O_CLOEXEC) == 0, "pipe2");
  pid_ = ::fork();
  Check(pid_ >= 0, "fork");
  if (pid_ == 0) Become(arguments, folder, pipe_fds[1], err_path_);
  ::close(pipe_fds[1]);
  out_fd_ = pipe_fds[0];
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    Wait();
  }
  if (out_fd_ >= 0) ::close(out_fd_);
}

std::string Process::ReadFirstLine() {
  while (out_.find('\n') == std::string::npos) {
    std::array<char, 4096> buffer;
    const ssize_t got = ::read(out_fd_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    Check(got >= 0, "read");
    if (got == 0) return "";
    out_.append(buffer.data(), got);
  }
  return out_.substr(0, out_.find('\n'));
}

void Process::Signal(int signal_number) {
  Check(::kill(pid_, signal_number) == 0, "kill");
  if (signal_number != SIGSTOP) return;
  // Each thread stops when it next runs, which on a busy machine takes a while.
  // WNOWAIT leaves an end for Wait to see.
  siginfo_t stopped;
  while (::waitid(P_PID, static_cast<id_t>(pid_), &stopped,
                  WSTOPPED | WEXITED | WNOWAIT) < 0) {
    Check(errno == EINTR, "waitid");
  }
}

Finished Process::Wait() {
  while (true) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(out_fd_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    out_.append(buffer.data(), got);
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) Check(errno == EINTR, "waitpid");
  pid_ = -1;
  Finished finished;
  finished.exit_code =
      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  finished.out = out_;
  finished.err = ReadWhole(err_path_);
  return finished;
}

Finished RunProgram(const std::vector<std::string>& arguments,
                    const std::string& folder) {
  static int runs = 0;
  Process process(arguments, folder, "run-" + std::to_string(++runs));
  return process.Wait();
}

std::string Runfile(const std::string& path) {
  return std::filesystem::absolute(path).string();
}

}  // namespace sluice::integration
