#include "libs/base/captured_log.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>

#include "libs/base/file.h"

namespace sluice {

std::string CapturedLog(absl::FunctionRef<void()> run) {
  const char* root = std::getenv("TEST_TMPDIR");
  std::string path =
      std::string(root == nullptr ? "/tmp" : root) + "/log.XXXXXX";
  const int file = ::mkstemp(path.data());
  REQUIRE(file >= 0);
  std::fflush(stderr);
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(file, STDERR_FILENO);
  run();
  std::fflush(stderr);
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  ::close(file);
  const auto content = ReadFile(path);
  ::unlink(path.c_str());
  REQUIRE(content.ok());
  return *content;
}

}  // namespace sluice
