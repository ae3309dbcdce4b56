#include "base/text_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_folder.h"

namespace posthaste {
namespace {

class TextFileTest : public testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }

  TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "text";
};

TEST_F(TextFileTest, ReadsAllOrTheBeginning) {
  const std::string text = std::string(100'000, 'x') + '\0' + "\r\nend";
  write(text);
  EXPECT_EQ(*read_text_file(path_), text);
  EXPECT_EQ(*read_text_file(path_, 70'000), text.substr(0, 70'000));
  EXPECT_EQ(*read_text_file(path_, 0), "");
}

TEST_F(TextFileTest, ReadsTheFirstLineWithoutItsEnd) {
  for (const char* text : {"a secret \nmore", "a secret \r\nmore", "a secret "}) {
    write(text);
    EXPECT_EQ(*read_first_line(path_), "a secret ") << text;
  }
  write("");
  EXPECT_EQ(*read_first_line(path_), "");
}

TEST_F(TextFileTest, SaysWhatCannotBeRead) {
  const std::string name = path_.string();
  EXPECT_EQ(read_text_file(path_).error().message(),
            name + ": No such file or directory: check the name and its permissions");
  EXPECT_EQ(read_first_line(folder_.path()).error().message(),
            folder_.path().string() + ": is a folder: name a file");
}

}  // namespace
}  // namespace posthaste
