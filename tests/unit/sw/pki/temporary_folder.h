#ifndef VAM_TESTS_UNIT_SW_PKI_TEMPORARY_FOLDER_H_
#define VAM_TESTS_UNIT_SW_PKI_TEMPORARY_FOLDER_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace vam::pki {

// A folder of the test's own, which goes with it.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(::testing::TempDir() + "vam_pki_XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace vam::pki

#endif  // VAM_TESTS_UNIT_SW_PKI_TEMPORARY_FOLDER_H_
