#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/verbs/verbs.h"

namespace posthaste {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Outcome {
  ExitCode code;
  std::string out;
  std::string err;
};

class CheckVerbTest : public testing::Test {
 protected:
  CheckVerbTest() {
    std::string name = testing::TempDir() + "posthaste_check_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    file_ = (folder_ / "p.conf").string();
  }
  ~CheckVerbTest() override { std::filesystem::remove_all(folder_); }

  Outcome check(const std::string& text, const std::string& options = "") {
    std::ofstream(file_) << text;
    CLI::App app("", "posthaste");
    Program program(app);
    add_check(program);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    app.parse("check -c " + file_ + " " + options);
    const ExitCode code = program.run();
    std::fflush(stdout);
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }

  std::filesystem::path folder_;
  std::string file_;
};

TEST_F(CheckVerbTest, EndsWith0WhenAllIsWell) {
  const Outcome outcome = check("server { threads = 2 }");
  EXPECT_EQ(outcome.code, ExitCode::done);
  EXPECT_EQ(outcome.out, file_ + ": ok\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(CheckVerbTest, PrintsEachErrorWithFileAndLineAndEndsWith2) {
  const Outcome outcome = check("server {\n thread = 2\n}\nspool {\n memory = big\n}\n");
  EXPECT_EQ(outcome.code, ExitCode::usage);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, StartsWith(file_ +
                                      ":2: unknown key \"thread\" in server: did you mean "
                                      "\"threads\"?\n" +
                                      file_ + ":5: memory: \"big\" is no size: "));
}

TEST_F(CheckVerbTest, LooksAtTheFilesThatAreNamed) {
  const std::string missing = (folder_ / "missing").string();
  const Outcome outcome = check("user \"u\" { password_file = \"" + missing +
                                "\" }\n"
                                "dkim { selector = \"s\" domain = \"example.com\"\n private_key = "
                                "\"" +
                                missing +
                                "\" }\n"
                                "listener \"l\" { address = \"127.0.0.1:0\" tls = required\n"
                                " certificate = \"" +
                                missing + "\" key = \"" + missing +
                                "\" }\n"
                                "api_key \"a\" { key_file = \"" +
                                missing + "\" }\n");
  EXPECT_EQ(outcome.code, ExitCode::usage);
  for (const char* start :
       {":1: password_file: ", ":3: private_key: ", ":5: certificate: ", ":6: key_file: "}) {
    EXPECT_THAT(outcome.err, HasSubstr(file_ + start));
  }
}

TEST_F(CheckVerbTest, PrintsAConfigurationThatItAccepts) {
  const Outcome first = check("server {\n threads = 2\n}\n", "--print");
  EXPECT_EQ(first.code, ExitCode::done);
  EXPECT_THAT(first.out, HasSubstr("# " + file_ + ":2\n"));
  const Outcome second = check(first.out, "--print");
  EXPECT_EQ(second.code, ExitCode::done) << second.err;
  EXPECT_THAT(second.out, HasSubstr("threads = 2"));
}

TEST_F(CheckVerbTest, PrintsOneJsonDocument) {
  const Outcome outcome = check("\nservr { }", "--json");
  EXPECT_EQ(outcome.code, ExitCode::usage);
  const auto document = nlohmann::json::parse(outcome.out);
  EXPECT_FALSE(document["ok"]);
  EXPECT_EQ(document["errors"][0]["file"], file_);
  EXPECT_EQ(document["errors"][0]["line"], 2);
  EXPECT_EQ(document["errors"][0]["what"], "unknown block \"servr\": did you mean \"server\"?");

  const auto good = nlohmann::json::parse(check("", "--json --print").out);
  EXPECT_TRUE(good["ok"]);
  EXPECT_THAT(good["configuration"].get<std::string>(), HasSubstr("remote_queue \"outbound\""));
}

TEST_F(CheckVerbTest, PrintsWhatIsShippedForTheLargeProviders) {
  EXPECT_THAT(check("server { }\n", "--print").out, HasSubstr("# provider \"google\" {"));
  EXPECT_THAT(check("delivery { shipped_providers = false }\n", "--print").out,
              testing::Not(HasSubstr("provider \"google\"")));
}

}  // namespace
}  // namespace posthaste
