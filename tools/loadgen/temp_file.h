// Files for a test, in the folder that the test runner gives it.
#ifndef SLUICE_TOOLS_LOADGEN_TEMP_FILE_H_
#define SLUICE_TOOLS_LOADGEN_TEMP_FILE_H_

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace sluice::loadgen {

inline std::string TempPath(const std::string& name) {
  const char* const folder = std::getenv("TEST_TMPDIR");
  return std::string(folder == nullptr ? "/tmp" : folder) + "/" + name;
}

inline std::string TempFile(const std::string& name,
                            const std::string& content) {
  const std::string path = TempPath(name);
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

inline std::string Content(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

}  // namespace sluice::loadgen

#endif  // SLUICE_TOOLS_LOADGEN_TEMP_FILE_H_
