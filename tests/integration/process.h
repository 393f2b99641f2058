// Starting real programs in a test, talking to them, and killing them.
#ifndef SLUICE_TESTS_INTEGRATION_PROCESS_H_
#define SLUICE_TESTS_INTEGRATION_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace sluice::integration {

// What a finished program left behind. `exit_code` is 128 + n after signal n.
struct Finished {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// A program that runs until it ends or is killed; both of its outputs go to
// files. The destructor kills it. Ends the test process when the system fails.
class Process {
 public:
  // `arguments[0]` is the program's path. `folder` receives `<name>.out` and
  // `<name>.err`; it is also the program's working folder.
  Process(const std::vector<std::string>& arguments, const std::string& folder,
          const std::string& name);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The first line of standard output; empty if the program ended without one.
  std::string ReadFirstLine();

  // With SIGSTOP, returns when all of its threads have stopped.
  void Signal(int signal_number);

  // Waits for the end. Once.
  Finished Wait();

 private:
  pid_t pid_ = -1;
  // Read end of the program's standard output until its first line was read.
  int out_fd_ = -1;
  std::string out_;
  const std::string err_path_;
};

// Runs a program to its end.
Finished RunProgram(const std::vector<std::string>& arguments,
                    const std::string& folder);

// The path of a program or file that a BUILD rule names as data.
std::string Runfile(const std::string& path);

}  // namespace sluice::integration

#endif  // SLUICE_TESTS_INTEGRATION_PROCESS_H_
