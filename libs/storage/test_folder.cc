#include "libs/storage/test_folder.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace sluice::storage {

TestFolder::TestFolder() {
  const char* base = std::getenv("TEST_TMPDIR");
  path_ = std::string(base == nullptr ? "/tmp" : base) + "/sluice-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) std::abort();
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace sluice::storage
