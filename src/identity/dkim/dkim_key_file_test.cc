#include "identity/dkim/dkim_key_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

namespace posthaste {
namespace {

class DkimKeyFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "dkim_key_file_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
    path_ = dir_ / "mail.private";
    write(*first_.to_pem());
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  // As an editor does it: another time, whatever the clock's steps are.
  void write(const std::string& text) {
    std::ofstream(path_) << text;
    ++written_;
    std::filesystem::last_write_time(path_,
                                     std::filesystem::file_time_type(std::chrono::hours(written_)));
  }
  static std::string public_of(const DkimPrivateKey& key) { return *key.public_octets(); }

  std::filesystem::path dir_;
  std::filesystem::path path_;
  int written_ = 0;
  DkimPrivateKey first_ = *DkimPrivateKey::generate_ed25519();
  DkimPrivateKey second_ = *DkimPrivateKey::generate_ed25519();
  const DkimKeyFile::Check any_ = [](const DkimPrivateKey&) { return std::string(); };
};

TEST_F(DkimKeyFiles, AreReadAgainWhenTheyChange) {
  const auto file = DkimKeyFile::open(path_, any_);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_FALSE(*(*file)->refresh());
  write(*second_.to_pem());
  EXPECT_TRUE(*(*file)->refresh());
  EXPECT_EQ(public_of((*file)->key()), public_of(second_));
  EXPECT_FALSE(*(*file)->refresh());
}

TEST_F(DkimKeyFiles, KeepTheOldKeyWhenTheNewOneIsBroken) {
  const auto file = DkimKeyFile::open(path_, any_);
  ASSERT_TRUE(file);
  write("-----BEGIN PRIVATE KEY-----\nhalf");
  const auto refused = (*file)->refresh();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), ::testing::HasSubstr("no PEM private key"));
  EXPECT_EQ(public_of((*file)->key()), public_of(first_));
  // Said once.
  EXPECT_FALSE(*(*file)->refresh());
  write(*second_.to_pem());
  EXPECT_TRUE(*(*file)->refresh());
  EXPECT_EQ(public_of((*file)->key()), public_of(second_));
}

TEST_F(DkimKeyFiles, KeepTheOldKeyWhenTheFileIsGone) {
  const auto file = DkimKeyFile::open(path_, any_);
  ASSERT_TRUE(file);
  std::filesystem::remove(path_);
  EXPECT_FALSE((*file)->refresh());
  EXPECT_EQ(public_of((*file)->key()), public_of(first_));
}

TEST_F(DkimKeyFiles, RefuseAKeyThatMayNotStandThere) {
  const auto never = [](const DkimPrivateKey&) {
    return std::string("of the wrong kind: change it");
  };
  const auto file = DkimKeyFile::open(path_, never);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message(), "of the wrong kind: change it");
}

}  // namespace
}  // namespace posthaste
