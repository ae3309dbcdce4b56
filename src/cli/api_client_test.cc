#include "cli/api_client.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace posthaste {
namespace {

// A folder of its own, gone at the end.
class ApiClientTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("api_client_test." + std::to_string(::getpid()));
};

TEST_F(ApiClientTest, FindsTheServerOfTheConfiguration) {
  ApiOptions options;
  options.config = write("a.conf",
                         "listener \"in\" { address = \"127.0.0.1:2525\" }\n"
                         "listener \"http\" { protocol = http address = \"127.0.0.1:8123\" }\n");
  EXPECT_EQ(api_url(options).value(), "http://127.0.0.1:8123");
  options.config = write("b.conf",
                         "listener \"http\" { protocol = http address = \"[::]:8123\" }\n"
                         "api_key \"k\" { key = \"0123456789abcdef\" }\n");
  EXPECT_EQ(api_url(options).value(), "http://[::1]:8123");
  options.url = "http://192.0.2.1:1";
  EXPECT_EQ(api_url(options).value(), "http://192.0.2.1:1");
}

TEST_F(ApiClientTest, SaysWhatIsWrongWithAConfiguration) {
  ApiOptions options;
  options.config = write("bad.conf", "listener {\n");
  EXPECT_NE(api_url(options).error().message().find("bad.conf:"), std::string::npos);
  options.config = write("none.conf", "listener \"in\" { address = \"127.0.0.1:2525\" }\n");
  EXPECT_NE(api_url(options).error().message().find("has no http listener"), std::string::npos);
}

TEST_F(ApiClientTest, ReadsTheKeyOfAFileOrSaysThatItCannot) {
  ApiOptions options;
  options.key_file = write("key", "secret\nrest\n");
  EXPECT_EQ(api_key(options).value(), "secret");
  options.key_file = "/nowhere/key";
  EXPECT_NE(api_key(options).error().message().find("--api-key-file /nowhere/key"),
            std::string::npos);
  options.key_file = write("empty", "");
  EXPECT_FALSE(api_key(options));
}

TEST_F(ApiClientTest, EndsWithTwoForAnAddressThatIsNone) {
  ApiOptions options;
  options.url = "127.0.0.1:8000";
  const auto answer = ask_api("trace", options, "GET", "/");
  EXPECT_EQ(std::get<ExitCode>(answer), ExitCode::usage);
  options.url = "http://127.0.0.1:1";
  EXPECT_EQ(std::get<ExitCode>(ask_api("trace", options, "GET", "/")), ExitCode::unreachable);
}

}  // namespace
}  // namespace posthaste
