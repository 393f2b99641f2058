// A folder for one test, removed with its content at the end.
#ifndef SLUICE_LIBS_STORAGE_TEST_FOLDER_H_
#define SLUICE_LIBS_STORAGE_TEST_FOLDER_H_

#include <string>

namespace sluice::storage {

// Made below TEST_TMPDIR, or /tmp without it.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace sluice::storage

#endif  // SLUICE_LIBS_STORAGE_TEST_FOLDER_H_
