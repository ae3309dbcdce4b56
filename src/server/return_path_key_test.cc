#include "server/return_path_key.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

namespace posthaste {
namespace {

class ReturnPathKeyTest : public testing::Test {
 protected:
  ReturnPathKeyTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "posthaste-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~ReturnPathKeyTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& text, mode_t mode) {
    const auto path = folder_ / "key";
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  std::filesystem::path folder_;
};

TEST_F(ReturnPathKeyTest, IsMadeOnceAndReadableByItsOwnerAlone) {
  const auto path = folder_ / "data" / "return_path.key";
  const auto made = keep_return_path_key(path);
  ASSERT_TRUE(made) << made.error().message();
  ASSERT_EQ(made->size(), 1U);
  EXPECT_EQ(made->front().size(), 64U);
  struct stat status = {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(*keep_return_path_key(path), *made);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}), 1);
}

TEST_F(ReturnPathKeyTest, OfAFileThatEverybodyMayReadIsRefused) {
  const auto keys = read_return_path_keys(write(std::string(64, 'k') + "\n", 0644));
  ASSERT_FALSE(keys);
  EXPECT_NE(keys.error().message().find("chmod 600"), std::string::npos);
}

TEST_F(ReturnPathKeyTest, StandsBeforeTheKeysThatItReplaced) {
  const auto keys = read_return_path_keys(
      write(std::string(64, 'a') + "\r\n\n" + std::string(64, 'b') + "\n", 0600));
  ASSERT_TRUE(keys);
  EXPECT_EQ(*keys, (std::vector{std::string(64, 'a'), std::string(64, 'b')}));
}

TEST_F(ReturnPathKeyTest, ThatIsMissingIsAnErrorWhereItWasNamed) {
  EXPECT_FALSE(read_return_path_keys(folder_ / "absent"));
}

}  // namespace
}  // namespace posthaste
