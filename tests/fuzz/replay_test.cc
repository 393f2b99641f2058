// Each input of a fuzz target's corpus, through the target: what fuzzing has
// found stays found. A target ends the process where something does not hold;
// Catch2 then says which input it was.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace sluice::fuzz {
namespace {

std::string ReadBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("every input of the corpus is taken as the target promises") {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(SLUICE_FUZZ_CORPUS)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  REQUIRE_FALSE(paths.empty());
  for (const auto& path : paths) {
    INFO(path.string());
    const std::string bytes = ReadBytes(path);
    const int kept = LLVMFuzzerTestOneInput(
        reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    CHECK(kept == 0);
  }
}

}  // namespace
}  // namespace sluice::fuzz
