#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "platform/config.h"

namespace posthaste {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Item {
  std::string name;
  std::uint32_t size = 1;
};

const BlockSchema<Item>& item_schema() {
  static const auto schema = BlockSchema<Item>("item", BlockKind::titled, "An item.")
                                 .title(&Item::name)
                                 .key("size", &Item::size, "Size.");
  return schema;
}

class ConfigLoaderTest : public testing::Test {
 protected:
  ConfigLoaderTest() {
    std::string name = testing::TempDir() + "posthaste_config_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~ConfigLoaderTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  // The names of the items, or the errors without the folder's name.
  static std::vector<std::string> outcome(const ConfigurationOrErrors& loaded,
                                          const std::string& folder) {
    std::vector<std::string> lines;
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
      for (const ConfigError& error : *errors) {
        std::string line = error.to_string();
        for (std::size_t at = 0; (at = line.find(folder + "/")) != std::string::npos;) {
          line.erase(at, folder.size() + 1);
        }
        lines.push_back(line);
      }
      return lines;
    }
    const auto& configuration = std::get<std::shared_ptr<const Configuration>>(loaded);
    for (const Item& item : configuration->all(item_schema())) lines.push_back(item.name);
    return lines;
  }

  std::vector<std::string> load(const std::string& path) {
    return outcome(Configuration::load(path, {&item_schema()}), folder_.string());
  }

  std::filesystem::path folder_;
};

TEST_F(ConfigLoaderTest, IncludesInPlaceAndInTheOrderOfNames) {
  write("conf.d/20.conf", "item \"c\" { }");
  write("conf.d/10.conf", "item \"b\" { }\ninclude \"deeper/*.inc\"");
  write("conf.d/deeper/x.inc", "item \"b2\" { }");
  write("conf.d/other.txt", "not { read }");
  EXPECT_THAT(load(write("main.conf",
                         "item \"a\" { }\ninclude \"conf.d/*.conf\" # all\n"
                         "include 'none/*.conf'\nitem \"d\" { }")),
              ElementsAre("a", "b", "b2", "c", "d"));
}

TEST_F(ConfigLoaderTest, NamesFileAndLineInsideAndBehindIncludes) {
  write("one.conf", "\n\nitem \"b\" { size = x }");
  write("two.conf", "item \"c\" {\n siz = 1\n}\n");
  EXPECT_THAT(
      load(write("main.conf",
                 "item \"a\" { }\ninclude \"one.conf\"\ninclude \"two.conf\"\n\n"
                 "item \"d\" { size = y }\nitem \"a\" { }")),
      ElementsAre(HasSubstr("main.conf:5: size: \"y\" is no whole number"),
                  "main.conf:6: item \"a\": stands twice, first at main.conf:1: rename or merge",
                  HasSubstr("one.conf:3: size: \"x\" is no whole number"),
                  "two.conf:2: unknown key \"siz\" in item: did you mean \"size\"?"));
}

TEST_F(ConfigLoaderTest, RefusesLoops) {
  write("a.conf", "include \"b.conf\"");
  write("b.conf", "\ninclude \"a.conf\"");
  EXPECT_THAT(load((folder_ / "a.conf").string()),
              ElementsAre("b.conf:2: include: a.conf: includes itself: break the loop"));
  EXPECT_THAT(load(write("self.conf", "include \"self*.conf\"")),
              ElementsAre("self.conf:1: include: self.conf: includes itself: break the loop"));
}

TEST_F(ConfigLoaderTest, RefusesChainsOfIncludesThatAreTooLong) {
  for (int i = 0; i < 20; ++i) {
    write(std::to_string(i) + ".conf", "include \"" + std::to_string(i + 1) + ".conf\"");
  }
  EXPECT_THAT(load((folder_ / "0.conf").string()),
              ElementsAre(HasSubstr("15.conf:1: include: 16.conf: too many includes")));
}

TEST_F(ConfigLoaderTest, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(load((folder_ / "no.conf").string()),
              ElementsAre(HasSubstr("no.conf: No such file or directory: check")));
  EXPECT_THAT(load(folder_.string()), ElementsAre(HasSubstr("is a folder: name a file")));
  EXPECT_THAT(load(write("m.conf", "include \".\"\n")),
              ElementsAre(HasSubstr("m.conf:1: include: ")));
}

TEST_F(ConfigLoaderTest, RefusesAFileWithoutEnd) {
  EXPECT_THAT(outcome(Configuration::load("/dev/zero", {&item_schema()}), "/x"),
              ElementsAre("/dev/zero: is over 16 MiB: split it"));
}

TEST_F(ConfigLoaderTest, IncludesFromAFolderWithPatternSignsInItsName) {
  write("o[d]d*/x.conf", "item \"x\" { }");
  EXPECT_THAT(load(write("o[d]d*/main.conf", "include \"x*.conf\"")), ElementsAre("x"));
}

TEST_F(ConfigLoaderTest, KeepsTheOldSnapshotWhenAReloadFails) {
  const std::string path = write("main.conf", "item \"a\" { size = 5 }");
  const auto old =
      std::get<std::shared_ptr<const Configuration>>(Configuration::load(path, {&item_schema()}));
  write("main.conf", "item \"a\" { size = }");
  EXPECT_TRUE(std::holds_alternative<std::vector<ConfigError>>(
      Configuration::load(path, {&item_schema()})));
  EXPECT_EQ(old->all(item_schema()).at(0).size, 5U);
}

TEST_F(ConfigLoaderTest, AcceptsLineEndsOfWindows) {
  EXPECT_THAT(load(write("w.conf", "# c\r\nitem \"a\" {\r\n  size = 3\r\n}\r\n")),
              ElementsAre("a"));
  EXPECT_THAT(load(write("w.conf", "# c\r\nitem \"a\" {\r\n  size = x\r\n}\r\n")),
              ElementsAre(HasSubstr("w.conf:3: size: \"x\" is no")));
}

}  // namespace
}  // namespace posthaste
